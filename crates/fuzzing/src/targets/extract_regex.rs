//! Values taken by regular expressions.

/// Words of its language.
pub const WORDS: &[&str] = &["0 ", "1 ", "(", "[^<]", "+", "*", "?", ".", "{9}", "\\w", "(?P<n>", "(?i)", "|", "^", "$", ")", "]", "\n", "é", "\0"];

/// Runs the target.
pub fn run(data: &[u8]) {
    swarmlab_loadgen::fuzzing::extract_regex(data);
}
