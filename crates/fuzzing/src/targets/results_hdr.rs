//! Interval logs of any tool: whatever is in them becomes whole histograms.

use swarmlab_import::results::{Options, Unit};

/// Words of its language.
pub const WORDS: &[&str] = &[
    "#[StartTime: 1795275753.0 (seconds since epoch)]\n", "#[BaseTime: ", "Tag=a,", "0.000,1.000,2.000,", "HISTFAAA", "\n", "1e300", ",", "\"StartTimestamp\"",
];

/// Runs the target.
pub fn run(data: &[u8]) {
    super::super::results::run("hdr", data, &Options { unit: Some(Unit::Ns), ..Options::default() });
}
