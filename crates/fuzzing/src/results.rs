//! What all targets of other tools' results promise: each request that was read ends once, whatever the bytes. (Of a log of
//! histograms it is answered once: which of them failed is not known.)

use swarmlab_import::results::{Options, through};

/// Reads a file, and goes through all that became of it.
pub(crate) fn run(word: &str, data: &[u8], options: &Options) {
    match through(word, data, options) {
        Ok((requests, ended)) => assert_eq!(requests, ended),
        Err(problem) => assert!(!problem.to_string().is_empty()),
    }
}
