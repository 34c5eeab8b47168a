//! What was read, interval by interval.

use std::collections::BTreeMap;

use swarmlab_intervals::Histogram;

use super::remarks::Remark;
use super::stretches::Stretches;

/// Everything that was read.
#[derive(Debug)]
pub struct Outcome {
    /// Length of the intervals, seconds.
    pub width_s: f64,
    /// Begin of the first interval, Unix seconds; intervals begin at multiples of their length.
    pub begin_unix_s: f64,
    /// End of the last, Unix seconds.
    pub end_unix_s: f64,
    /// From when to when the load was on in whole intervals, Unix seconds.
    pub load_unix_s: (f64, f64),
    /// How many requests there were.
    pub requests: u64,
    /// The files, as they were named.
    pub files: Vec<String>,
    /// Columns of the clients' table that nobody knows.
    pub unknown: Vec<&'static str>,
    /// What is to be said of the files.
    pub remarks: Vec<Remark>,
    /// Whether there are histograms: else quantiles are those that the tool tells, or unknown.
    pub histograms: bool,
    /// What the tool says of the whole load.
    pub told: Vec<Told>,
    /// What failed, in the tool's words.
    pub failures: Vec<Failure>,
    /// The intervals in order.
    pub stretches: Stretches,
}

/// What a tool says of an endpoint over the whole load.
#[derive(Debug, Clone, PartialEq)]
pub struct Told {
    /// Its name; `Aggregated` for all of them.
    pub endpoint: String,
    /// Mean time, milliseconds.
    pub mean_ms: Option<f64>,
    /// Longest time, milliseconds.
    pub max_ms: Option<f64>,
    /// Quantiles of the times, milliseconds: 50, 90, 95, 99, 99.9 %.
    pub quantiles_ms: [Option<f64>; 5],
}

/// Requests that failed alike.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// What was asked.
    pub endpoint: String,
    /// Why, in the tool's words.
    pub words: String,
    /// How many.
    pub times: u64,
}

/// One interval.
#[derive(Debug, Clone)]
pub struct Stretch {
    /// Its begin, Unix seconds.
    pub start_unix_s: f64,
    /// Its length, seconds.
    pub width_s: f64,
    /// Users; `None` before they were first told.
    pub users: Option<f64>,
    /// Requests under way at its end.
    pub in_flight: u64,
    /// Iterations that ended.
    pub iterations: u64,
    /// Bytes sent and received that belong to no endpoint.
    pub bytes: [u64; 2],
    /// By endpoint, in the order of names; those of which nothing happened are not there.
    pub parts: Vec<Part>,
}

/// One endpoint in one interval.
#[derive(Debug, Clone)]
pub struct Part {
    /// Its name.
    pub endpoint: String,
    /// Requests that began.
    pub sent: u64,
    /// Complete answers.
    pub completed: u64,
    /// Requests that ended well.
    pub succeeded: u64,
    /// Requests that failed.
    pub failed: u64,
    /// Of these, before anything was sent.
    pub connect_errors: u64,
    /// Bytes of requests.
    pub bytes_sent: u64,
    /// Bytes of answers.
    pub bytes_received: u64,
    /// Failures by name.
    pub errors: BTreeMap<String, u64>,
    /// Answers by status.
    pub statuses: BTreeMap<u16, u64>,
    /// Exact sum of the response times, microseconds.
    pub response_sum_us: u64,
    /// Response times of complete answers.
    pub response: Histogram,
}
