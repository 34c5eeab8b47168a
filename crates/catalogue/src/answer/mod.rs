//! Answers of Prometheus' HTTP API (`query`, `query_range`), read as they come: of an answer of any length one series is
//! held at a time.
//!
//! What is read is what was written: NaN and infinities are kept, warnings are kept, and an answer that ends early, holds
//! what is no number, or is of another program is an error. Others that speak this API (Thanos, Mimir, VictoriaMetrics)
//! order its keys otherwise and add some; those that are not known are passed over, `isPartial` is not.

mod json;
mod result;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::io::Read;

use json::Json;

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
    /// It is damaged, or not JSON.
    #[error("the answer is no JSON: at byte {at} stands {found}, not {expected}")]
    NotJson {
        /// Bytes before it.
        at: u64,
        /// What should stand there.
        expected: &'static str,
        /// What does.
        found: String,
    },
    /// JSON of something else.
    #[error("the answer is JSON, but none of Prometheus: {0}")]
    NotAnswer(&'static str),
    /// Something in it is no number over time.
    #[error("the answer holds {0}")]
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
    let mut json = Json::new(input);
    let mut answer = Answer::default();
    let mut status = None;
    let begins = json.peek()?;
    if begins != b'{' {
        return Err(json.unexpected("`{`"));
    }
    json.object(&mut |json, key| {
        match key {
            "status" => status = Some(json.text()?),
            "errorType" => answer.error_type = json.text_or_null()?,
            "error" => answer.error = json.text_or_null()?,
            "warnings" => answer.warnings = json.texts()?,
            "infos" => answer.infos = json.texts()?,
            "isPartial" => answer.is_partial |= json.is_true()?,
            "data" => result::data(json, &mut answer, each)?,
            _ => json.skip()?,
        }
        Ok(())
    })?;
    json.end()?;
    match status.as_deref() {
        Some("success") => answer.is_success = true,
        Some("error") => {}
        Some(_) => return Err(AnswerError::NotAnswer("its `status` is neither `success` nor `error`")),
        None => return Err(AnswerError::NotAnswer("it has no `status`")),
    }
    Ok(answer)
}
