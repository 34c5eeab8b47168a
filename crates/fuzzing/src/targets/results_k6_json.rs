//! k6's JSON lines: whatever is in them becomes requests that end once each.

use swarmlab_import::results::Options;

/// Words of its language.
pub const WORDS: &[&str] = &[
    "{\"metric\":\"http_req_duration\",\"type\":\"Point\",\"data\":{", "\"time\":\"2026-11-21T17:42:33.1+02:00\"", "\"value\":12.5", "\"tags\":{\"status\":\"200\"}", "}}\n", "null", "\\u0000", "1e400", "\"expected_response\":\"false\"",
];

/// Runs the target.
pub fn run(data: &[u8]) {
    super::super::results::run("k6", data, &Options::default());
}
