//! Frames of the journal of samples.

use swarmlab_record::samples::{Entry, read_frame};

/// Words of its language.
pub const WORDS: &[&str] = &["\u{1}", "\u{2}", "\0\0", "{\"service\":\"web\"}", "\"kind\":\"counter\"", "\u{7f}"];

/// Runs the target: read or refused, and no sample is of a series that cannot be.
pub fn run(data: &[u8]) {
    let mut samples = 0;
    let read = read_frame(data, |entry| samples += usize::from(matches!(entry, Entry::Sample(..))));
    // A sample takes nine bytes at least.
    assert!(samples * 9 <= data.len());
    if let Err(problem) = read {
        assert!(!problem.is_empty());
    }
}
