//! Lines of an input, with their numbers, none of them longer than a bound.
//!
//! What is in a line is split by each format itself, where it is split at commas too: those fields are numbers and
//! hashes, never quoted. The crate `csv` has no bound on a record's length, and an unclosed quote would take the rest
//! of a trace of gigabytes into memory.

use std::io::{BufRead, ErrorKind};

use super::TraceError;

/// Longest line of a trace. A row of the Azure trace has 1444 fields, some 15 kB.
pub const MAX_LINE_BYTES: usize = 256 << 10;

/// Reads line by line into one buffer.
#[derive(Debug)]
pub(super) struct Lines<R> {
    input: R,
    line: Vec<u8>,
    number: u64,
}

impl<R: BufRead> Lines<R> {
    pub fn new(input: R) -> Self {
        Self { input, line: Vec::new(), number: 0 }
    }

    /// The next line that is neither blank nor a comment (`#`), without its ending and the blanks around it.
    pub fn next(&mut self) -> Result<Option<(u64, &[u8])>, TraceError> {
        while self.fill()? {
            let text = self.line.trim_ascii();
            if !text.is_empty() && text[0] != b'#' {
                break;
            }
        }
        let text = self.line.trim_ascii();
        Ok(if text.is_empty() || text[0] == b'#' { None } else { Some((self.number, text)) })
    }

    /// Reads one line; false at the end.
    fn fill(&mut self) -> Result<bool, TraceError> {
        self.line.clear();
        let mut any = false;
        loop {
            let read = match self.input.fill_buf() {
                Ok(read) => read,
                Err(e) if e.kind() == ErrorKind::Interrupted => continue,
                Err(source) => {
                    return Err(TraceError::Io { place: format!("line {}", self.number), source });
                }
            };
            if read.is_empty() {
                if !any {
                    return Ok(false);
                }
                break;
            }
            if !any {
                any = true;
                self.number += 1;
            }
            let end = read.iter().position(|b| *b == b'\n');
            let taken = end.map_or(read.len(), |at| at + 1);
            if self.line.len() + taken > MAX_LINE_BYTES {
                return Err(TraceError::LineTooLong { line: self.number });
            }
            self.line.extend_from_slice(&read[..taken]);
            self.input.consume(taken);
            if end.is_some() {
                break;
            }
        }
        // What some spreadsheets write before the first line.
        if self.number == 1 && self.line.starts_with(BYTE_ORDER_MARK) {
            self.line.drain(..BYTE_ORDER_MARK.len());
        }
        Ok(true)
    }
}

/// U+FEFF in UTF-8.
const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

/// A field as a finite number.
pub(super) fn number(field: &[u8]) -> Option<f64> {
    let text = std::str::from_utf8(field.trim_ascii()).ok()?;
    text.parse().ok().filter(|n: &f64| n.is_finite())
}

/// A field as text for a message: short, and without anything a terminal would act on.
pub(super) fn shown(field: &[u8]) -> String {
    let text = String::from_utf8_lossy(&field[..field.len().min(60)]);
    let mut shown: String = text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect();
    if field.len() > 60 {
        shown.push_str("...");
    }
    shown
}
