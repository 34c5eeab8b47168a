//! Writing values into requests: escaping, percent-encoding, digits; without an allocation.

const HEX: &[u8; 16] = b"0123456789ABCDEF";

/// How a value is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Encoding {
    /// As it is.
    Raw,
    /// Percent-encoded where it may not stand in a path or query; what is reserved stays as it is.
    Path,
    /// Percent-encoded but for unreserved characters (RFC 3986 section 2.3).
    Component,
    /// Escaped as the inside of a JSON string (RFC 8259 section 7).
    Json,
}

impl Encoding {
    /// Appends `value` so.
    pub fn push(self, value: &[u8], out: &mut Vec<u8>) {
        match self {
            Encoding::Raw => out.extend_from_slice(value),
            Encoding::Path => {
                percent(value, out, |byte| (0x21..0x7f).contains(&byte) && !b"\"#<>\\^`{|}".contains(&byte))
            }
            Encoding::Component => {
                percent(value, out, |byte| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte));
            }
            Encoding::Json => json(value, out),
        }
    }
}

fn percent(value: &[u8], out: &mut Vec<u8>, stays: impl Fn(u8) -> bool) {
    for &byte in value {
        if stays(byte) {
            out.push(byte);
        } else {
            out.extend_from_slice(&[b'%', HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]]);
        }
    }
}

fn json(value: &[u8], out: &mut Vec<u8>) {
    let mut rest = value;
    while let Some(at) = rest.iter().position(|&byte| byte < 0x20 || byte == b'"' || byte == b'\\') {
        out.extend_from_slice(&rest[..at]);
        match rest[at] {
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\t' => out.extend_from_slice(b"\\t"),
            byte @ (b'"' | b'\\') => out.extend_from_slice(&[b'\\', byte]),
            byte => {
                out.extend_from_slice(b"\\u00");
                out.extend_from_slice(&[HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]]);
            }
        }
        rest = &rest[at + 1..];
    }
    out.extend_from_slice(rest);
}

/// Appends decimal digits.
pub(crate) fn push_number(out: &mut Vec<u8>, mut value: u64) {
    let mut digits = [0_u8; 20];
    let mut at = digits.len();
    loop {
        at -= 1;
        digits[at] = b'0' + (value % 10) as u8;
        value /= 10;
        if value == 0 {
            break;
        }
    }
    out.extend_from_slice(&digits[at..]);
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use proptest::prelude::*;

    use super::*;

    fn encoded(encoding: Encoding, value: &str) -> String {
        let mut out = Vec::new();
        encoding.push(value.as_bytes(), &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn values_are_percent_encoded_for_their_place() {
        assert_eq!(encoded(Encoding::Path, "ä b/c?d=e&f"), "%C3%A4%20b/c?d=e&f");
        assert_eq!(encoded(Encoding::Component, "a b/c?d=e&f~"), "a%20b%2Fc%3Fd%3De%26f~");
        assert_eq!(encoded(Encoding::Raw, "ä\""), "ä\"");
    }

    #[test]
    fn numbers_are_decimal() {
        for value in [0, 9, 10, 12_345, u64::MAX] {
            let mut out = Vec::new();
            push_number(&mut out, value);
            assert_eq!(String::from_utf8(out).unwrap(), value.to_string());
        }
    }

    proptest! {
        #[test]
        fn an_escaped_value_is_read_back(value in any::<String>()) {
            let text = format!("\"{}\"", encoded(Encoding::Json, &value));
            prop_assert_eq!(serde_json::from_str::<String>(&text).unwrap(), value);
        }
    }
}
