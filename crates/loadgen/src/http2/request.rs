//! From the bytes of an HTTP/1.1 request to a header block and a body.

use super::hpack::Encoder;

/// Fields that HTTP/2 says otherwise or not at all (RFC 9113, section 8.2.2).
const LEFT_OUT: [&str; 6] =
    ["connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade", "te"];

/// A request as it goes on a stream. It remembers what it was made from: made again from the same bytes it
/// stays as it is, so a constant request is translated once.
#[derive(Debug, Default)]
pub(crate) struct Request {
    source: Vec<u8>,
    is_tls: bool,
    /// Header block without a dynamic table: valid at any time on any connection.
    block: Vec<u8>,
    /// Where the body begins in `source`.
    body_at: usize,
    lower: Vec<u8>,
}

impl Request {
    /// Becomes the request `source`, which this crate has written itself: a head with line ends of CR LF, an
    /// empty line, and a body of the length it tells. `is_tls` decides the `:scheme`. Whether it is one.
    pub fn set(&mut self, source: &[u8], is_tls: bool) -> bool {
        if source == self.source && is_tls == self.is_tls && !source.is_empty() {
            return true;
        }
        self.source.clear();
        self.block.clear();
        let made = self.translate(source, is_tls);
        if made.is_some() {
            self.source.extend_from_slice(source);
            self.is_tls = is_tls;
        }
        made.is_some()
    }

    /// The header block.
    pub fn block(&self) -> &[u8] {
        &self.block
    }

    /// The body; empty: there is none.
    pub fn body(&self) -> &[u8] {
        &self.source[self.body_at.min(self.source.len())..]
    }

    fn translate(&mut self, source: &[u8], is_tls: bool) -> Option<()> {
        let line_end = find(source, b"\r\n")?;
        let mut words = source[..line_end].split(|byte| *byte == b' ');
        let (method, path) = (words.next()?, words.next()?);
        if words.next()? != b"HTTP/1.1" || words.next().is_some() || method.is_empty() || path.is_empty() {
            return None;
        }
        let head_at = line_end + 2;
        // A head without fields ends where its first line does.
        let head_end = find(&source[line_end..], b"\r\n\r\n")? + line_end;
        self.body_at = head_end + 4;
        let head = source.get(head_at..head_end).unwrap_or_default();
        let fields = || {
            head.split(|byte| *byte == b'\n').filter_map(|line| {
                let line = line.strip_suffix(b"\r").unwrap_or(line);
                let colon = line.iter().position(|byte| *byte == b':')?;
                Some((&line[..colon], line[colon + 1..].trim_ascii()))
            })
        };
        Encoder::field(&mut self.block, b":method", method);
        Encoder::field(&mut self.block, b":scheme", if is_tls { b"https" } else { b"http" });
        if let Some((_, host)) = fields().find(|(name, _)| name.eq_ignore_ascii_case(b"host")) {
            Encoder::field(&mut self.block, b":authority", host);
        }
        Encoder::field(&mut self.block, b":path", path);
        for (name, value) in fields() {
            self.lower.clear();
            self.lower.extend(name.iter().map(u8::to_ascii_lowercase));
            let is_left_out = LEFT_OUT.iter().any(|other| other.as_bytes() == self.lower);
            if self.lower != b"host" && (!is_left_out || (self.lower == b"te" && value == b"trailers")) {
                Encoder::field(&mut self.block, &self.lower, value);
            }
        }
        Some(())
    }
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).position(|window| window == wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(source: &str, is_tls: bool) -> (bool, Request) {
        let mut request = Request::default();
        (request.set(source.as_bytes(), is_tls), request)
    }

    #[test]
    fn a_request_of_http_1_1_becomes_a_block_and_a_body() {
        let (ok, request) = request(
            "POST /a?b HTTP/1.1\r\nHost: example\r\nX-Y: z\r\nConnection: close\r\nTE: trailers\r\n\
             Authorization: b\r\nContent-Length: 4\r\n\r\n\r\nab",
            true,
        );
        assert!(ok);
        let block = b"\x83\x87\x01\x07example\x04\x04/a?b\x00\x03x-y\x01z\x00\x02te\x08trailers\x1f\x08\x01b\x0f\x0d\x014";
        assert_eq!(request.block(), block);
        assert_eq!(request.body(), b"\r\nab");
    }

    #[test]
    fn a_head_without_fields_and_what_is_none() {
        let (ok, request_) = request("GET / HTTP/1.1\r\n\r\n", false);
        assert!(ok);
        assert_eq!((request_.block(), request_.body()), (&b"\x82\x86\x84"[..], &b""[..]));
        for wrong in ["", "GET /", "GET / HTTP/1.0\r\n\r\n", "GET / HTTP/1.1\r\nHost: x\r\n"] {
            assert!(!request(wrong, false).0, "{wrong:?}");
        }
    }

    #[test]
    fn the_same_bytes_are_translated_once() {
        let source = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n";
        let mut request = Request::default();
        assert!(request.set(source, false));
        let (block, at) = (request.block().to_vec(), request.block().as_ptr());
        assert!(request.set(source, false));
        assert_eq!((request.block(), request.block().as_ptr()), (&block[..], at));
        assert!(request.set(source, true));
        assert_ne!(request.block(), block);
    }
}
