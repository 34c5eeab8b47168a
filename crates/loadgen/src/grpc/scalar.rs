//! Single values that are no messages, between JSON and their encoding.

use base64::Engine;
use base64::alphabet::{STANDARD as LETTERS, URL_SAFE};
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde_json::Value;

use super::types::{Kind, Types};
use super::wire::{self, Raw};

/// With or without padding, as the mapping demands.
const LENIENT: GeneralPurposeConfig =
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
const BASE64: GeneralPurpose = GeneralPurpose::new(&LETTERS, LENIENT);
const BASE64_URL: GeneralPurpose = GeneralPurpose::new(&URL_SAFE, LENIENT);

/// A value as it is written behind its tag.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Scalar {
    Varint(u64),
    Fixed32(u32),
    Fixed64(u64),
    Bytes(Vec<u8>),
}

impl Scalar {
    /// Whether it is the default, which a field without presence leaves out. -0 is not.
    pub fn is_default(&self) -> bool {
        match self {
            Scalar::Varint(value) | Scalar::Fixed64(value) => *value == 0,
            Scalar::Fixed32(value) => *value == 0,
            Scalar::Bytes(bytes) => bytes.is_empty(),
        }
    }

    /// Appends it without its tag.
    pub fn push(&self, out: &mut Vec<u8>) {
        match self {
            Scalar::Varint(value) => wire::push_varint(out, *value),
            Scalar::Fixed32(value) => out.extend_from_slice(&value.to_le_bytes()),
            Scalar::Fixed64(value) => out.extend_from_slice(&value.to_le_bytes()),
            Scalar::Bytes(bytes) => {
                wire::push_varint(out, bytes.len() as u64);
                out.extend_from_slice(bytes);
            }
        }
    }
}

/// A JSON value as one of this kind; `None`: it does not fit.
pub(super) fn encode(kind: Kind, value: &Value, types: &Types) -> Option<Scalar> {
    let signed =
        |bits: u32| integer(value).filter(|n| (-(1_i128 << (bits - 1))..1 << (bits - 1)).contains(n));
    let unsigned = |bits: u32| integer(value).filter(|n| (0..1_i128 << bits).contains(n));
    Some(match kind {
        Kind::Double => Scalar::Fixed64(number(value)?.to_bits()),
        Kind::Float => {
            let wide = number(value)?;
            let narrow = wide as f32;
            if narrow.is_infinite() && wide.is_finite() {
                return None;
            }
            Scalar::Fixed32(narrow.to_bits())
        }
        Kind::Int64 => Scalar::Varint(signed(64)? as u64),
        Kind::Int32 => Scalar::Varint(signed(32)? as u64),
        Kind::Uint64 => Scalar::Varint(unsigned(64)? as u64),
        Kind::Uint32 => Scalar::Varint(unsigned(32)? as u64),
        Kind::Sint64 => Scalar::Varint(zigzag(signed(64)? as i64)),
        Kind::Sint32 => Scalar::Varint(zigzag(signed(32)? as i64)),
        Kind::Fixed64 => Scalar::Fixed64(unsigned(64)? as u64),
        Kind::Sfixed64 => Scalar::Fixed64(signed(64)? as u64),
        Kind::Fixed32 => Scalar::Fixed32(unsigned(32)? as u32),
        Kind::Sfixed32 => Scalar::Fixed32(signed(32)? as u32),
        Kind::Bool => Scalar::Varint(u64::from(match value {
            Value::Bool(value) => *value,
            _ => return None,
        })),
        Kind::String => Scalar::Bytes(value.as_str()?.as_bytes().to_vec()),
        Kind::Bytes => {
            let text = value.as_str()?;
            Scalar::Bytes(BASE64.decode(text).or_else(|_| BASE64_URL.decode(text)).ok()?)
        }
        Kind::Enum(at) => {
            let number = match value {
                Value::String(name) => {
                    let found = types.enums[at].values.iter().find(|(known, _)| known == name);
                    i64::from(found?.1)
                }
                Value::Null if types.enums[at].name == "google.protobuf.NullValue" => 0,
                Value::Number(_) => integer(value).and_then(|n| i32::try_from(n).ok()).map(i64::from)?,
                _ => return None,
            };
            Scalar::Varint(number as u64)
        }
        Kind::Message(_) => return None,
    })
}

