//! The scanner of JSON, beside a parser that builds a tree.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

use crate::scenario::json::{Pointer, has_graphql_errors, push_text};

/// Pointers that are tried in one document.
const POINTERS: usize = 64;

/// A document: every value is where a parser finds it, and means the same. What is no JSON is only read.
pub fn json(document: &[u8]) {
    let tree = serde_json::from_slice::<First>(document).ok().map(|First(value)| value);
    let mut all: Vec<String> = ["", "/a", "/0", "/a/0", "/x/y"].map(str::to_owned).into();
    if let Some(tree) = &tree {
        pointers(tree, String::new(), &mut all);
    }
    for text in &all {
        let Some(pointer) = Pointer::parse(text) else { panic!("{text:?} is a pointer") };
        let found = pointer.find(document);
        let mut out = String::new();
        let is_text = found.is_some_and(|found| push_text(found, &mut out));
        let Some(tree) = &tree else { continue };
        let expected = tree.pointer(text);
        assert_eq!(found.map(parsed).as_ref(), expected, "{text}");
        match expected {
            None | Some(Value::Null) => assert!(!is_text, "{text}"),
            Some(Value::String(expected)) => assert!(is_text && out == *expected, "{text}"),
            Some(expected) => {
                assert!(is_text && parsed(out.as_bytes()) == *expected, "{text}");
                assert!(out.len() <= found.map_or(0, <[u8]>::len), "{text}");
            }
        }
    }
    let Some(errors) = Pointer::parse("/errors") else { panic!("a pointer") };
    let has_errors = has_graphql_errors(document, &errors);
    match tree.as_ref().map(|tree| tree.pointer("/errors")) {
        Some(None | Some(Value::Null)) => assert!(!has_errors, "no errors"),
        Some(Some(Value::Array(list))) => assert_eq!(has_errors, !list.is_empty(), "a list of errors"),
        _ => {}
    }
}

fn parsed(text: &[u8]) -> Value {
    match serde_json::from_slice(text) {
        Ok(First(value)) => value,
        Err(error) => panic!("{error}: {}", text.escape_ascii()),
    }
}

/// The pointers into a value, as many as are tried.
fn pointers(value: &Value, at: String, out: &mut Vec<String>) {
    if out.len() >= POINTERS {
        return;
    }
    match value {
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(index, item)| pointers(item, format!("{at}/{index}"), out));
        }
        Value::Object(entries) => entries.iter().for_each(|(key, item)| {
            pointers(item, format!("{at}/{}", key.replace('~', "~0").replace('/', "~1")), out);
        }),
        _ => {}
    }
    out.push(at);
}

/// A value as the scanner sees it: of equal keys the first counts, where [`Value`] itself takes the last.
struct First(Value);

impl<'de> Deserialize<'de> for First {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(Tree)
    }
}

struct Tree;

impl<'de> Visitor<'de> for Tree {
    type Value = First;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<First, E> {
        Ok(First(Value::Null))
    }

    fn visit_bool<E>(self, value: bool) -> Result<First, E> {
        Ok(First(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<First, E> {
        Ok(First(value.into()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<First, E> {
        Ok(First(value.into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<First, E> {
        Ok(First(value.into()))
    }

    fn visit_str<E>(self, value: &str) -> Result<First, E> {
        Ok(First(value.into()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<First, A::Error> {
        let mut list = Vec::new();
        while let Some(First(item)) = items.next_element()? {
            list.push(item);
        }
        Ok(First(list.into()))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<First, A::Error> {
        let mut map = Map::new();
        while let Some((key, First(value))) = entries.next_entry::<String, First>()? {
            map.entry(key).or_insert(value);
        }
        Ok(First(map.into()))
    }
}
