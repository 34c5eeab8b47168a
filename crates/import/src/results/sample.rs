//! What formats hand over: requests, or counts that grew.

use swarmlab_intervals::ErrorKind;

/// How a request ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// As it should.
    Well,
    /// By a name that we have.
    Named(ErrorKind),
    /// In a way that the tool does not tell.
    Otherwise,
}

/// One request.
#[derive(Debug, Clone, Copy)]
pub struct Sample<'a> {
    /// Line of the file.
    pub line: u64,
    /// Name of what was asked.
    pub endpoint: &'a str,
    /// When it began, Unix microseconds.
    pub start_us: i64,
    /// How long it took, microseconds.
    pub duration_us: u64,
    /// Whether a complete answer came: else there is no response time.
    pub answered: bool,
    /// Its status.
    pub status: Option<u16>,
    /// How it ended.
    pub ending: Ending,
    /// Bytes of the request.
    pub bytes_sent: Option<u64>,
    /// Bytes of the answer.
    pub bytes_received: Option<u64>,
}

/// By how much the counts of an endpoint grew from one moment to another.
#[derive(Debug, Clone, Copy)]
pub struct Grown {
    /// Line of the file.
    pub line: u64,
    /// From when, Unix microseconds.
    pub from_us: i64,
    /// Until when, Unix microseconds.
    pub to_us: i64,
    /// Requests that ended.
    pub requests: u64,
    /// Those of them that failed.
    pub failures: u64,
    /// Sum of their times, microseconds.
    pub sum_us: f64,
}
