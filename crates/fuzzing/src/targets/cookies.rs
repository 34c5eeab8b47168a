//! `Set-Cookie` fields, and what is sent back.

/// Words of its language.
pub const WORDS: &[&str] = &["a=1", "; Path=/", "; Path=/shop", "; Max-Age=10", "; Max-Age=-1", "; Max-Age=99999999999999999999", "; Expires=Thu, 01 Jan 1970 00:00:00 GMT", "; Secure", "\n", "\r", "\0", "=", ";", "\t", "31 Dec 9999 23:59:59", "é", "/"];

/// Runs the target.
pub fn run(data: &[u8]) {
    swarmlab_loadgen::fuzzing::cookies(data);
}
