//! Locust's files: whatever is in them becomes requests that end once each.

use swarmlab_import::results::Options;

/// Words of its language.
pub const WORDS: &[&str] = &[
    "Timestamp,User Count,Type,Name,", "Total Request Count,Total Failure Count,Total Average Response Time", "Type,Name,Request Count,Failure Count", "Method,Name,Error,Occurrences", "1795275753", ",,Aggregated,", "N/A", "\r\n", ",", "99999999999999999999", "GET,/orders,",
];

/// Runs the target.
pub fn run(data: &[u8]) {
    super::super::results::run("locust", data, &Options::default());
}
