//! Redis connections, from the other side.

/// Words of its language.
pub const WORDS: &[&str] = &["%1\r\n+proto\r\n:3\r\n", ">3\r\n$9\r\nsubscribe\r\n$1\r\nc\r\n:1\r\n", ">3\r\n$7\r\nmessage\r\n$1\r\nc\r\n$2\r\nhi\r\n", "-ERR no\r\n", "-NOAUTH \r\n", "+OK\r\n", ":1\r\n", "$-1\r\n", "*1\r\n", "*-1\r\n", "_\r\n", "#t\r\n", ",1.5\r\n", "(12\r\n", "=7\r\ntxt:abc\r\n", "~1\r\n", "|1\r\n", "\r\n", "$99999999999\r\n"];

/// Runs the target.
pub fn run(data: &[u8]) {
    swarmlab_loadgen::fuzzing::redis(data);
}
