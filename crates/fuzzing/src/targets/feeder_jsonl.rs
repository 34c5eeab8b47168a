//! Tables of feeders as JSON lines.

/// Words of its language.
pub const WORDS: &[&str] = &["{\"a\":", "}", "\n", "\"b\"", ",", "null", "[1, 2]", "1.50", "1e300", "\\u0000", "\r", "\u{feff}", "{}"];

/// Runs the target.
pub fn run(data: &[u8]) {
    swarmlab_loadgen::fuzzing::jsonl(data);
}
