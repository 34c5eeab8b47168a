//! From a step's templates to the bytes of its request.

/// Words of its language.
pub const WORDS: &[&str] = &["{{v}}", "{{user}}", "{{random}}", "{{", "}}", "/", "\r", "\n", "\0", "é", " ", "?a="];

/// Runs the target.
pub fn run(data: &[u8]) {
    swarmlab_loadgen::fuzzing::request(data);
}
