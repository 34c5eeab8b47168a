//! Chunked bodies (RFC 9112, section 7.1), with extensions and trailers skipped within bounds.

use super::fault::Fault;
use super::response::ParseError;

/// Most bytes of extensions accepted in one body, over all of its chunks: otherwise a small body could cost
/// any number of bytes.
const MAXIMUM_EXTENSION_BYTES: u32 = 16 << 10;

/// The reader of a chunked body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Chunked {
    at: At,
    extension_bytes: u32,
}

/// Where in a chunked body the reader stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum At {
    /// In the digits of a size.
    Size { value: u64, digits: u8 },
    /// After the digits, before the end of the line.
    Extension { value: u64 },
    /// After the CR of a size line.
    SizeEnd { value: u64 },
    /// In the data.
    Data { remaining: u64 },
    /// After the data, before its CR.
    DataCr,
    /// After the CR of the data.
    DataLf,
    /// In the trailers: bytes of the current line, and of all of them.
    Trailer { line_bytes: u32, all_bytes: u32 },
}

/// What a step through the input came to.
pub(super) enum Step<'a> {
    /// Input used up.
    More,
    /// Data of the body; `rest` is still to be read.
    Data { data: &'a [u8], rest: &'a [u8] },
    /// The body is complete; `rest` does not belong to it.
    End { rest: &'a [u8] },
}

impl Chunked {
    pub fn start() -> Self {
        Self { at: At::Size { value: 0, digits: 0 }, extension_bytes: 0 }
    }

    /// Reads on until there is data, the end, or no more input.
    pub fn step<'a>(&mut self, mut input: &'a [u8], max_trailer_bytes: u32) -> Result<Step<'a>, ParseError> {
        loop {
            if let At::Data { remaining } = self.at {
                let here = usize::try_from(remaining).unwrap_or(usize::MAX).min(input.len());
                if here > 0 || remaining == 0 {
                    let (data, rest) = input.split_at(here);
                    let remaining = remaining - here as u64;
                    self.at = if remaining == 0 { At::DataCr } else { At::Data { remaining } };
                    return Ok(Step::Data { data, rest });
                }
            }
            let Some((&byte, rest)) = input.split_first() else { return Ok(Step::More) };
            input = rest;
            if self.byte(byte, max_trailer_bytes)? {
                return Ok(Step::End { rest });
            }
        }
    }

    /// Takes one byte outside the data. Whether it ended the body.
    fn byte(&mut self, byte: u8, max_trailer_bytes: u32) -> Result<bool, ParseError> {
        self.at = match (self.at, byte) {
            (At::Size { value, digits }, _) => match (hex(byte), byte) {
                (Some(digit), _) if digits < 15 => {
                    At::Size { value: value << 4 | u64::from(digit), digits: digits + 1 }
                }
                (None, b'\r') if digits > 0 => At::SizeEnd { value },
                (None, b';' | b' ' | b'\t') if digits > 0 => {
                    self.count_extension()?;
                    At::Extension { value }
                }
                _ => return Err(ParseError::Bad(Fault::ChunkSize)),
            },
            (At::Extension { value }, b'\r') => At::SizeEnd { value },
            (At::Extension { value }, _) if byte != b'\n' => {
                self.count_extension()?;
                At::Extension { value }
            }
            (At::SizeEnd { value: 0 }, b'\n') => At::Trailer { line_bytes: 0, all_bytes: 0 },
            (At::SizeEnd { value }, b'\n') => At::Data { remaining: value },
            (At::DataCr, b'\r') => At::DataLf,
            (At::DataLf, b'\n') => At::Size { value: 0, digits: 0 },
            (At::Trailer { line_bytes: 0, .. }, b'\n') => return Ok(true),
            (At::Trailer { all_bytes, .. }, _) if all_bytes >= max_trailer_bytes => {
                return Err(ParseError::HeaderTooLarge);
            }
            (At::Trailer { all_bytes, .. }, b'\n') => At::Trailer { line_bytes: 0, all_bytes: all_bytes + 1 },
            // A CR alone does not make a line: the LF after it may still end the trailers.
            (At::Trailer { line_bytes, all_bytes }, b'\r') => {
                At::Trailer { line_bytes, all_bytes: all_bytes + 1 }
            }
            (At::Trailer { line_bytes, all_bytes }, _) => {
                At::Trailer { line_bytes: line_bytes + 1, all_bytes: all_bytes + 1 }
            }
            _ => return Err(ParseError::Bad(Fault::ChunkEnd)),
        };
        Ok(false)
    }

    fn count_extension(&mut self) -> Result<(), ParseError> {
        self.extension_bytes += 1;
        if self.extension_bytes > MAXIMUM_EXTENSION_BYTES {
            return Err(ParseError::HeaderTooLarge);
        }
        Ok(())
    }
}

fn hex(byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        b'A'..=b'F' => Some(byte - b'A' + 10),
        _ => None,
    }
}
