//! Compressed bodies of answers.

/// Words of its language.
pub const WORDS: &[&str] = &["\u{1f}\u{8b}", "\u{8}", "\0\0\0\0", "x"];

/// Runs the target.
pub fn run(data: &[u8]) {
    swarmlab_loadgen::fuzzing::compressed(data);
}
