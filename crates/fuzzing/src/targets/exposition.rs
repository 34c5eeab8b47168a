//! The Prometheus text format.

use swarmlab_catalogue::exposition::parse;

/// Words of its language.
pub const WORDS: &[&str] = &["# TYPE x counter\n", "x{", "a=\"", "\"}", "\\\"", "\\", "+Inf", "NaN", " 1\n", "é", ",", "=", "\n"];

/// Runs the target.
pub fn run(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    match parse(text) {
        Ok(lines) => {
            assert!(lines.len() <= text.lines().count());
            assert!(lines.iter().all(|line| !line.name.is_empty()));
        }
        Err(error) => assert!(!error.is_empty()),
    }
}