/// The key of a map, which is text in JSON, as one of this kind.
pub(super) fn encode_key(kind: Kind, key: &str, types: &Types) -> Option<Scalar> {
    let value = match (kind, key) {
        (Kind::Bool, "true") => Value::Bool(true),
        (Kind::Bool, "false") => Value::Bool(false),
        _ => Value::from(key),
    };
    encode(kind, &value, types)
}

/// A value in a message as JSON; `None`: it stands there as another kind.
pub(super) fn decode(kind: Kind, raw: Raw<'_>, types: &Types) -> Option<Value> {
    Some(match (kind, raw) {
        (Kind::Double, Raw::Fixed64(bits)) => float(f64::from_bits(bits)),
        (Kind::Float, Raw::Fixed32(bits)) => {
            let narrow = f32::from_bits(bits);
            // The shortest digits that mean it, not those of its nearest neighbour in 64 bits.
            float(narrow.to_string().parse().unwrap_or(f64::from(narrow)))
        }
        (Kind::Int64, Raw::Varint(value)) => Value::from((value as i64).to_string()),
        (Kind::Sint64, Raw::Varint(value)) => Value::from(unzigzag(value).to_string()),
        (Kind::Uint64, Raw::Varint(value)) => Value::from(value.to_string()),
        (Kind::Int32, Raw::Varint(value)) => Value::from(value as i32),
        (Kind::Sint32, Raw::Varint(value)) => Value::from(unzigzag(u64::from(value as u32)) as i32),
        (Kind::Uint32, Raw::Varint(value)) => Value::from(value as u32),
        (Kind::Bool, Raw::Varint(value)) => Value::from(value != 0),
        (Kind::Enum(at), Raw::Varint(value)) => {
            let number = value as i32;
            let of = &types.enums[at];
            match of.values.iter().find(|(_, known)| *known == number) {
                Some(_) if of.name == "google.protobuf.NullValue" => Value::Null,
                Some((name, _)) => Value::from(name.as_str()),
                None => Value::from(number),
            }
        }
        (Kind::Fixed64, Raw::Fixed64(value)) => Value::from(value.to_string()),
        (Kind::Sfixed64, Raw::Fixed64(value)) => Value::from((value as i64).to_string()),
        (Kind::Fixed32, Raw::Fixed32(value)) => Value::from(value),
        (Kind::Sfixed32, Raw::Fixed32(value)) => Value::from(value as i32),
        (Kind::String, Raw::Bytes(bytes)) => Value::from(std::str::from_utf8(bytes).ok()?),
        (Kind::Bytes, Raw::Bytes(bytes)) => Value::from(BASE64.encode(bytes)),
        _ => return None,
    })
}

/// What a field without presence is worth if it is not there.
pub(super) fn default(kind: Kind, types: &Types) -> Value {
    let raw = match kind.wire_type() {
        1 => Raw::Fixed64(0),
        5 => Raw::Fixed32(0),
        2 => Raw::Bytes(&[]),
        _ => Raw::Varint(0),
    };
    decode(kind, raw, types).unwrap_or(Value::Null)
}

fn zigzag(value: i64) -> u64 {
    (value << 1 ^ value >> 63) as u64
}

fn unzigzag(value: u64) -> i64 {
    (value >> 1) as i64 ^ -((value & 1) as i64)
}

fn float(value: f64) -> Value {
    match value {
        _ if value.is_nan() => Value::from("NaN"),
        f64::INFINITY => Value::from("Infinity"),
        f64::NEG_INFINITY => Value::from("-Infinity"),
        _ => Value::from(value),
    }
}

/// A number, or text that is one.
fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => match text.as_str() {
            "NaN" => Some(f64::NAN),
            "Infinity" => Some(f64::INFINITY),
            "-Infinity" => Some(f64::NEG_INFINITY),
            text if text.bytes().all(|b| b.is_ascii_digit() || b"+-.eE".contains(&b)) => text.parse().ok(),
            _ => None,
        },
        _ => None,
    }
}

/// A whole number, or text that is one; `1e3` and `2.0` are.
fn integer(value: &Value) -> Option<i128> {
    let whole = |number: f64| (number.fract() == 0.0 && number.abs() < 2e19).then_some(number as i128);
    match value {
        Value::Number(number) => {
            let exact = number.as_i64().map(i128::from).or_else(|| number.as_u64().map(i128::from));
            exact.or_else(|| number.as_f64().and_then(whole))
        }
        Value::String(text) => text.parse().ok().or_else(|| number(value).and_then(whole)),
        _ => None,
    }
}
