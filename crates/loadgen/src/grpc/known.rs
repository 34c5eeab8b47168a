//! Messages of `google.protobuf` that have a form of their own in JSON
//! (<https://protobuf.dev/programming-guides/json/>). `Any` has none here: it is written and read as its two fields.

use serde_json::{Map, Value, json};
use swarmlab_units::utc;

const NANOS_PER_S: u32 = 1_000_000_000;

/// First and last second of a timestamp: years 1 to 9999.
const TIMESTAMPS_S: std::ops::RangeInclusive<i64> = -62_135_596_800..=253_402_300_799;
/// Longest duration, seconds: 10,000 years.
const LONGEST_S: u64 = 315_576_000_000;

/// The fields that a value in the message's own form stands for, or what is expected there; `None`: it has no such form.
pub(super) fn from_json(name: &str, value: &Value) -> Option<Result<Map<String, Value>, &'static str>> {
    let one = |key: &str, value: Value| Map::from_iter([(key.to_owned(), value)]);
    Some(match name.strip_prefix("google.protobuf.")? {
        "Timestamp" => value
            .as_str()
            .and_then(utc::parse)
            .filter(|(seconds, _)| TIMESTAMPS_S.contains(seconds))
            .map(|(seconds, nanos)| fields(seconds, i64::from(nanos)))
            .ok_or("a moment such as 2026-01-31T12:00:00Z"),
        "Duration" => value.as_str().and_then(duration).ok_or("a duration in seconds such as 1.5s"),
        "DoubleValue" | "FloatValue" | "Int64Value" | "UInt64Value" | "Int32Value" | "UInt32Value"
        | "BoolValue" | "StringValue" | "BytesValue" => Ok(one("value", value.clone())),
        "Struct" => match value {
            Value::Object(_) => Ok(one("fields", value.clone())),
            _ => Err("an object"),
        },
        "ListValue" => match value {
            Value::Array(_) => Ok(one("values", value.clone())),
            _ => Err("a list"),
        },
        "Value" => Ok(match value {
            Value::Null => one("nullValue", json!(0)),
            Value::Bool(_) => one("boolValue", value.clone()),
            Value::Number(_) => one("numberValue", value.clone()),
            Value::String(_) => one("stringValue", value.clone()),
            Value::Array(_) => one("listValue", value.clone()),
            Value::Object(_) => one("structValue", value.clone()),
        }),
        "FieldMask" => match value.as_str() {
            Some("") => Ok(one("paths", json!([]))),
            Some(text) => Ok(one("paths", text.split(',').map(snake_case).collect())),
            None => Err("paths such as user.displayName,photo"),
        },
        _ => return None,
    })
}

/// The message's own form, if it has one, else an object.
pub(super) fn to_json(name: &str, mut fields: Map<String, Value>) -> Value {
    let Some(own) = name.strip_prefix("google.protobuf.") else { return Value::Object(fields) };
    let number = |key: &str| {
        let value = fields.get(key);
        value.and_then(|value| value.as_i64().or_else(|| value.as_str()?.parse().ok())).unwrap_or(0)
    };
    match own {
        "Timestamp" => {
            let nanos = u32::try_from(number("nanos")).ok().filter(|nanos| *nanos < NANOS_PER_S);
            let text = utc::extended(number("seconds")).zip(nanos);
            match text {
                Some((text, nanos)) => {
                    Value::from(format!("{}{}Z", text.trim_end_matches('Z'), fraction(nanos)))
                }
                None => Value::Object(fields),
            }
        }
        "Duration" => {
            let (seconds, nanos) = (number("seconds"), number("nanos"));
            let sign = if seconds < 0 || nanos < 0 { "-" } else { "" };
            let nanos = u32::try_from(nanos.unsigned_abs()).unwrap_or(0);
            Value::from(format!("{sign}{}{}s", seconds.unsigned_abs(), fraction(nanos)))
        }
        "DoubleValue" | "FloatValue" | "Int64Value" | "UInt64Value" | "Int32Value" | "UInt32Value"
        | "BoolValue" | "StringValue" | "BytesValue" => fields.remove("value").unwrap_or(Value::Null),
        "Struct" => fields.remove("fields").unwrap_or(Value::Null),
        "ListValue" => fields.remove("values").unwrap_or(Value::Null),
        "Value" => fields.into_iter().next().map_or(Value::Null, |(_, value)| value),
        "FieldMask" => {
            let paths = fields.get("paths").and_then(Value::as_array);
            let paths = paths.into_iter().flatten().filter_map(Value::as_str).map(camel_case);
            Value::from(paths.collect::<Vec<_>>().join(","))
        }
        _ => Value::Object(fields),
    }
}

fn fields(seconds: i64, nanos: i64) -> Map<String, Value> {
    Map::from_iter([("seconds".to_owned(), json!(seconds)), ("nanos".to_owned(), json!(nanos))])
}

/// `-1.5s`: both parts have the sign.
fn duration(text: &str) -> Option<Map<String, Value>> {
    let text = text.strip_suffix('s')?;
    let (sign, text) = text.strip_prefix('-').map_or((1, text), |rest| (-1, rest));
    let (whole, rest) = text.split_once('.').unwrap_or((text, "0"));
    let is_number = |digits: &str| !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
    if !is_number(whole) || !is_number(rest) || rest.len() > 9 {
        return None;
    }
    let seconds = whole.parse::<u64>().ok().filter(|seconds| *seconds <= LONGEST_S)?;
    let nanos: i64 = format!("{rest:0<9}").parse().ok()?;
    Some(fields(sign * seconds as i64, sign * nanos))
}

/// `.5`, with three, six or nine digits; nothing for none.
fn fraction(nanos: u32) -> String {
    match nanos {
        0 => String::new(),
        _ if nanos.is_multiple_of(1_000_000) => format!(".{:03}", nanos / 1_000_000),
        _ if nanos.is_multiple_of(1_000) => format!(".{:06}", nanos / 1_000),
        _ => format!(".{nanos:09}"),
    }
}

fn snake_case(path: &str) -> Value {
    let mut out = String::with_capacity(path.len() + 4);
    for letter in path.chars() {
        if letter.is_ascii_uppercase() {
            out.push('_');
        }
        out.push(letter.to_ascii_lowercase());
    }
    Value::from(out)
}

fn camel_case(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    let mut is_upper = false;
    for letter in path.chars() {
        match letter {
            '_' => is_upper = true,
            _ if std::mem::take(&mut is_upper) => out.push(letter.to_ascii_uppercase()),
            _ => out.push(letter),
        }
    }
    out
}
