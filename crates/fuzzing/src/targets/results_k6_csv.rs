//! k6's CSV: whatever is in it becomes requests that end once each.

use swarmlab_import::results::Options;

/// Words of its language.
pub const WORDS: &[&str] = &[
    "metric_name,timestamp,metric_value,", "http_req_duration", "vus", "1795275753", "1795275753250", "N/A", ",", "\"", "\r\n", "\u{feff}", "name,method,status,error_code,expected_response", "false", "1212", "1e300", "-1", "200",
];

/// Runs the target.
pub fn run(data: &[u8]) {
    super::super::results::run("k6", data, &Options::default());
}
