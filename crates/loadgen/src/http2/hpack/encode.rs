//! Writing header fields: static entries where a name or a whole field is one, else literals without Huffman
//! code, which cost the other side least to read and us least to write.

use super::push_integer;
use super::static_table::{STATIC_TABLE, index_of};

/// A dynamic table size update to 0 (RFC 7541, section 6.3), put before the first field of a connection: the
/// encoder uses no dynamic table, whatever size the other side allows.
pub(crate) const EMPTY_TABLE: u8 = 0x20;

/// Fields whose values must not enter anybody's table (section 7.1.3).
const NEVER_INDEXED: [&[u8]; 3] = [b"authorization", b"proxy-authorization", b"cookie"];

/// Appends fields to a block.
#[derive(Debug)]
pub(crate) struct Encoder;

impl Encoder {
    /// Appends a field; `name` in lower case.
    pub fn field(out: &mut Vec<u8>, name: &[u8], value: &[u8]) {
        let first = if NEVER_INDEXED.contains(&name) { 0x10 } else { 0 };
        match index_of(name) {
            Some(index) => {
                // Entries of one name stand together.
                let mut same =
                    STATIC_TABLE[index - 1..].iter().take_while(|entry| entry.0.as_bytes() == name);
                if let Some(nth) = same.position(|entry| entry.1.as_bytes() == value) {
                    push_integer(out, 0x80, 7, index + nth);
                    return;
                }
                push_integer(out, first, 4, index);
            }
            None => {
                out.push(first);
                push_text(out, name);
            }
        }
        push_text(out, value);
    }
}

fn push_text(out: &mut Vec<u8>, text: &[u8]) {
    push_integer(out, 0, 7, text.len());
    out.extend_from_slice(text);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block(name: &str, value: &str) -> Vec<u8> {
        let mut out = Vec::new();
        Encoder::field(&mut out, name.as_bytes(), value.as_bytes());
        out
    }

    #[test]
    fn fields_take_their_shortest_form_and_secrets_are_never_indexed() {
        assert_eq!(block(":method", "GET"), b"\x82");
        assert_eq!(block(":path", "/sample/path"), b"\x04\x0c/sample/path");
        assert_eq!(block("password", "secret"), b"\x00\x08password\x06secret");
        assert_eq!(block("authorization", "x"), b"\x1f\x08\x01x");
        assert_eq!(block("accept-charset", ""), b"\x8f");
    }
}
