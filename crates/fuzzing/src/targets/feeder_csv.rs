//! Tables of feeders as CSV.

/// Words of its language.
pub const WORDS: &[&str] = &[",", "\"", "\"\"", "\r\n", "\n", "\r", "\u{feff}", "a,b", "é"];

/// Runs the target.
pub fn run(data: &[u8]) {
    swarmlab_loadgen::fuzzing::csv(data);
}
