//! Recorded load in all its formats.

/// Words of its language.
pub const WORDS: &[&str] = &[",", ";", "\n", "#", "0", "60,", "1e308", "-", "nan", "HashOwner,HashApp,HashFunction,Trigger,1,2\n", "a,b,c,http,1,2\n", "[01/Jul/1995:00:00:01 -0400]", "\"GET / HTTP/1.0\" 200 1", "1e-320", "\0"];

/// Runs the target.
pub fn run(data: &[u8]) {
    swarmlab_loadgen::fuzzing::trace(data);
}
