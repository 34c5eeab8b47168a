//! A value that a schema allows: an example it gives, else its default, first `enum`, or the least that fits.

use serde_json::{Map, Value, json};

use super::document::{Document, entries, is_true, list, text};

/// Values made for one body or parameter at most: schemas may branch without an end.
const MAXIMUM_NODES: usize = 2_000;
/// Nesting at most.
const MAXIMUM_DEPTH: usize = 16;
/// Longest text that is filled up to a `minLength`, and longest list to a `minItems`.
const MAXIMUM_LENGTH: u64 = 200;

/// Makes values of schemas; `said` gathers what has to be looked at.
pub(super) struct Examples<'a> {
    document: &'a Document,
    nodes: usize,
    /// References on the way down, so that a circle ends.
    above: Vec<&'a str>,
    pub said: Vec<String>,
}

impl<'a> Examples<'a> {
    pub fn new(document: &'a Document) -> Self {
        Self { document, nodes: 0, above: Vec::new(), said: Vec::new() }
    }

    /// The value of a media type or parameter: its own example, or one of its schema.
    pub fn of_holder(&mut self, holder: &'a Value, name: &str) -> Value {
        let own = holder.get("example").or_else(|| holder.get("x-example")).cloned();
        let first = || {
            let named = entries(holder, "examples")?.values().next()?;
            self.document.resolve(named).ok()?.get("value").cloned()
        };
        if let Some(value) = own.or_else(first) {
            return value;
        }
        match holder.get("schema") {
            Some(schema) => self.of_schema(schema, name).unwrap_or(Value::Null),
            // Swagger 2 has the keys of a schema in the parameter itself.
            None if holder.get("type").is_some() => self.of_schema(holder, name).unwrap_or(Value::Null),
            None => json!("example"),
        }
    }

    /// A value; `None` where the schema leads in a circle or nowhere.
    fn of_schema(&mut self, schema: &'a Value, name: &str) -> Option<Value> {
        self.nodes += 1;
        if self.nodes > MAXIMUM_NODES || self.above.len() > MAXIMUM_DEPTH {
            return None;
        }
        let reference = text(schema, "$ref").unwrap_or_default();
        if !reference.is_empty() && self.above.contains(&reference) {
            return None;
        }
        let schema = match self.document.resolve(schema) {
            Ok(schema) => schema,
            Err(reference) => {
                self.say(format!("{reference} is not in this file: {name} is made up"));
                return None;
            }
        };
        self.above.push(reference);
        let value = self.of_resolved(schema, name);
        self.above.pop();
        value
    }

    fn of_resolved(&mut self, schema: &'a Value, name: &str) -> Option<Value> {
        let given = ["example", "const", "default"].iter().find_map(|key| schema.get(*key));
        let given =
            given.or_else(|| list(schema, "examples").first()).or_else(|| list(schema, "enum").first());
        if let Some(given) = given {
            return Some(given.clone());
        }
        if let Some(parts) = schema.get("allOf").and_then(Value::as_array) {
            let mut whole = match self.object(schema, name) {
                Some(Value::Object(own)) => own,
                _ => Map::new(),
            };
            let mut other = None;
            for part in parts {
                match self.of_schema(part, name) {
                    Some(Value::Object(part)) => whole.extend(part),
                    Some(value) => other = other.or(Some(value)),
                    None => {}
                }
            }
            return Some(if whole.is_empty() {
                other.unwrap_or(Value::Object(whole))
            } else {
                Value::Object(whole)
            });
        }
        for key in ["oneOf", "anyOf"] {
            let ways = list(schema, key);
            let is_null = |way: &&Value| text(way, "type") == Some("null");
            if let Some(first) = ways.iter().find(|way| !is_null(way)) {
                if ways.iter().filter(|way| !is_null(way)).count() > 1 {
                    self.say(format!("{name} can have one of several forms: this is the first"));
                }
                return self.of_schema(first, name);
            }
        }
        match kind(schema) {
            "object" => self.object(schema, name),
            "array" => {
                let least =
                    schema.get("minItems").and_then(Value::as_u64).unwrap_or(1).clamp(1, MAXIMUM_LENGTH);
                let Some(items) = schema.get("items") else { return Some(json!([])) };
                let before = self.nodes;
                let Some(item) = self.of_schema(items, name) else { return Some(json!([])) };
                // Copies count like what is made: lists of lists of many would have no end either.
                let of_one = self.nodes - before;
                let count =
                    (least as usize).min(1 + MAXIMUM_NODES.saturating_sub(self.nodes) / of_one.max(1));
                self.nodes += of_one * (count - 1);
                Some(Value::Array(vec![item; count]))
            }
            "integer" => Some(integer(schema)),
            "number" => Some(number(schema)),
            "boolean" => Some(json!(true)),
            "null" => Some(Value::Null),
            "string" => Some(json!(self.string(schema, name))),
            _ => Some(json!("example")),
        }
    }

