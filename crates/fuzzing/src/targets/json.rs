//! The scanner of JSON.

/// Words of its language.
pub const WORDS: &[&str] = &["{\"a\":", "{\"errors\":", "[", "[]", "{}", "]", "}", ",", ":", "\"", "\\", "\\u00e4", "\\ud83d\\ude00", "null", "true", "1e5", "-0.5", "  ", "\n", "\"~/\":", "é"];

/// Runs the target.
pub fn run(data: &[u8]) {
    swarmlab_loadgen::fuzzing::json(data);
}
