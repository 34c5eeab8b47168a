//! Reading a block of header fields. Texts are decoded only if they are asked for.

use super::static_table::{CONTENT_LENGTH, STATUS_200, STATUSES, entry};
use super::{HpackError, huffman, take_integer};

/// A text as it stands in the block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Text<'a> {
    /// Of the static table.
    Static(&'static str),
    /// As it is.
    Plain(&'a [u8]),
    /// In Huffman code.
    Huffman(&'a [u8]),
}

/// A header field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Field<'a> {
    /// Index of the static entry that has the name; 0: the name is a literal.
    index: usize,
    /// The name.
    pub name: Text<'a>,
    /// The value.
    pub value: Text<'a>,
}

/// The fields of a block, one after the other.
#[derive(Debug)]
pub(crate) struct Fields<'a> {
    rest: &'a [u8],
    at_start: bool,
}

impl<'a> Fields<'a> {
    /// The fields of `block`.
    pub fn new(block: &'a [u8]) -> Self {
        Self { rest: block, at_start: true }
    }

    /// The next field; `None` at the end.
    ///
    /// # Errors
    /// The rest cannot be decoded.
    pub fn next_field(&mut self) -> Result<Option<Field<'a>>, HpackError> {
        loop {
            let Some(&first) = self.rest.first() else { return Ok(None) };
            if first & 0xe0 == 0x20 {
                // A new size of the dynamic table: only 0 was allowed (section 4.2 and 6.3).
                let size = take_integer(&mut self.rest, 5)?;
                if size > 0 || !self.at_start {
                    return Err(HpackError::TableSize);
                }
                continue;
            }
            self.at_start = false;
            if first & 0x80 != 0 {
                let index = take_integer(&mut self.rest, 7)?;
                let (name, value) = entry(index).ok_or(HpackError::Index)?;
                return Ok(Some(Field { index, name: Text::Static(name), value: Text::Static(value) }));
            }
            // With indexing (a table without room stays empty), without, or never indexed.
            let prefix = if first & 0x40 != 0 { 6 } else { 4 };
            let index = take_integer(&mut self.rest, prefix)?;
            let name = match index {
                0 => self.text()?,
                _ => Text::Static(entry(index).ok_or(HpackError::Index)?.0),
            };
            let value = self.text()?;
            return Ok(Some(Field { index, name, value }));
        }
    }

    fn text(&mut self) -> Result<Text<'a>, HpackError> {
        let is_huffman = self.rest.first().ok_or(HpackError::Truncated)? & 0x80 != 0;
        let length = take_integer(&mut self.rest, 7)?;
        let (text, rest) = self.rest.split_at_checked(length).ok_or(HpackError::Truncated)?;
        self.rest = rest;
        Ok(if is_huffman { Text::Huffman(text) } else { Text::Plain(text) })
    }
}

impl Text<'_> {
    /// Appends the text to `out`, which grows by at most `limit` octets.
    ///
    /// # Errors
    /// It is not Huffman code or too long.
    pub fn append(self, out: &mut Vec<u8>, limit: usize) -> Result<(), HpackError> {
        let plain = match self {
            Text::Static(text) => text.as_bytes(),
            Text::Plain(text) => text,
            Text::Huffman(code) => return huffman::decode(code, out, limit),
        };
        if plain.len() > limit {
            return Err(HpackError::TooLarge);
        }
        out.extend_from_slice(plain);
        Ok(())
    }

    /// The number it writes with at most 19 decimal digits, if it is one.
    fn number(self, scratch: &mut Vec<u8>) -> Result<Option<u64>, HpackError> {
        scratch.clear();
        match self.append(scratch, 19) {
            Err(HpackError::TooLarge) => return Ok(None),
            other => other?,
        }
        let digits = !scratch.is_empty() && scratch.iter().all(u8::is_ascii_digit);
        Ok(digits.then(|| scratch.iter().fold(0, |number, digit| number * 10 + u64::from(digit - b'0'))))
    }
}

