//! The document, and what `$ref` leads to in it.

use serde_json::{Map, Value};

/// References followed one after the other at most.
const LONGEST_CHAIN: usize = 20;

/// A description of an API.
pub(super) struct Document {
    root: Value,
}

impl Document {
    pub fn new(root: Value) -> Self {
        Self { root }
    }

    /// A key of the document itself.
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.root.get(key)
    }

    /// Whether it is Swagger 2.
    pub fn is_swagger(&self) -> bool {
        self.root.get("swagger").is_some()
    }

    /// The value itself, or what its `$ref` leads to.
    ///
    /// # Errors
    /// The reference that leads nowhere: to another file, to nothing, or in a circle.
    pub fn resolve<'a>(&'a self, value: &'a Value) -> Result<&'a Value, String> {
        let mut value = value;
        for _ in 0..LONGEST_CHAIN {
            let Some(reference) = value.get("$ref").and_then(Value::as_str) else { return Ok(value) };
            value = self.find(reference).ok_or_else(|| reference.to_owned())?;
        }
        Err(value.get("$ref").and_then(Value::as_str).unwrap_or("$ref").to_owned())
    }

    fn find(&self, reference: &str) -> Option<&Value> {
        let pointer = reference.strip_prefix('#')?;
        self.root.pointer(&crate::url::decode(pointer, false))
    }
}

/// Text of a key.
pub(super) fn text<'a>(value: &'a Value, key: &str) -> Option<&'a str> {
    value.get(key).and_then(Value::as_str)
}

/// List of a key; empty if there is none.
pub(super) fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value.get(key).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// Entries of a key; `None` if there are none.
pub(super) fn entries<'a>(value: &'a Value, key: &str) -> Option<&'a Map<String, Value>> {
    value.get(key).and_then(Value::as_object)
}

/// Whether a key is true.
pub(super) fn is_true(value: &Value, key: &str) -> bool {
    value.get(key).and_then(Value::as_bool).unwrap_or(false)
}
