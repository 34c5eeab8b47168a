//! Redirects: references to where they lead, and the requests that follow.

/// Words of its language.
pub const WORDS: &[&str] = &[
    "GET /a/b?c HTTP/1.1\r\n", "Host: h\r\n", "Cookie: x=y\r\n", "Content-Length: 2\r\n", "\r\n", "http://", "https://other:8443", "//h", "/..",
    "./", "?q", "#f", "%2e%2e", "mailto:", ":80", "@", "é",
];

/// Runs the target.
pub fn run(data: &[u8]) {
    swarmlab_loadgen::fuzzing::redirect(data);
}
