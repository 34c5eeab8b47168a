//! Expressions and JSONPath.

use std::borrow::Cow;

use rand::SeedableRng;
use rand::rngs::SmallRng;

use crate::scenario::expression::{Scope, parse, text_of};
use crate::scenario::jsonpath::JsonPath;

/// Any variable is its own name; those that begin with `n` are numbers.
struct World(SmallRng, u64);

impl Scope<String> for World {
    fn text(&mut self, variable: &String) -> Cow<'_, str> {
        if variable.starts_with('n') { variable.len().to_string().into() } else { variable.clone().into() }
    }

    fn random(&mut self) -> &mut SmallRng {
        &mut self.0
    }

    fn unix_ms(&self) -> i64 {
        1_795_275_753_120
    }

    fn count(&mut self, _: &str) -> u64 {
        self.1 += 1;
        self.1
    }
}

/// An expression: what is read has a value of bounded length, the same for the same seed, or says why it has none.
pub fn expression(text: &[u8]) {
    let Ok(text) = std::str::from_utf8(text) else { return };
    match parse(text) {
        Ok(expression) => {
            let get = || text_of(&expression, &mut World(SmallRng::seed_from_u64(1), 0));
            match get() {
                Ok(value) => {
                    assert!(value.len() <= 16 << 10);
                    assert_eq!(get(), Ok(value), "the same seed");
                }
                Err(error) => assert!(!error.to_string().is_empty()),
            }
        }
        Err(error) => {
            assert!(text.is_char_boundary(error.at()), "{error}");
            assert!(!error.to_string().is_empty());
        }
    }
}

/// A path in the first line, a document in the rest: a path selects parts of the document, a bounded number of them.
pub fn jsonpath(input: &[u8]) {
    let at = input.iter().position(|&byte| byte == b'\n').unwrap_or(input.len());
    let (path, document) = (&input[..at], input.get(at + 1..).unwrap_or_default());
    let Ok(text) = std::str::from_utf8(path) else { return };
    let path = match JsonPath::parse(text) {
        Ok(path) => path,
        Err(error) => return assert!(text.is_char_boundary(error.at), "{error}"),
    };
    let Ok(document) = serde_json::from_slice(document) else { return };
    if let Some(nodes) = path.select(&document) {
        assert!(nodes.len() <= 1 << 21);
    }
}
