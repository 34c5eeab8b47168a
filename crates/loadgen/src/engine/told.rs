//! A broken answer in words, with how it begins where that tells something.

use std::fmt;

use super::glimpse::Glimpse;
use crate::http::Fault;

/// What is told of an answer that is none.
pub(crate) struct Told<'a> {
    pub fault: Fault,
    /// The piece that came; none unless it is the first.
    pub begins: Option<&'a [u8]>,
}

/// Bytes that are shown.
const SHOWN_BYTES: usize = 40;

impl fmt::Display for Told<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.fault)?;
        let Some(bytes) = self.begins.filter(|_| matches!(self.fault, Fault::NotHttp | Fault::StatusLine))
        else {
            return Ok(());
        };
        let begin = bytes[..bytes.len().min(SHOWN_BYTES)].escape_ascii().to_string();
        write!(f, ": it begins with `{}`", Glimpse::without_secrets(begin.as_bytes()))?;
        match bytes {
            [0x15 | 0x16, 3, ..] => write!(f, ", a record of TLS (`https://`?)"),
            [0, 0, _, 4, ..] => write!(f, ", a frame of HTTP/2 (`--http2`?)"),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_speaks_another_protocol_is_recognised() {
        let told = |fault, bytes: &[u8]| Told { fault, begins: Some(bytes) }.to_string();
        let ssh = told(Fault::NotHttp, b"SSH-2.0-OpenSSH_9.2\r\n");
        assert_eq!(ssh, "what came is no answer of HTTP/1.1: it begins with `SSH-2.0-OpenSSH_9.2\\r\\n`");
        assert!(told(Fault::NotHttp, b"\x15\x03\x01\0\x02").ends_with("a record of TLS (`https://`?)"));
        assert!(told(Fault::NotHttp, b"\0\0\x06\x04\0").ends_with("a frame of HTTP/2 (`--http2`?)"));
        // Where the head was one, its beginning explains nothing.
        assert_eq!(told(Fault::Lengths, b"HTTP/1.1 200 OK"), Fault::Lengths.to_string());
        assert_eq!(Told { fault: Fault::NotHttp, begins: None }.to_string(), Fault::NotHttp.to_string());
    }
}
