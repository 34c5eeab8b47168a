//! The body of an answer: as long as its length says, in chunks, or to the end of the connection. One that ends before its
//! end is an error, never a short body.

use std::io::{BufRead, Error, ErrorKind, Read};

/// Longest line between chunks, bytes.
const LONGEST_LINE: u64 = 4096;

pub(super) enum Framing {
    /// Bytes still to come.
    Length(u64),
    /// Bytes still to come of the present chunk; whether one was begun; whether the last was seen.
    Chunked { left: u64, begun: bool, done: bool },
    /// To the end of the connection.
    ToEnd,
}

impl Framing {
    pub(super) fn chunked() -> Self {
        Self::Chunked { left: 0, begun: false, done: false }
    }
}

pub(super) struct Body {
    pub(super) input: Box<dyn BufRead>,
    pub(super) framing: Framing,
}

fn cut() -> Error {
    Error::new(ErrorKind::UnexpectedEof, "the connection ended in the middle of the answer")
}

impl Read for Body {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        if into.is_empty() {
            return Ok(0);
        }
        match &mut self.framing {
            Framing::ToEnd => self.input.read(into),
            Framing::Length(0) => Ok(0),
            Framing::Length(left) => {
                let n = part(&mut *self.input, into, *left)?;
                *left -= n as u64;
                Ok(n)
            }
            Framing::Chunked { done: true, .. } => Ok(0),
            Framing::Chunked { left, begun, done } => {
                if *left == 0 {
                    if *begun && !line(&mut *self.input)?.is_empty() {
                        return Err(Error::new(ErrorKind::InvalidData, "a chunk is longer than it says"));
                    }
                    *begun = true;
                    *left = size(&line(&mut *self.input)?)?;
                    if *left == 0 {
                        // Headers behind the body, to an empty line.
                        while !line(&mut *self.input)?.is_empty() {}
                        *done = true;
                        return Ok(0);
                    }
                }
                let n = part(&mut *self.input, into, *left)?;
                *left -= n as u64;
                Ok(n)
            }
        }
    }
}

fn part(input: &mut dyn BufRead, into: &mut [u8], left: u64) -> std::io::Result<usize> {
    let most = into.len().min(usize::try_from(left).unwrap_or(usize::MAX));
    match input.read(&mut into[..most])? {
        0 => Err(cut()),
        n => Ok(n),
    }
}

fn line(input: &mut dyn BufRead) -> std::io::Result<String> {
    let mut bytes = Vec::new();
    input.take(LONGEST_LINE).read_until(b'\n', &mut bytes)?;
    if bytes.pop() != Some(b'\n') {
        return Err(cut());
    }
    if bytes.last() == Some(&b'\r') {
        bytes.pop();
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn size(line: &str) -> std::io::Result<u64> {
    let digits = line.split(';').next().unwrap_or_default().trim();
    let wrong = || Error::new(ErrorKind::InvalidData, format!("`{digits}` is no length of a chunk"));
    if digits.starts_with('+') {
        return Err(wrong());
    }
    u64::from_str_radix(digits, 16).map_err(|_| wrong())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::io::Cursor;

    use super::*;

    fn all(text: &'static str, framing: Framing) -> Result<String, String> {
        let mut out = String::new();
        let mut body = Body { input: Box::new(Cursor::new(text)), framing };
        body.read_to_string(&mut out).map_err(|e| e.to_string())?;
        Ok(out)
    }

    #[test]
    fn a_body_is_as_long_as_it_says_or_an_error() {
        assert_eq!(all("abcdef", Framing::Length(4)).unwrap(), "abcd");
        assert!(all("abc", Framing::Length(4)).unwrap_err().contains("middle"));
        assert_eq!(all("abc", Framing::ToEnd).unwrap(), "abc");
        let chunks = "3\r\nabc\r\nA;x=y\r\n0123456789\r\n0\r\nTrailer: x\r\n\r\nmore";
        assert_eq!(all(chunks, Framing::chunked()).unwrap(), "abc0123456789");
        for cut in ["", "3", "3\r\nab", "3\r\nabc", "3\r\nabc\r\n", "3\r\nabc\r\n0\r\n"] {
            assert!(all(cut, Framing::chunked()).unwrap_err().contains("middle"), "{cut:?}");
        }
        assert!(all("3\r\nabcd\r\n", Framing::chunked()).unwrap_err().contains("longer"));
        assert!(all("x\r\n", Framing::chunked()).unwrap_err().contains("no length"));
    }
}