impl Field<'_> {
    /// Whether the name begins with a colon.
    pub fn is_pseudo(&self, scratch: &mut Vec<u8>) -> Result<bool, HpackError> {
        match self.name {
            Text::Static(name) => Ok(name.starts_with(':')),
            Text::Plain(name) => Ok(name.first() == Some(&b':')),
            Text::Huffman(code) => {
                // The code of the colon is 1011100: no other text begins with these bits.
                scratch.clear();
                Ok(code.first().is_some_and(|first| first >> 1 == 0b101_1100))
            }
        }
    }

    /// Whether this is `:status`: the status it tells, or `None` in it if it tells none.
    pub fn status(&self, scratch: &mut Vec<u8>) -> Result<Option<Option<u16>>, HpackError> {
        // Indexed fields with a whole entry come as static values.
        if let (Text::Static(_), Some(at)) = (self.value, self.index.checked_sub(STATUS_200))
            && let Some(status) = STATUSES.get(at)
        {
            return Ok(Some(Some(*status)));
        }
        let named = match self.name {
            Text::Static(name) => name == ":status",
            literal => {
                scratch.clear();
                let text = literal.append(scratch, 7);
                text != Err(HpackError::TooLarge) && text.map(|()| scratch == b":status")?
            }
        };
        if !named {
            return Ok(None);
        }
        let status = self.value.number(scratch)?.filter(|_| scratch.len() == 3);
        Ok(Some(status.map(|status| status as u16).filter(|status| (100..=999).contains(status))))
    }

    /// Whether this is `content-length` by its index or a literal name: the length it tells, or `None` in it
    /// if that is no number.
    pub fn content_length(&self, scratch: &mut Vec<u8>) -> Result<Option<Option<u64>>, HpackError> {
        let named = match self.name {
            Text::Static(_) => self.index == CONTENT_LENGTH,
            Text::Plain(name) => name == b"content-length",
            // In Huffman code the name has 11 octets.
            Text::Huffman(code) if code.len() != 11 => false,
            literal => {
                scratch.clear();
                let text = literal.append(scratch, 14);
                text != Err(HpackError::TooLarge) && text.map(|()| scratch == b"content-length")?
            }
        };
        if !named {
            return Ok(None);
        }
        Ok(Some(self.value.number(scratch)?))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use proptest::prelude::*;

    use super::super::Encoder;
    use super::*;

    fn all(block: &[u8]) -> Result<Vec<(String, String)>, HpackError> {
        let mut fields = Fields::new(block);
        let mut list = Vec::new();
        let text = |text: Text<'_>| {
            let mut out = Vec::new();
            text.append(&mut out, 1000).map(|()| String::from_utf8_lossy(&out).into_owned())
        };
        while let Some(field) = fields.next_field()? {
            list.push((text(field.name)?, text(field.value)?));
        }
        Ok(list)
    }

    fn pairs(list: &[(&str, &str)]) -> Vec<(String, String)> {
        list.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn the_literals_of_appendix_c_2() {
        let with_indexing = b"\x40\x0acustom-key\x0dcustom-header";
        assert_eq!(all(with_indexing).unwrap(), pairs(&[("custom-key", "custom-header")]));
        assert_eq!(all(b"\x04\x0c/sample/path").unwrap(), pairs(&[(":path", "/sample/path")]));
        assert_eq!(all(b"\x10\x08password\x06secret").unwrap(), pairs(&[("password", "secret")]));
        assert_eq!(all(b"\x82").unwrap(), pairs(&[(":method", "GET")]));
    }

    #[test]
    fn the_first_requests_and_responses_of_appendix_c() {
        let request =
            [(":method", "GET"), (":scheme", "http"), (":path", "/"), (":authority", "www.example.com")];
        assert_eq!(all(b"\x82\x86\x84\x41\x0fwww.example.com").unwrap(), pairs(&request));
        let huffman = b"\x82\x86\x84\x41\x8c\xf1\xe3\xc2\xe5\xf2\x3a\x6b\xa0\xab\x90\xf4\xff";
        assert_eq!(all(huffman).unwrap(), pairs(&request));
        let response = [
            (":status", "302"),
            ("cache-control", "private"),
            ("date", "Mon, 21 Oct 2013 20:13:21 GMT"),
            ("location", "https://www.example.com"),
        ];
        let plain =
            b"\x48\x03302\x58\x07private\x61\x1dMon, 21 Oct 2013 20:13:21 GMT\x6e\x17https://www.example.com";
        assert_eq!(all(plain).unwrap(), pairs(&response));
        let huffman = b"\x48\x82\x64\x02\x58\x85\xae\xc3\x77\x1a\x4b\x61\x96\xd0\x7a\xbe\x94\x10\x54\xd4\x44\xa8\
                        \x20\x05\x95\x04\x0b\x81\x66\xe0\x82\xa6\x2d\x1b\xff\x6e\x91\x9d\x29\xad\x17\x18\x63\xc7\
                        \x8f\x0b\x97\xc8\xe9\xae\x82\xae\x43\xd3";
        assert_eq!(all(huffman).unwrap(), pairs(&response));
    }

    #[test]
    fn sizes_of_the_table_only_at_the_start_and_only_0() {
        assert_eq!(all(b"\x20\x20\x82").unwrap().len(), 1);
        assert_eq!(all(b"\x82\x20").unwrap_err(), HpackError::TableSize);
        assert_eq!(all(b"\x3f\xe1\x1f\x82").unwrap_err(), HpackError::TableSize);
    }

    #[test]
    fn wrong_indices_and_ends_are_refused() {
        for index in [0x80, 0xbe] {
            assert_eq!(all(&[index]).unwrap_err(), HpackError::Index);
        }
        assert_eq!(all(b"\x7e\x01a").unwrap_err(), HpackError::Index);
        for cut in 1..b"\x40\x0acustom-key\x0dcustom-header".len() {
            let cut = &b"\x40\x0acustom-key\x0dcustom-header"[..cut];
            assert_eq!(all(cut).unwrap_err(), HpackError::Truncated);
        }
    }

    #[test]
    fn statuses_and_lengths_are_found_in_every_form() {
        let mut scratch = Vec::new();
        let first = |block: &[u8]| Fields::new(block).next_field().map(|field| field.is_some());
        assert!(first(b"\x88").unwrap());
        let mut status = |block: &'static [u8]| {
            Fields::new(block).next_field().unwrap().unwrap().status(&mut scratch).unwrap()
        };
        assert_eq!(status(b"\x88"), Some(Some(200)));
        assert_eq!(status(b"\x8e"), Some(Some(500)));
        assert_eq!(status(b"\x48\x82\x64\x02"), Some(Some(302)));
        assert_eq!(status(b"\x08\x03503"), Some(Some(503)));
        assert_eq!(status(b"\x00\x07:status\x03418"), Some(Some(418)));
        for wrong in [&b"\x08\x0209"[..], b"\x08\x040200", b"\x08\x03abc", b"\x08\x03099"] {
            assert_eq!(status(wrong), Some(None), "{wrong:?}");
        }
        assert_eq!(status(b"\x0f\x0d\x0213"), None);
        let mut length = |block: &'static [u8]| {
            Fields::new(block).next_field().unwrap().unwrap().content_length(&mut scratch).unwrap()
        };
        assert_eq!(length(b"\x0f\x0d\x0213"), Some(Some(13)));
        assert_eq!(length(b"\x00\x0econtent-length\x0213"), Some(Some(13)));
        assert_eq!(length(b"\x0f\x0d\x02-1"), Some(None));
        assert_eq!(length(b"\x88"), None);
    }

    proptest! {
        #[test]
        fn what_is_encoded_is_decoded(list in prop::collection::vec(("[a-z-]{1,20}", "[ -~]{0,200}"), 0..10)) {
            let mut block = Vec::new();
            for (name, value) in &list {
                Encoder::field(&mut block, name.as_bytes(), value.as_bytes());
            }
            prop_assert_eq!(all(&block).unwrap(), list);
        }

        #[test]
        fn junk_ends(junk in prop::collection::vec(any::<u8>(), 0..300)) {
            let mut scratch = Vec::new();
            let mut fields = Fields::new(&junk);
            let mut count = 0;
            while let Ok(Some(field)) = fields.next_field() {
                let _ = (field.status(&mut scratch), field.content_length(&mut scratch));
                let _ = field.is_pseudo(&mut scratch);
                count += 1;
            }
            prop_assert!(count <= junk.len());
        }
    }
}
