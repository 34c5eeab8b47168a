//! What the head of a response says about its body and its connection.

use httparse::Header;

use super::fault::Fault;
use super::response::ParseError;

/// How the end of the body is found (RFC 9112, section 6.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Framing {
    /// So many bytes, possibly none.
    Length(u64),
    /// Chunks.
    Chunked,
    /// Everything until the connection closes.
    UntilClose,
}

/// The parts of a head that matter to the engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Head {
    pub framing: Framing,
    pub keep_alive: bool,
}

impl Head {
    /// Reads the fields of a final (not 1xx) response.
    pub fn read(status: u16, minor: u8, headers: &[Header<'_>], to_head: bool) -> Result<Self, ParseError> {
        let mut keep_alive = minor >= 1;
        let mut length: Option<u64> = None;
        let mut encoded = false;
        let mut chunked = false;
        for header in headers {
            // Most fields are told apart by their length alone.
            match header.name.len() {
                10 if header.name.eq_ignore_ascii_case("connection") => {
                    for token in tokens(header.value) {
                        if token.eq_ignore_ascii_case(b"close") {
                            keep_alive = false;
                        } else if token.eq_ignore_ascii_case(b"keep-alive") && minor == 0 {
                            keep_alive = true;
                        }
                    }
                }
                14 if header.name.eq_ignore_ascii_case("content-length") => {
                    let value = decimal(header.value).ok_or(ParseError::Bad(Fault::Length))?;
                    if length.is_some_and(|before| before != value) {
                        return Err(ParseError::Bad(Fault::Lengths));
                    }
                    length = Some(value);
                }
                17 if header.name.eq_ignore_ascii_case("transfer-encoding") => {
                    encoded = true;
                    chunked = tokens(header.value).last().is_some_and(|t| t.eq_ignore_ascii_case(b"chunked"));
                }
                _ => {}
            }
        }
        if status == 101 {
            // Nobody asked for another protocol: the connection is of no more use.
            return Ok(Self { framing: Framing::Length(0), keep_alive: false });
        }
        if to_head || status == 204 || status == 304 {
            return Ok(Self { framing: Framing::Length(0), keep_alive });
        }
        let framing = match (encoded, chunked, length) {
            (true, true, _) => Framing::Chunked,
            (true, false, _) | (false, _, None) => Framing::UntilClose,
            (false, _, Some(length)) => Framing::Length(length),
        };
        // Both fields at once smell of request smuggling: read by the chunks, then close.
        let ambiguous = encoded && length.is_some();
        Ok(Self { framing, keep_alive: keep_alive && !ambiguous && framing != Framing::UntilClose })
    }
}

fn tokens(value: &[u8]) -> impl Iterator<Item = &[u8]> {
    value.split(|&byte| byte == b',').map(<[u8]>::trim_ascii)
}

/// A number of decimal digits and nothing else.
fn decimal(value: &[u8]) -> Option<u64> {
    let value = value.trim_ascii();
    if value.is_empty() {
        return None;
    }
    value.iter().try_fold(0_u64, |number, &byte| {
        let digit = byte.checked_sub(b'0').filter(|&digit| digit <= 9)?;
        number.checked_mul(10)?.checked_add(u64::from(digit))
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn read(status: u16, minor: u8, fields: &[(&'static str, &'static str)]) -> Result<Head, ParseError> {
        let headers: Vec<_> =
            fields.iter().map(|&(name, value)| Header { name, value: value.as_bytes() }).collect();
        Head::read(status, minor, &headers, false)
    }

    fn head(framing: Framing, keep_alive: bool) -> Result<Head, ParseError> {
        Ok(Head { framing, keep_alive })
    }

    #[test]
    fn framing_follows_the_fields() {
        assert_eq!(read(200, 1, &[("Content-Length", "12")]), head(Framing::Length(12), true));
        assert_eq!(
            read(200, 1, &[("content-length", "5"), ("Content-Length", " 5")]).unwrap().framing,
            Framing::Length(5)
        );
        assert_eq!(read(200, 1, &[("Transfer-Encoding", "gzip, Chunked")]), head(Framing::Chunked, true));
        assert_eq!(read(200, 1, &[("Transfer-Encoding", "gzip")]), head(Framing::UntilClose, false));
        assert_eq!(read(200, 1, &[]), head(Framing::UntilClose, false));
        assert_eq!(read(204, 1, &[]), head(Framing::Length(0), true));
        assert_eq!(read(304, 1, &[("Content-Length", "9")]), head(Framing::Length(0), true));
        let both = [("Content-Length", "9"), ("Transfer-Encoding", "chunked")];
        assert_eq!(read(200, 1, &both), head(Framing::Chunked, false));
    }

    #[test]
    fn connection_follows_version_and_field() {
        let length = ("Content-Length", "0");
        assert!(!read(200, 1, &[length, ("Connection", "close")]).unwrap().keep_alive);
        assert!(!read(200, 1, &[length, ("Connection", "foo, Close")]).unwrap().keep_alive);
        assert!(!read(200, 0, &[length]).unwrap().keep_alive);
        assert!(read(200, 0, &[length, ("Connection", "Keep-Alive")]).unwrap().keep_alive);
        assert!(!read(101, 1, &[]).unwrap().keep_alive);
    }

    #[test]
    fn wrong_lengths_are_refused() {
        for value in ["", "-1", "1x", "5, 5", "99999999999999999999"] {
            assert_eq!(
                Head::read(200, 1, &[Header { name: "Content-Length", value: value.as_bytes() }], false),
                Err(ParseError::Bad(Fault::Length)),
                "{value}"
            );
        }
        let two = read(200, 1, &[("Content-Length", "5"), ("Content-Length", "6")]);
        assert_eq!(two, Err(ParseError::Bad(Fault::Lengths)));
    }
}
