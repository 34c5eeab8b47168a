//! Answers of Prometheus' HTTP API (`query`, `query_range`), read as they come: of an answer of any length one series is
//! held at a time.
//!
//! What is read is what was written: NaN and infinities are kept, warnings are kept, and an answer that ends early, holds
//! what is no number, or is of another program is an error. Others that speak this API (Thanos, Mimir, VictoriaMetrics)
//! order its keys otherwise and add some; those that are not known are passed over, `isPartial` is not.

mod result;
#[cfg(test)]
mod tests;

use std::cell::Cell;
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read};

use result::{Reading, Whole};
use serde::de::DeserializeSeed;
use serde_json::error::Category;

/// Bytes read at once.
const BUFFER: usize = 1 << 16;
/// Most bytes until a series ends: of a text, or of samples, without an end memory must have one. Half a million samples.
const LARGEST_SERIES: u64 = 1 << 24;

/// Labels of a series, `__name__` among them.
pub type Labels = BTreeMap<String, String>;

/// A sample as Prometheus keeps it: whole milliseconds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    /// When, Unix milliseconds.
    pub t_ms: i64,
    /// What.
    pub value: f64,
}

/// Takes a series with its samples, in the order of their times as they were told.
pub type Each<'a> = dyn FnMut(&Labels, &[Point]) -> std::io::Result<()> + 'a;

/// What an answer says beside its series.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Answer {
    /// Whether it is one of success.
    pub is_success: bool,
    /// The kind of an error, for example `bad_data`; empty without one.
    pub error_type: String,
    /// What the error says.
    pub error: String,
    /// What Prometheus, or who gathered for it, warns of.
    pub warnings: Vec<String>,
    /// What it remarks on the query.
    pub infos: Vec<String>,
    /// Whether it says itself that something of it is missing.
    pub is_partial: bool,
    /// Series in it.
    pub series: u64,
    /// Samples in it.
    pub samples: u64,
}

/// Why an answer cannot be read to its end.
#[derive(Debug, thiserror::Error)]
pub enum AnswerError {
    /// It ended before its end.
    #[error("the answer ends early, after {0} bytes")]
    Cut(u64),
    /// It begins like no object.
    #[error("the answer is no JSON: it begins with {0}, not with `{{`")]
    NotJson(String),
    /// It was damaged on its way.
    #[error("the answer is damaged: {0}")]
    Damaged(String),
    /// JSON of something else.
    #[error("the answer is JSON, but none of Prometheus: {0}")]
    NotAnswer(&'static str),
    /// Something in it is no number over time.
    #[error("the answer cannot be kept: {0}")]
    NotNumbers(String),
    /// The connection ended, or whoever takes the series failed.
    #[error(transparent)]
    Io(#[from] std::io::Error),
}

/// Reads an answer to its end and hands over its series, one after the other.
///
/// # Errors
/// [`AnswerError`]; the series until then were handed over.
pub fn read(input: impl Read, each: &mut Each<'_>) -> Result<Answer, AnswerError> {
    let (bytes, since) = (Cell::new(0), Cell::new(0));
    let mut input = BufReader::with_capacity(BUFFER, Counted { input, bytes: &bytes, since: &since });
    begin(&mut input, &bytes)?;
    let mut json = serde_json::Deserializer::from_reader(input);
    let mut reading = Reading::new(each, &since);
    let read = Whole(&mut reading).deserialize(&mut json).and_then(|()| json.end());
    let Reading { answer, status, failed, .. } = reading;
    if let Some(e) = failed {
        return Err(e.into());
    }
    read.map_err(|e| match e.classify() {
        Category::Io if since.get() > LARGEST_SERIES => {
            AnswerError::Damaged(format!("no series ends within {} MiB", LARGEST_SERIES >> 20))
        }
        Category::Io => AnswerError::Io(e.into()),
        Category::Eof => AnswerError::Cut(bytes.get()),
        Category::Syntax => AnswerError::Damaged(e.to_string()),
        Category::Data => AnswerError::NotNumbers(e.to_string()),
    })?;
    match status.as_deref() {
        Some("success") => Ok(Answer { is_success: true, ..answer }),
        Some("error") => Ok(answer),
        Some(_) => Err(AnswerError::NotAnswer("its `status` is neither `success` nor `error`")),
        None => Err(AnswerError::NotAnswer("it has no `status`")),
    }
}

/// Passes over white space; whoever says something else than an object says no answer.
fn begin(input: &mut impl BufRead, bytes: &Cell<u64>) -> Result<(), AnswerError> {
    loop {
        let read = match input.fill_buf() {
            Err(e) if e.kind() == std::io::ErrorKind::Interrupted => continue,
            read => read?,
        };
        match read.first() {
            None => return Err(AnswerError::Cut(bytes.get())),
            Some(b'{') => return Ok(()),
            Some(b' ' | b'\t' | b'\r' | b'\n') => input.consume(1),
            Some(byte) if byte.is_ascii_graphic() => {
                return Err(AnswerError::NotJson(format!("`{}`", char::from(*byte))));
            }
            Some(byte) => return Err(AnswerError::NotJson(format!("the byte {byte}"))),
        }
    }
}

/// Counts the bytes that come, and those since the last series ended.
struct Counted<'a, R> {
    input: R,
    bytes: &'a Cell<u64>,
    since: &'a Cell<u64>,
}

impl<R: Read> Read for Counted<'_, R> {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        let read = self.input.read(into)?;
        self.bytes.set(self.bytes.get() + read as u64);
        self.since.set(self.since.get() + read as u64);
        if self.since.get() > LARGEST_SERIES {
            return Err(std::io::ErrorKind::FileTooLarge.into());
        }
        Ok(read)
    }
}
