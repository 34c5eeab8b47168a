//! From a block of header fields to the head of a response (RFC 9113, sections 8.1 and 8.3).

use httparse::Header;

use super::hpack::{Fields, HpackError};

/// More fields than this in one head are refused, as in HTTP/1.1.
pub(super) const MAXIMUM_FIELDS: usize = 100;

/// What a block says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Head {
    /// The status; 0: there is none, as in trailers.
    pub status: u16,
    /// `content-length`.
    pub length: Option<u64>,
}

/// Why a block is no head.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum HeadError {
    /// It cannot be decoded: the connection is of no more use.
    Compression(HpackError),
    /// It breaks the rules of HTTP: this answer is of no use.
    Malformed(&'static str),
    /// Decoded it is larger than the limit, or it has too many fields.
    TooLarge,
}

impl From<HpackError> for HeadError {
    fn from(error: HpackError) -> Self {
        HeadError::Compression(error)
    }
}

/// Buffers for texts, used again and again.
#[derive(Debug, Default)]
pub(super) struct Texts {
    bytes: Vec<u8>,
    /// End of the name and end of the value of each field.
    ends: Vec<(usize, usize)>,
    scratch: Vec<u8>,
}

impl Texts {
    /// Reads `block`; keeps the texts of its regular fields if they are wanted of an answer with this status (0: of
    /// trailers), up to `limit` bytes.
    pub fn read(
        &mut self,
        block: &[u8],
        is_wanted: impl Fn(u16) -> bool,
        limit: usize,
    ) -> Result<Head, HeadError> {
        self.bytes.clear();
        self.ends.clear();
        let mut head = Head::default();
        let mut fields = Fields::new(block);
        let (mut count, mut regular, mut wanted) = (0, false, false);
        while let Some(field) = fields.next_field()? {
            count += 1;
            if count > MAXIMUM_FIELDS {
                return Err(HeadError::TooLarge);
            }
            if field.is_pseudo(&mut self.scratch)? {
                // The only one in responses is `:status`, once, before all others.
                match field.status(&mut self.scratch)? {
                    Some(Some(status)) if head.status == 0 && !regular => head.status = status,
                    Some(Some(_)) => return Err(HeadError::Malformed(":status again or out of its place")),
                    Some(None) => return Err(HeadError::Malformed(":status is no number of three digits")),
                    None => return Err(HeadError::Malformed("a pseudo-header that no response has")),
                }
                continue;
            }
            if !regular {
                regular = true;
                wanted = is_wanted(head.status);
            }
            if let Some(length) = field.content_length(&mut self.scratch)? {
                let length = length.ok_or(HeadError::Malformed("content-length is no number"))?;
                if head.length.is_some_and(|other| other != length) {
                    return Err(HeadError::Malformed("two different content-lengths"));
                }
                head.length = Some(length);
            }
            if wanted {
                let too_large = |error| match error {
                    HpackError::TooLarge => HeadError::TooLarge,
                    other => HeadError::Compression(other),
                };
                let from = self.bytes.len();
                field.name.append(&mut self.bytes, limit.saturating_sub(from)).map_err(too_large)?;
                let name = &self.bytes[from..];
                if name.is_empty() || !name.iter().all(|b| b.is_ascii_graphic() && !b.is_ascii_uppercase()) {
                    return Err(HeadError::Malformed("a field name that is none"));
                }
                let name_end = self.bytes.len();
                field.value.append(&mut self.bytes, limit.saturating_sub(name_end)).map_err(too_large)?;
                self.ends.push((name_end, self.bytes.len()));
            }
        }
        Ok(head)
    }

    /// Hands out the texts that were kept.
    pub fn with<R>(&self, then: impl FnOnce(&[Header<'_>]) -> R) -> R {
        if self.ends.is_empty() {
            return then(&[]);
        }
        let mut headers = [httparse::EMPTY_HEADER; MAXIMUM_FIELDS];
        let mut from = 0;
        for (header, &(name_end, value_end)) in headers.iter_mut().zip(&self.ends) {
            // Names are ASCII, as was checked.
            header.name = std::str::from_utf8(&self.bytes[from..name_end]).unwrap_or_default();
            header.value = &self.bytes[name_end..value_end];
            from = value_end;
        }
        then(&headers[..self.ends.len()])
    }
}
