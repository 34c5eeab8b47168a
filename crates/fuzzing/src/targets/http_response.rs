//! HTTP/1.1 responses, cut into pieces.

/// Words of its language.
pub const WORDS: &[&str] = &[
    "HTTP/1.1 ",
    "HTTP/1.0 ",
    "200 OK\r\n",
    "204 No Content\r\n",
    "HTTP/1.1 100 Continue\r\n\r\n",
    "\r\n\r\n",
    "\r\n",
    "\n",
    "\r",
    "Content-Length: 5\r\n",
    "Transfer-Encoding: chunked\r\n",
    "Connection: close\r\n",
    "5\r\nhello\r\n0\r\n\r\n",
    "\0",
    "A: b\r\n",
];

/// Runs the target.
pub fn run(data: &[u8]) {
    swarmlab_loadgen::fuzzing::http_response(data);
}