    /// The properties, without those that only answers have.
    fn object(&mut self, schema: &'a Value, _name: &str) -> Option<Value> {
        let mut whole = Map::new();
        for (key, property) in entries(schema, "properties").into_iter().flatten() {
            let resolved = self.document.resolve(property).unwrap_or(property);
            if is_true(resolved, "readOnly") {
                continue;
            }
            if let Some(value) = self.of_schema(property, key) {
                whole.insert(key.clone(), value);
            } else if list(schema, "required").iter().any(|r| r.as_str() == Some(key)) {
                self.say(format!(
                    "{key} is required, but its schema leads in a circle or out of this file: it is left out"
                ));
            }
        }
        Some(Value::Object(whole))
    }

    fn string(&mut self, schema: &Value, name: &str) -> String {
        if text(schema, "pattern").is_some() {
            self.say(format!("{name} must match a pattern, which the value here may not"));
        }
        let value = match text(schema, "format").unwrap_or_default() {
            "date" => "2026-01-31",
            "date-time" => "2026-01-31T12:00:00Z",
            "time" => "12:00:00Z",
            "duration" => "PT1H",
            "uuid" => "3f2504e0-4f89-41d3-9a0c-0305e82c3301",
            "email" | "idn-email" => "user@example.com",
            "uri" | "url" | "uri-reference" | "iri" => "https://example.com/",
            "hostname" | "idn-hostname" => "example.com",
            "ipv4" => "192.0.2.1",
            "ipv6" => "2001:db8::1",
            "byte" => "ZXhhbXBsZQ==",
            _ => "example",
        };
        let least = schema.get("minLength").and_then(Value::as_u64).unwrap_or(0).min(MAXIMUM_LENGTH) as usize;
        let most = schema.get("maxLength").and_then(Value::as_u64).unwrap_or(u64::MAX);
        let most = usize::try_from(most).unwrap_or(usize::MAX);
        let mut value = value.to_owned();
        while value.len() < least {
            value.push('x');
        }
        value.truncate(most);
        value
    }

    fn say(&mut self, text: String) {
        if !self.said.contains(&text) {
            self.said.push(text);
        }
    }
}

/// The type of a schema; of several (3.1) the first that is not null; without one what its keys tell.
fn kind(schema: &Value) -> &str {
    match schema.get("type") {
        Some(Value::String(kind)) => kind,
        Some(Value::Array(kinds)) => {
            kinds.iter().filter_map(Value::as_str).find(|kind| *kind != "null").unwrap_or("null")
        }
        _ if schema.get("properties").is_some() || schema.get("additionalProperties").is_some() => "object",
        _ if schema.get("items").is_some() => "array",
        _ if schema.get("format").is_some() || schema.get("pattern").is_some() => "string",
        _ => "",
    }
}

/// The least that is allowed, from 1 on.
fn integer(schema: &Value) -> Value {
    let bound = |key: &str| schema.get(key).and_then(Value::as_f64);
    let step = bound("multipleOf").filter(|s| *s >= 1.0).unwrap_or(1.0);
    let least =
        lower(schema).map(|(least, is_open)| if is_open { least.floor() + 1.0 } else { least.ceil() });
    let most = upper(schema);
    let value = least.unwrap_or_else(|| most.unwrap_or(1.0).min(1.0)).clamp(-9e15, 9e15);
    let value = ((value / step).ceil() * step).clamp(-9e15, 9e15);
    json!(value as i64)
}

fn number(schema: &Value) -> Value {
    let value = match (lower(schema), upper(schema)) {
        (Some((least, false)), _) => least,
        (Some((least, true)), Some(most)) => (least + most) / 2.0,
        (Some((least, true)), None) => least + 1.0,
        (None, most) => most.unwrap_or(1.5).min(1.5),
    };
    if value.is_finite() { json!(value) } else { json!(1.5) }
}

/// The lower bound, and whether it is not allowed itself (a boolean in 3.0, a number in 3.1).
fn lower(schema: &Value) -> Option<(f64, bool)> {
    let minimum = schema.get("minimum").and_then(Value::as_f64);
    match schema.get("exclusiveMinimum") {
        Some(Value::Bool(is_open)) => minimum.map(|least| (least, *is_open)),
        Some(Value::Number(least)) => least.as_f64().map(|least| (least, true)),
        _ => minimum.map(|least| (least, false)),
    }
}

fn upper(schema: &Value) -> Option<f64> {
    let maximum = schema.get("maximum").and_then(Value::as_f64);
    let exclusive = schema.get("exclusiveMaximum").and_then(Value::as_f64).map(|most| most - 1.0);
    maximum.or(exclusive)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_of_lists_end() {
        let mut schema = json!({ "type": "integer" });
        for _ in 0..12 {
            schema = json!({ "type": "array", "minItems": 150, "items": schema });
        }
        let document = Document::new(json!({}));
        let mut examples = Examples::new(&document);
        let made = examples.of_schema(&schema, "x").unwrap_or_default();
        assert!(made.to_string().matches('1').count() <= MAXIMUM_NODES);
        assert!(examples.nodes <= MAXIMUM_NODES);
        let one = json!({ "type": "array", "minItems": 150, "items": { "type": "integer" } });
        let made = Examples::new(&document).of_schema(&one, "x").unwrap_or_default();
        assert_eq!(made.as_array().map(Vec::len), Some(150));
    }
}
