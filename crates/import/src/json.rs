//! JSON as it is written: where each value stands, so that one can be replaced and the rest stays to the letter.

use std::ops::Range;

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::{Map, Number, Value};
use swarmlab_yaml::{Kind, Node};

/// The keys that tell what a file is.
#[derive(Debug, Deserialize)]
pub(crate) struct Head {
    #[serde(default)]
    pub log: Option<IgnoredAny>,
    #[serde(default)]
    pub openapi: Option<IgnoredAny>,
    #[serde(default)]
    pub swagger: Option<IgnoredAny>,
}

/// A string, number or boolean in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Leaf {
    /// Its JSON pointer (RFC 6901).
    pub pointer: String,
    /// The nearest key above it.
    pub key: String,
    /// Its text: a string without quotes and escapes, anything else as written.
    pub text: String,
    /// Whether it is a string.
    pub is_string: bool,
    /// Where it stands: of a string what is between the quotes.
    pub span: Range<usize>,
}

/// Lists and objects in each other at most, as serde_json has it for values.
const MAXIMUM_DEPTH: usize = 128;

/// The leaves of a JSON text, at most `limit`, in their order; `None` if it is no JSON, or too deep.
pub(crate) fn leaves(text: &str, limit: usize) -> Option<Vec<Leaf>> {
    // The walk below relies on the text being well-formed; this does not look at its depth.
    serde_json::from_str::<IgnoredAny>(text).ok()?;
    let mut walk = Walk { text, at: 0, depth: 0, limit, pointer: String::new(), found: Vec::new() };
    walk.value("")?;
    Some(walk.found)
}

struct Walk<'a> {
    text: &'a str,
    at: usize,
    depth: usize,
    limit: usize,
    pointer: String,
    found: Vec<Leaf>,
}

impl Walk<'_> {
    fn peek(&mut self) -> u8 {
        let bytes = self.text.as_bytes();
        while matches!(bytes.get(self.at), Some(b' ' | b'\t' | b'\r' | b'\n')) {
            self.at += 1;
        }
        bytes.get(self.at).copied().unwrap_or(0)
    }

    /// The string at the present place: what is between its quotes.
    fn string(&mut self) -> Range<usize> {
        let bytes = self.text.as_bytes();
        let start = self.at + 1;
        self.at = start;
        while let Some(byte) = bytes.get(self.at) {
            match byte {
                b'"' => break,
                b'\\' => self.at += 2,
                _ => self.at += 1,
            }
        }
        let span = start..self.at.min(bytes.len());
        self.at = span.end + 1;
        span
    }

    fn unescaped(&self, span: &Range<usize>) -> String {
        let quoted = self.text.get(span.start.saturating_sub(1)..span.end + 1).unwrap_or_default();
        serde_json::from_str(quoted).unwrap_or_default()
    }

    /// Takes in a value; `None` if it is too deep.
    fn value(&mut self, key: &str) -> Option<()> {
        match self.peek() {
            b'{' => {
                self.at += 1;
                while self.peek() == b'"' {
                    let span = self.string();
                    let name = self.unescaped(&span);
                    self.peek();
                    self.at += 1;
                    self.within(&name.replace('~', "~0").replace('/', "~1"), &name)?;
                    if self.peek() == b',' {
                        self.at += 1;
                    }
                }
                self.at += 1;
            }
            b'[' => {
                self.at += 1;
                let mut index = 0;
                while !matches!(self.peek(), b']' | 0) {
                    self.within(&index.to_string(), key)?;
                    index += 1;
                    if self.peek() == b',' {
                        self.at += 1;
                    }
                }
                self.at += 1;
            }
            b'"' => {
                let span = self.string();
                let text = self.unescaped(&span);
                self.push(key, text, true, span);
            }
            _ => {
                let start = self.at;
                let bytes = self.text.as_bytes();
                while bytes.get(self.at).is_some_and(|b| !b" \t\r\n,]}".contains(b)) {
                    self.at += 1;
                }
                let text = self.text.get(start..self.at).unwrap_or_default().to_owned();
                if text != "null" {
                    self.push(key, text, false, start..self.at);
                }
            }
        }
        Some(())
    }

    fn within(&mut self, token: &str, key: &str) -> Option<()> {
        self.depth += 1;
        if self.depth > MAXIMUM_DEPTH {
            return None;
        }
        let length = self.pointer.len();
        self.pointer.push('/');
        self.pointer.push_str(token);
        self.value(key)?;
        self.pointer.truncate(length);
        self.depth -= 1;
        Some(())
    }

    fn push(&mut self, key: &str, text: String, is_string: bool, span: Range<usize>) {
        if self.found.len() < self.limit {
            let (pointer, key) = (self.pointer.clone(), key.to_owned());
            self.found.push(Leaf { pointer, key, text, is_string, span });
        }
    }
}

/// A tree of YAML as JSON; numbers that JSON does not have become text.
pub(crate) fn of_yaml(node: &Node) -> Value {
    match &node.kind {
        Kind::Null => Value::Null,
        Kind::Bool(value) => Value::Bool(*value),
        Kind::Int(value) => Value::Number((*value).into()),
        Kind::Float(value) => {
            Number::from_f64(*value).map_or_else(|| Value::String(node.raw.clone()), Value::Number)
        }
        Kind::String(text) => Value::String(text.clone()),
        Kind::Sequence(items) => Value::Array(items.iter().map(of_yaml).collect()),
        Kind::Mapping(entries) => Value::Object(
            entries.iter().map(|(key, value)| (key.name.clone(), of_yaml(value))).collect::<Map<_, _>>(),
        ),
    }
}

/// Keeps `{{` from opening a variable where text stands in JSON: only inside of strings can it.
pub(crate) fn harmless(text: &str) -> String {
    text.replace("{{", "\\u007b\\u007b")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn leaves_know_where_they_stand() {
        let text = r#"{ "a/b": [1, {"c~": "x\"y"}, null, true], "d": "" }"#;
        let found = leaves(text, 10).unwrap();
        let seen: Vec<_> = found
            .iter()
            .map(|l| (l.pointer.as_str(), l.key.as_str(), l.text.as_str(), &text[l.span.clone()]))
            .collect();
        assert_eq!(
            seen,
            [
                ("/a~1b/0", "a/b", "1", "1"),
                ("/a~1b/1/c~0", "c~", "x\"y", "x\\\"y"),
                ("/a~1b/3", "a/b", "true", "true"),
                ("/d", "d", "", ""),
            ]
        );
        assert_eq!(leaves(text, 2).unwrap().len(), 2);
        assert_eq!(leaves("{", 2), None);
        assert_eq!(leaves("7", 2).unwrap()[0].pointer, "");
    }

    #[test]
    fn a_text_may_be_as_deep_as_it_likes() {
        let nested = |depth: usize| format!("{}1{}", "[".repeat(depth), "]".repeat(depth));
        assert_eq!(leaves(&nested(MAXIMUM_DEPTH), 10).unwrap().len(), 1);
        for depth in [MAXIMUM_DEPTH + 1, 1_000_000] {
            assert_eq!(leaves(&nested(depth), 10), None);
        }
    }
}
