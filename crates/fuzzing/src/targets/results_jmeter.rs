//! JMeter's CSV: whatever is in it becomes requests that end once each.

use swarmlab_import::results::Options;

/// Words of its language.
pub const WORDS: &[&str] = &[
    "timeStamp,elapsed,label,responseCode,success", "1795275753250", "2026/11/21 15:42:33", "N/A", ",", ";", "\t", "\"", "\"\"", "\r\n", "true", "false", "Non HTTP response code: java.net.SocketTimeoutException", "Number of samples in transaction",
];

/// Runs the target.
pub fn run(data: &[u8]) {
    super::super::results::run("jmeter", data, &Options::default());
}
