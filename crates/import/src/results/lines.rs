//! Lines of a file of any size, one at a time.

use std::io::{self, BufRead};

use super::remarks::Remarks;

/// Longest line that is kept, bytes: far beyond any that a tool writes, and nothing that hurts.
const MAX_BYTES: usize = 1 << 20;

/// A file, line by line.
pub struct Lines<'a> {
    input: Box<dyn BufRead + 'a>,
    number: u64,
    raw: Vec<u8>,
}

/// What is said of a line beside its text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Line {
    /// Its number, from 1.
    pub number: u64,
    /// Whether it has its end: the last line of a file that was cut has none.
    pub whole: bool,
}

impl<'a> Lines<'a> {
    /// The lines of an input.
    pub fn new(input: impl BufRead + 'a) -> Self {
        Self { input: Box::new(input), number: 0, raw: Vec::new() }
    }

    /// The next line into `text`, without its end and without a byte order mark; `None` at the end of the file.
    ///
    /// # Errors
    /// What the system says.
    pub fn next(&mut self, text: &mut String, remarks: &mut Remarks) -> io::Result<Option<Line>> {
        loop {
            self.raw.clear();
            let (read, whole, long) = self.fill()?;
            if !read {
                return Ok(None);
            }
            self.number += 1;
            if long {
                remarks.note(self.number, "a line longer than 1 MiB, left out", String::new);
                continue;
            }
            let bytes = self.raw.strip_suffix(b"\r").unwrap_or(&self.raw);
            let bytes = match self.number {
                1 => bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes),
                _ => bytes,
            };
            text.clear();
            match std::str::from_utf8(bytes) {
                Ok(line) => text.push_str(line),
                Err(_) => {
                    remarks.note(
                        self.number,
                        "bytes that are no UTF-8, read as if they were `\u{fffd}`",
                        String::new,
                    );
                    text.push_str(&String::from_utf8_lossy(bytes));
                }
            }
            return Ok(Some(Line { number: self.number, whole }));
        }
    }

    /// One line without `\n`: whether there was any byte, whether it had its end, whether it was too long.
    fn fill(&mut self) -> io::Result<(bool, bool, bool)> {
        let (mut read, mut long) = (false, false);
        loop {
            let buffer = match self.input.fill_buf() {
                Ok(buffer) => buffer,
                Err(e) if e.kind() == io::ErrorKind::Interrupted => continue,
                Err(e) => return Err(e),
            };
            if buffer.is_empty() {
                return Ok((read, false, long));
            }
            read = true;
            let end = buffer.iter().position(|byte| *byte == b'\n');
            let part = &buffer[..end.unwrap_or(buffer.len())];
            if self.raw.len() + part.len() > MAX_BYTES {
                long = true;
            } else if !long {
                self.raw.extend_from_slice(part);
            }
            let used = part.len() + usize::from(end.is_some());
            self.input.consume(used);
            if end.is_some() {
                return Ok((true, true, long));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn all(bytes: &[u8]) -> (Vec<(u64, bool, String)>, Vec<String>) {
        let (mut lines, mut remarks, mut text, mut out) =
            (Lines::new(bytes), Remarks::default(), String::new(), Vec::new());
        while let Some(line) = lines.next(&mut text, &mut remarks).unwrap() {
            out.push((line.number, line.whole, text.clone()));
        }
        (out, remarks.into_all().iter().map(ToString::to_string).collect())
    }

    #[test]
    fn ends_of_either_kind_a_mark_and_a_cut_are_seen() {
        let (lines, remarks) = all(b"\xef\xbb\xbfa,b\r\n\n1,2\n3,");
        let texts: Vec<_> = lines.iter().map(|l| (l.0, l.1, l.2.as_str())).collect();
        assert_eq!(texts, [(1, true, "a,b"), (2, true, ""), (3, true, "1,2"), (4, false, "3,")]);
        assert!(remarks.is_empty());
        assert_eq!(all(b""), (Vec::new(), Vec::new()));
    }

    #[test]
    fn a_line_without_an_end_takes_no_memory_and_bytes_that_are_no_text_are_told() {
        let mut bytes = vec![b'x'; 3 << 20];
        bytes.extend_from_slice(b"\nok\n\xff\n");
        let (lines, remarks) = all(&bytes);
        assert_eq!(lines, [(2, true, "ok".to_owned()), (3, true, "\u{fffd}".to_owned())]);
        assert!(remarks[0].contains(":1: a line longer than 1 MiB") && remarks[1].contains(":3: bytes"));
    }
}
