//! Values taken from JSON by pointer.

/// Words of its language.
pub const WORDS: &[&str] =
    &["/a", "/0", "~1", "\n", "{\"a\":", "[", "]", "}", "null", "1e999", "\"\\u0000\"", "\"\\ud800\"", ",", "\"\\n\""];

/// Runs the target.
pub fn run(data: &[u8]) {
    swarmlab_loadgen::fuzzing::extract_json(data);
}
