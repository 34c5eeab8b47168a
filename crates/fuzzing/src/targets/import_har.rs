//! Recordings: whatever is made of one is a scenario.

use super::super::imported;

/// Words of its language.
pub const WORDS: &[&str] = &[
    "{\"log\":{", "\"entries\":[", "{\"request\":{", "\"method\":\"POST\",", "\"url\":\"http://h/a/b?c=d\"", "\"headers\":[",
    "{\"name\":\"", "\"value\":\"", "\"postData\":{\"mimeType\":\"application/json\",\"text\":\"", "{\\\"a\\\": 1}",
    "\"response\":{\"status\":200}", "\"content\":{\"mimeType\":\"application/json\",\"text\":\"", "{{", "}}", "password", "eyJ",
    "\"startedDateTime\":\"2026-03-02T10:00:01Z\"", "\"time\":1e3", "\\u0000", "\\n", "null", "application/x-www-form-urlencoded",
];

/// Runs the target.
pub fn run(data: &[u8]) {
    imported::run(data, "f.har");
}
