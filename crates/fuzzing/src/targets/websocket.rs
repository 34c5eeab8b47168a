//! WebSocket connections, from the other side.

/// Words of its language.
pub const WORDS: &[&str] = &["\u{1}\u{2}hi", "\u{0}\u{0}", "\u{0}~\u{1}", "HTTP/1.1 101 X\r\n", "Sec-WebSocket-Accept: "];

/// Runs the target.
pub fn run(data: &[u8]) {
    swarmlab_loadgen::fuzzing::websocket(data);
}
