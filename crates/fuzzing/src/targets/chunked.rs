//! Chunked bodies.

/// Words of its language.
pub const WORDS: &[&str] = &["\r\n", "0\r\n\r\n", "5\r\nhello\r\n", ";a=b", "fff", "X: y\r\n", "\n", "\r"];

/// Runs the target.
pub fn run(data: &[u8]) {
    swarmlab_loadgen::fuzzing::chunked(data);
}
