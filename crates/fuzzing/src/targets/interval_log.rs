//! Interval logs.

/// Words of its language.
pub const WORDS: &[&str] = &["Tag=response|x,", "Tag=", "#[StartTime: 1]\n", "0.0,1.0,2.0,", "\n", ",", "%41", "HIST", "|"];

/// Runs the target.
pub fn run(data: &[u8]) {
    swarmlab_loadgen::fuzzing::interval_log(data);
}
