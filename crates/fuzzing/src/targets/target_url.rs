//! URLs of targets, and the passwords in them.

/// Words of its language.
pub const WORDS: &[&str] = &["http://", "https://", "redis://", "unix:", "unix:/", "unix://", "http+unix://", "redis+unix://", "%2F", "%", "%00", "@", ":", "/", "[::1]", ":80", ":65536", "?", "#", "\n", "é", " "];

/// Runs the target.
pub fn run(data: &[u8]) {
    swarmlab_loadgen::fuzzing::target_url(data);
}
