//! Templates.

/// Words of its language.
pub const WORDS: &[&str] = &["{{", "}}", "{{a}}", "{", "}", " ", "é", "_", "."];

/// Runs the target.
pub fn run(data: &[u8]) {
    swarmlab_loadgen::fuzzing::template(data);
}
