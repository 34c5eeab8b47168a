//! From an encoded message to JSON.

use serde_json::{Map, Value};

use super::types::{Field, Kind, Message, Types};
use super::wire::{Fields, Raw, take_fixed32, take_fixed64, take_varint};
use super::{MAXIMUM_DEPTH, known, scalar};

/// The message of type `at`.
pub(super) fn message(types: &Types, at: usize, bytes: &[u8], depth: usize) -> Result<Value, String> {
    if depth > MAXIMUM_DEPTH {
        return Err("messages in each other, deeper than 64".to_owned());
    }
    let message = &types.messages[at];
    let mut entries = Map::new();
    let mut pieces: Vec<(&Field, Vec<&[u8]>)> = Vec::new();
    for raw in Fields::new(bytes) {
        let (number, raw) = raw.ok_or("it breaks off, or is no message")?;
        // What is not in the descriptor may come from a newer one.
        let Some(field) = message.fields.iter().find(|field| field.number == number) else { continue };
        if let Some(oneof) = field.oneof {
            // The last of them holds.
            for other in message.fields.iter().filter(|other| other.oneof == Some(oneof)) {
                if other.number != number {
                    entries.remove(&other.json_name);
                }
            }
            pieces.retain(|(other, _)| other.oneof != Some(oneof) || other.number == number);
        }
        if let Some((key, value)) = types.map_entry(field) {
            let (key, value) = entry(types, key, value, raw, depth)?;
            if let Value::Object(map) =
                entries.entry(&field.json_name).or_insert_with(|| Value::Object(Map::new()))
            {
                map.insert(key, value);
            }
        } else if field.is_repeated {
            let list = entries.entry(&field.json_name).or_insert_with(|| Value::Array(Vec::new()));
            if let Value::Array(list) = list {
                repeated(types, field, raw, depth, list)?;
            }
        } else if let (Kind::Message(_), Raw::Bytes(piece)) = (field.kind, raw) {
            // Pieces of one message add up to it: it is read once all are here, in its place.
            entries.entry(&field.json_name).or_insert(Value::Null);
            match pieces.iter_mut().find(|(other, _)| other.number == number) {
                Some((_, all)) => all.push(piece),
                None => pieces.push((field, vec![piece])),
            }
        } else {
            entries.insert(field.json_name.clone(), single(types, field, raw, depth)?);
        }
    }
    for (field, all) in pieces {
        entries.insert(field.json_name.clone(), single(types, field, Raw::Bytes(&all.concat()), depth)?);
    }
    fill(types, message, &mut entries);
    Ok(known::to_json(&message.name, entries))
}

/// Fields without presence get their default.
fn fill(types: &Types, message: &Message, entries: &mut Map<String, Value>) {
    for field in message.fields.iter().filter(|field| !field.has_presence) {
        if !entries.contains_key(&field.json_name) {
            let value = match (types.map_entry(field), field.is_repeated) {
                (Some(_), _) => Value::Object(Map::new()),
                (None, true) => Value::Array(Vec::new()),
                (None, false) => scalar::default(field.kind, types),
            };
            entries.insert(field.json_name.clone(), value);
        }
    }
}

fn single(types: &Types, field: &Field, raw: Raw<'_>, depth: usize) -> Result<Value, String> {
    match (field.kind, raw) {
        (Kind::Message(at), Raw::Bytes(bytes)) => {
            message(types, at, bytes, depth + 1).map_err(|problem| format!("{}: {problem}", field.name))
        }
        (kind, raw) => scalar::decode(kind, raw, types)
            .ok_or_else(|| format!("{} is not {}", field.name, kind.expected(types))),
    }
}

/// One value or, packed, any number of them.
fn repeated(
    types: &Types,
    field: &Field,
    raw: Raw<'_>,
    depth: usize,
    list: &mut Vec<Value>,
) -> Result<(), String> {
    let Raw::Bytes(mut rest) = raw else {
        list.push(single(types, field, raw, depth)?);
        return Ok(());
    };
    if field.kind.wire_type() == 2 {
        list.push(single(types, field, raw, depth)?);
        return Ok(());
    }
    while !rest.is_empty() {
        let item = match field.kind.wire_type() {
            1 => take_fixed64(&mut rest).map(Raw::Fixed64),
            5 => take_fixed32(&mut rest).map(Raw::Fixed32),
            _ => take_varint(&mut rest).map(Raw::Varint),
        };
        let item = item.ok_or_else(|| format!("the list {} breaks off", field.name))?;
        list.push(single(types, field, item, depth)?);
    }
    Ok(())
}

/// An entry of a map; what it leaves out has its default.
fn entry(
    types: &Types,
    key: &Field,
    value: &Field,
    raw: Raw<'_>,
    depth: usize,
) -> Result<(String, Value), String> {
    let Raw::Bytes(bytes) = raw else { return Err(format!("{} is no map", value.name)) };
    let mut found = (scalar::default(key.kind, types), None);
    for raw in Fields::new(bytes) {
        match raw.ok_or("an entry of a map breaks off")? {
            (1, raw) => found.0 = single(types, key, raw, depth)?,
            (2, raw) => found.1 = Some(single(types, value, raw, depth)?),
            _ => {}
        }
    }
    let value = match (found.1, value.kind) {
        (Some(value), _) => value,
        (None, Kind::Message(at)) => message(types, at, &[], depth + 1)?,
        (None, kind) => scalar::default(kind, types),
    };
    let key = match found.0 {
        Value::String(text) => text,
        other => other.to_string(),
    };
    Ok((key, value))
}
