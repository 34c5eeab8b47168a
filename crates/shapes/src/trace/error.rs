//! What can be wrong with a trace.

use std::io;

use thiserror::Error;

use super::{MAX_LINE_BYTES, MAX_POINTS};

/// Why a trace cannot be read.
#[derive(Debug, Error)]
pub enum TraceError {
    /// The input ended with an error of its own.
    #[error("after {place}: {source}")]
    Io {
        /// What was read before.
        place: String,
        /// What the system said.
        source: io::Error,
    },
    /// A line is not what the format says.
    #[error("line {line}: {problem}")]
    Line {
        /// Number of the line, from 1.
        line: u64,
        /// What is wrong with it, and what was expected.
        problem: String,
    },
    /// A line is longer than any line of these formats.
    #[error("line {line} is longer than {MAX_LINE_BYTES} bytes")]
    LineTooLong {
        /// Number of the line, from 1.
        line: u64,
    },
    /// The input ends within a record.
    #[error("record {record} is cut off: {bytes} of its {expected} bytes are there")]
    CutOff {
        /// Number of the record, from 1.
        record: u64,
        /// Bytes that are there.
        bytes: usize,
        /// Bytes of a record.
        expected: usize,
    },
    /// The trace has more points than a shape may have.
    #[error("the trace has more than {MAX_POINTS} points: select a part of it, or take longer bins")]
    TooManyPoints,
    /// There is nothing in the input.
    #[error("the trace is empty")]
    Empty,
    /// There is something in the input, but nothing that was asked for.
    #[error("nothing in the trace is what `select` asks for")]
    NothingSelected,
    /// A single row says nothing about how long it lasts.
    #[error("a trace of one row has no width: add a row with its end and no rate, as in `60,`")]
    NoWidth,
    /// An option is out of range.
    #[error("{option} must be {expected}, not {value}")]
    Option {
        /// Its name.
        option: &'static str,
        /// What it was set to.
        value: f64,
        /// What it must be.
        expected: &'static str,
    },
}

impl TraceError {
    pub(super) fn line(line: u64, problem: impl Into<String>) -> Self {
        Self::Line { line, problem: problem.into() }
    }
}
