//! Compression of header fields (HPACK, RFC 7541), without a dynamic table in either direction.
//!
//! What the other side sends: its encoder is told that our table has no room (`SETTINGS_HEADER_TABLE_SIZE` 0),
//! so every field is a static entry or a literal, and a block can be skipped without decoding its texts. What
//! is sent: static entries and literals, so that a constant request is one constant block on any connection.

mod decode;
mod encode;
mod huffman;
mod static_table;

pub(crate) use decode::Fields;
pub(crate) use encode::{EMPTY_TABLE, Encoder};

use thiserror::Error;

/// Why a block of header fields cannot be decoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub(crate) enum HpackError {
    /// The block ends within a field.
    #[error("the block of header fields ends within a field")]
    Truncated,
    /// An integer too large to be meant.
    #[error("an integer in a block of header fields is too large")]
    Integer,
    /// An index beyond the static table: there is no dynamic one.
    #[error("a header field refers to an entry that is not in the table")]
    Index,
    /// A size of the dynamic table above what was allowed (0), or not at the beginning of a block.
    #[error("the dynamic table is given a size that was not allowed")]
    TableSize,
    /// A text that is not Huffman code.
    #[error("a header field is not Huffman code")]
    Huffman,
    /// A text longer than the limit.
    #[error("a header field is too large")]
    TooLarge,
}

/// Appends an integer with a prefix of `prefix` bits; `first` holds the bits before it (section 5.1).
fn push_integer(out: &mut Vec<u8>, first: u8, prefix: u32, value: usize) {
    let most = (1_usize << prefix) - 1;
    if value < most {
        out.push(first | value as u8);
        return;
    }
    out.push(first | most as u8);
    let mut rest = value - most;
    while rest >= 128 {
        out.push(rest as u8 | 128);
        rest >>= 7;
    }
    out.push(rest as u8);
}

/// Takes an integer with a prefix of `prefix` bits off the beginning of `bytes`.
fn take_integer(bytes: &mut &[u8], prefix: u32) -> Result<usize, HpackError> {
    let (&first, mut rest) = bytes.split_first().ok_or(HpackError::Truncated)?;
    let most = (1_usize << prefix) - 1;
    let mut value = usize::from(first) & most;
    if value == most {
        let mut shift = 0;
        loop {
            let (&byte, after) = rest.split_first().ok_or(HpackError::Truncated)?;
            rest = after;
            // Nothing here is longer than a block: 4 octets hold what can be meant, also for those who pad
            // with zeros.
            if shift > 21 {
                return Err(HpackError::Integer);
            }
            value += usize::from(byte & 127) << shift;
            shift += 7;
            if byte & 128 == 0 {
                break;
            }
        }
    }
    *bytes = rest;
    Ok(value)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use proptest::prelude::*;

    use super::*;

    fn integer(prefix: u32, value: usize) -> Vec<u8> {
        let mut out = Vec::new();
        push_integer(&mut out, 0, prefix, value);
        out
    }

    #[test]
    fn the_integers_of_appendix_c() {
        assert_eq!(integer(5, 10), [0b01010]);
        assert_eq!(integer(5, 1337), [0b11111, 0b1001_1010, 0b0000_1010]);
        assert_eq!(integer(8, 42), [42]);
    }

    #[test]
    fn endless_integers_are_refused() {
        let mut bytes: &[u8] = &[0x7f, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0];
        assert_eq!(take_integer(&mut bytes, 7), Err(HpackError::Integer));
        assert_eq!(take_integer(&mut &[0x7f_u8, 0x80][..], 7), Err(HpackError::Truncated));
    }

    proptest! {
        #[test]
        fn integers_come_back(prefix in 1_u32..9, value in 0_usize..200_000_000) {
            let bytes = integer(prefix, value);
            let mut rest = &bytes[..];
            prop_assert_eq!(take_integer(&mut rest, prefix).unwrap(), value);
            prop_assert!(rest.is_empty());
        }
    }
}
