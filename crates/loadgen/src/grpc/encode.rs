//! From JSON to an encoded message. Everything that does not fit is found, not only the first.

use serde_json::{Map, Value};

use super::misfit::{Misfit, Place};
use super::types::{Field, Kind, Types};
use super::{MAXIMUM_DEPTH, known, scalar, wire};

/// Appends the message of type `at`, as far as it fits. `is_lenient`: text with `{{variables}}` fits anywhere.
pub(super) fn message(
    types: &Types,
    at: usize,
    value: &Value,
    is_lenient: bool,
    out: &mut Vec<u8>,
) -> Vec<Misfit> {
    let mut encoder = Encoder { types, is_lenient, path: Vec::new(), misfits: Vec::new() };
    encoder.message(at, value, out);
    encoder.misfits
}

struct Encoder<'a> {
    types: &'a Types,
    is_lenient: bool,
    path: Vec<Place>,
    misfits: Vec<Misfit>,
}

impl Encoder<'_> {
    fn misfit(&mut self, problem: impl Into<String>, expected: impl Into<String>) {
        self.misfits.push(Misfit { path: self.path.clone(), ..Misfit::here(problem, expected) });
    }

    fn within(&mut self, place: Place, inner: impl FnOnce(&mut Self)) {
        self.path.push(place);
        inner(self);
        self.path.pop();
    }

    /// Whether nothing can be said of a value until its variables are known.
    fn is_open(&self, value: &Value) -> bool {
        self.is_lenient && value.as_str().is_some_and(|text| text.contains("{{"))
    }

    fn message(&mut self, at: usize, value: &Value, out: &mut Vec<u8>) {
        if self.is_open(value) {
            return;
        }
        let types = self.types;
        let name = types.messages[at].name.as_str();
        if self.path.len() > MAXIMUM_DEPTH {
            return self.misfit("is too deep", "at most 64 messages in each other");
        }
        match known::from_json(name, value) {
            Some(Ok(inner)) => self.object(at, &inner, out),
            Some(Err(expected)) => self.misfit(format!("does not fit {name}"), expected),
            None => match value {
                Value::Object(entries) => self.object(at, entries, out),
                _ => self.misfit(format!("does not fit {name}"), "an object with its fields"),
            },
        }
    }

    fn object(&mut self, at: usize, entries: &Map<String, Value>, out: &mut Vec<u8>) {
        let types = self.types;
        let message = &types.messages[at];
        let mut found: Vec<(&Field, &Value, &String)> = Vec::new();
        for (key, value) in entries {
            match message.fields.iter().find(|field| field.json_name == *key || field.name == *key) {
                Some(field) if takes(field, value, types) => found.push((field, value, key)),
                Some(_) => {}
                None => {
                    let known = message.fields.iter().map(|field| field.name.clone()).collect();
                    self.within(Place::Key(key.clone()), |encoder| {
                        encoder.misfits.push(Misfit {
                            path: encoder.path.clone(),
                            known,
                            given: Some(key.clone()),
                            ..Misfit::here(
                                format!("is no field of {}", message.name),
                                match message.fields.is_empty() {
                                    true => "nothing: it has none".to_owned(),
                                    false => {
                                        let names = message.fields.iter().map(|field| field.name.as_str());
                                        names.collect::<Vec<_>>().join(", ")
                                    }
                                },
                            )
                        });
                    });
                }
            }
        }
        found.sort_by_key(|(field, ..)| field.number);
        for (index, (field, value, key)) in found.iter().enumerate() {
            let before = &found[..index];
            self.within(Place::Key((*key).clone()), |encoder| {
                if before.iter().any(|(other, ..)| other.number == field.number) {
                    return encoder.misfit("is there twice", "one of its two names");
                }
                let same = |other: &&(&Field, &Value, &String)| {
                    field.oneof.is_some() && other.0.oneof == field.oneof
                };
                if let Some((other, ..)) = before.iter().find(same) {
                    let problem = format!("stands beside {}, but only one of the two can be set", other.name);
                    return encoder.misfit(problem, "one of them");
                }
                encoder.field(field, value, out);
            });
        }
    }

    fn field(&mut self, field: &Field, value: &Value, out: &mut Vec<u8>) {
        let types = self.types;
        if self.is_open(value) && (field.is_repeated || matches!(field.kind, Kind::Message(_))) {
            return;
        }
        if let Some((key, inner)) = types.map_entry(field) {
            let Value::Object(entries) = value else {
                return self.misfit("is no map", "an object");
            };
            for (name, value) in entries {
                self.within(Place::Key(name.clone()), |encoder| {
                    let mut entry = Vec::new();
                    match scalar::encode_key(key.kind, name, types) {
                        Some(encoded) => {
                            wire::push_tag(&mut entry, 1, key.kind.wire_type());
                            encoded.push(&mut entry);
                        }
                        None if encoder.is_open(&Value::from(name.as_str())) => {}
                        None => encoder.misfit("cannot be a key", key.kind.expected(types)),
                    }
                    encoder.single(inner, value, false, &mut entry);
                    wire::push_bytes(out, field.number, &entry);
                });
            }
        } else if field.is_repeated {
            let Value::Array(items) = value else {
                return self.misfit("is no list", format!("a list, each {}", field.kind.expected(types)));
            };
            let mut packed = Vec::new();
            for (index, item) in items.iter().enumerate() {
                self.within(Place::Item(index), |encoder| match field.is_packed {
                    true => encoder.scalar(field.kind, item, |encoded| encoded.push(&mut packed)),
                    false => encoder.single(field, item, false, out),
                });
            }
            if !packed.is_empty() {
                wire::push_bytes(out, field.number, &packed);
            }
        } else {
            self.single(field, value, !field.has_presence, out);
        }
    }

    /// One value with its tag; a default may be left out.
    fn single(&mut self, field: &Field, value: &Value, leaves_default: bool, out: &mut Vec<u8>) {
        if let Kind::Message(at) = field.kind {
            let mut inner = Vec::new();
            self.message(at, value, &mut inner);
            return wire::push_bytes(out, field.number, &inner);
        }
        self.scalar(field.kind, value, |encoded| {
            if !(leaves_default && encoded.is_default()) {
                wire::push_tag(out, field.number, field.kind.wire_type());
                encoded.push(out);
            }
        });
    }

    fn scalar(&mut self, kind: Kind, value: &Value, then: impl FnOnce(&scalar::Scalar)) {
        let types = self.types;
        match (scalar::encode(kind, value, types), kind, value) {
            (Some(encoded), ..) => then(&encoded),
            (None, ..) if self.is_open(value) => {}
            (None, Kind::Enum(at), Value::String(name)) => {
                let values = &types.enums[at].values;
                let misfit = Misfit::here(
                    format!("is no value of {}", types.enums[at].name),
                    values.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>().join(", "),
                );
                let known = values.iter().map(|(name, _)| name.clone()).collect();
                let path = self.path.clone();
                self.misfits.push(Misfit { path, known, given: Some(name.clone()), ..misfit });
            }
            (None, ..) => {
                let expected = kind.expected(types);
                self.misfit(format!("is {}", shown(value)), expected);
            }
        }
    }
}

/// Whether a value says something: `null` stands for nothing, except where it is a value.
fn takes(field: &Field, value: &Value, types: &Types) -> bool {
    !value.is_null()
        || match field.kind {
            Kind::Message(at) => types.messages[at].name == "google.protobuf.Value",
            Kind::Enum(at) => types.enums[at].name == "google.protobuf.NullValue",
            _ => false,
        }
}

fn shown(value: &Value) -> String {
    const LONGEST: usize = 40;
    let text = value.to_string();
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}
