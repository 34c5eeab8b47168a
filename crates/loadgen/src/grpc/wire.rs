//! The encoding of Protocol Buffers: tags, numbers, and lengths (<https://protobuf.dev/programming-guides/encoding/>).

/// A field as it stands in a message.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Raw<'a> {
    /// A number of variable length.
    Varint(u64),
    /// Eight bytes.
    Fixed64(u64),
    /// Bytes with a length.
    Bytes(&'a [u8]),
    /// Four bytes.
    Fixed32(u32),
}

/// Takes a number of variable length.
pub(super) fn take_varint(bytes: &mut &[u8]) -> Option<u64> {
    let mut value = 0_u64;
    for shift in (0..70).step_by(7) {
        let (&byte, rest) = bytes.split_first()?;
        *bytes = rest;
        // The tenth byte has room for one bit.
        if shift == 63 && byte > 1 {
            return None;
        }
        value |= u64::from(byte & 0x7F) << shift;
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

/// Takes four bytes.
pub(super) fn take_fixed32(bytes: &mut &[u8]) -> Option<u32> {
    let (value, rest) = bytes.split_first_chunk()?;
    *bytes = rest;
    Some(u32::from_le_bytes(*value))
}

/// Takes eight bytes.
pub(super) fn take_fixed64(bytes: &mut &[u8]) -> Option<u64> {
    let (value, rest) = bytes.split_first_chunk()?;
    *bytes = rest;
    Some(u64::from_le_bytes(*value))
}

/// The fields of a message; `None` in place of one that is broken, then nothing.
pub(super) struct Fields<'a> {
    rest: &'a [u8],
}

impl<'a> Fields<'a> {
    pub fn new(message: &'a [u8]) -> Self {
        Self { rest: message }
    }

    fn take(&mut self) -> Option<(u32, Raw<'a>)> {
        let tag = take_varint(&mut self.rest)?;
        let number = u32::try_from(tag >> 3).ok().filter(|number| *number > 0)?;
        let raw = match tag & 7 {
            0 => Raw::Varint(take_varint(&mut self.rest)?),
            1 => Raw::Fixed64(take_fixed64(&mut self.rest)?),
            2 => {
                let length = usize::try_from(take_varint(&mut self.rest)?).ok()?;
                let (bytes, rest) = self.rest.split_at_checked(length)?;
                self.rest = rest;
                Raw::Bytes(bytes)
            }
            5 => Raw::Fixed32(take_fixed32(&mut self.rest)?),
            // Groups, which proto2 gave up before gRPC began.
            _ => return None,
        };
        Some((number, raw))
    }
}

impl<'a> Iterator for Fields<'a> {
    type Item = Option<(u32, Raw<'a>)>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let field = self.take();
        if field.is_none() {
            self.rest = &[];
        }
        Some(field)
    }
}

/// Appends a number of variable length.
pub(super) fn push_varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// Appends a tag.
pub(super) fn push_tag(out: &mut Vec<u8>, number: u32, wire_type: u8) {
    push_varint(out, u64::from(number) << 3 | u64::from(wire_type));
}

/// Appends bytes with their tag and length.
pub(super) fn push_bytes(out: &mut Vec<u8>, number: u32, bytes: &[u8]) {
    push_tag(out, number, 2);
    push_varint(out, bytes.len() as u64);
    out.extend_from_slice(bytes);
}
