//! One request of HTTP/1.1 on a connection of its own, and the head of its answer. Blocking: whoever is slow to take the
//! body makes Prometheus wait, and nothing is held in between.

use std::io::{BufRead, BufReader, Error, ErrorKind, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, StreamOwned};

use super::PastError;
use super::address::{Access, Address};
use super::body::{Body, Framing};
use super::stop::{LOOK, Stop};

/// How long a connection may take to be made; so long it may also take until a wish to stop is heard.
const CONNECT: Duration = Duration::from_secs(10);
/// Longest head of an answer, bytes.
const LONGEST_HEAD: u64 = 1 << 16;
const MOST_HEADERS: usize = 128;

/// Says requests to one address.
pub(super) struct Client {
    pub(super) address: Address,
    authorization: Option<String>,
    tls: Option<(Arc<ClientConfig>, ServerName<'static>)>,
    /// How long no byte may come.
    silence: Duration,
    pub(super) stop: Stop,
}

/// An answer whose body is still to be read.
pub(super) struct Response {
    pub(super) status: u16,
    pub(super) location: Option<String>,
    /// Seconds after which to ask again.
    pub(super) retry_after_s: Option<f64>,
    pub(super) body: Body,
}

impl Client {
    pub(super) fn new(
        address: Address,
        access: &Access,
        silence: Duration,
        stop: Stop,
    ) -> Result<Self, PastError> {
        let (authorization, tls) = (access.authorization()?, access.tls(&address)?);
        Ok(Self { address, authorization, tls, silence, stop })
    }

    /// Posts a form.
    pub(super) fn post(&self, path: &str, form: &[(&str, &str)]) -> std::io::Result<Response> {
        let fields: Vec<String> = form.iter().map(|(k, v)| format!("{k}={}", encoded(v))).collect();
        let content = fields.join("&");
        let Address { path: base, authority, .. } = &self.address;
        let mut request = format!(
            "POST {base}{path} HTTP/1.1\r\nHost: {authority}\r\nUser-Agent: swarmlab/{}\r\nAccept: application/json\r\n\
             Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\nConnection: close\r\n",
            env!("CARGO_PKG_VERSION"),
            content.len()
        );
        if let Some(authorization) = &self.authorization {
            request.push_str(&format!("Authorization: {authorization}\r\n"));
        }
        request.push_str("\r\n");
        request.push_str(&content);
        let tcp = self.connect()?;
        tcp.set_read_timeout(Some(self.silence.min(LOOK)))?;
        tcp.set_write_timeout(Some(self.silence))?;
        let tcp = Patient { tcp, silence: self.silence, stop: self.stop.clone() };
        match &self.tls {
            None => exchange(tcp, &request),
            Some((config, name)) => {
                let connection =
                    ClientConnection::new(Arc::clone(config), name.clone()).map_err(Error::other)?;
                exchange(StreamOwned::new(connection, tcp), &request)
            }
        }
        .map_err(|e| self.in_words(e))
    }

    fn connect(&self) -> std::io::Result<TcpStream> {
        let Address { host, port, .. } = &self.address;
        let mut last = Error::new(ErrorKind::NotFound, format!("{host} has no address"));
        for address in (host.as_str(), *port).to_socket_addrs()? {
            match TcpStream::connect_timeout(&address, CONNECT) {
                Ok(tcp) => {
                    tcp.set_nodelay(true)?;
                    return Ok(tcp);
                }
                Err(e) => last = e,
            }
        }
        Err(last)
    }

    /// A read that took too long says so; the system calls it `would block`.
    pub(super) fn in_words(&self, e: Error) -> Error {
        match e.kind() {
            ErrorKind::WouldBlock | ErrorKind::TimedOut => {
                let waited = self.silence.as_secs_f64();
                Error::new(ErrorKind::TimedOut, format!("nothing came for {waited} s"))
            }
            _ => e,
        }
    }
}

/// A connection on which nothing may come for so long, unless it is told to stop.
struct Patient {
    tcp: TcpStream,
    silence: Duration,
    stop: Stop,
}

impl Read for Patient {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        let begun = Instant::now();
        loop {
            self.stop.check().map_err(Error::other)?;
            match self.tcp.read(into) {
                Err(e)
                    if matches!(e.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut)
                        && begun.elapsed() < self.silence => {}
                // A signal that came in between.
                Err(e) if e.kind() == ErrorKind::Interrupted => {}
                read => return read,
            }
        }
    }
}

impl Write for Patient {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.tcp.write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.tcp.flush()
    }
}

fn exchange(stream: impl Read + Write + 'static, request: &str) -> std::io::Result<Response> {
    let mut stream = stream;
    stream.write_all(request.as_bytes())?;
    stream.flush()?;
    let mut input: Box<dyn BufRead> = Box::new(BufReader::with_capacity(1 << 16, stream));
    loop {
        let head = head(&mut *input)?;
        let mut headers = [httparse::EMPTY_HEADER; MOST_HEADERS];
        let mut parsed = httparse::Response::new(&mut headers);
        let odd = |why: String| Error::new(ErrorKind::InvalidData, why);
        match parsed.parse(&head) {
            Ok(httparse::Status::Complete(_)) => {}
            _ => return Err(odd(format!("not HTTP: {}", first_line(&head)))),
        }
        let status = parsed.code.unwrap_or(0);
        if (100..200).contains(&status) {
            continue;
        }
        let header = |name: &str| {
            let found = parsed.headers.iter().find(|h| h.name.eq_ignore_ascii_case(name));
            found.map(|h| String::from_utf8_lossy(h.value).trim().to_owned())
        };
        let framing = match (header("transfer-encoding"), header("content-length")) {
            _ if matches!(status, 204 | 304) => Framing::Length(0),
            (Some(coding), _) if coding.eq_ignore_ascii_case("chunked") => Framing::chunked(),
            (Some(coding), _) => return Err(odd(format!("a body in the coding `{coding}`, not asked for"))),
            (None, Some(length)) => Framing::Length(
                length.parse().map_err(|_| odd(format!("`{length}` is no length of a body")))?,
            ),
            (None, None) => Framing::ToEnd,
        };
        if let Some(coding) = header("content-encoding").filter(|c| !c.eq_ignore_ascii_case("identity")) {
            return Err(odd(format!("a body compressed with `{coding}`, not asked for")));
        }
        let retry_after_s = header("retry-after").and_then(|s| s.parse().ok()).filter(|s: &f64| *s >= 0.0);
        let location = header("location");
        return Ok(Response { status, location, retry_after_s, body: Body { input, framing } });
    }
}

/// The head of an answer, with the empty line at its end.
fn head(input: &mut dyn BufRead) -> std::io::Result<Vec<u8>> {
    let mut head = Vec::new();
    let mut input = input.take(LONGEST_HEAD);
    loop {
        let before = head.len();
        let read = input.read_until(b'\n', &mut head)?;
        if read == 0 || head.last() != Some(&b'\n') {
            let (cut, odd) = (ErrorKind::UnexpectedEof, ErrorKind::InvalidData);
            return Err(match head.len() as u64 {
                0 => Error::new(cut, "the connection was closed without an answer"),
                LONGEST_HEAD => Error::new(odd, "the head of the answer is longer than 64 KiB"),
                _ if !head.starts_with(b"HTTP/") => {
                    Error::new(odd, format!("not HTTP: {}", first_line(&head)))
                }
                _ => Error::new(cut, "the connection ended in the head of the answer"),
            });
        }
        if matches!(&head[before..], b"\n" | b"\r\n") {
            return Ok(head);
        }
    }
}

fn first_line(bytes: &[u8]) -> String {
    let line = bytes.split(|b| *b == b'\n').next().unwrap_or_default();
    String::from_utf8_lossy(&line[..line.len().min(80)]).trim().escape_debug().to_string()
}

/// A value of a form.
fn encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => out.push(char::from(byte)),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_forms_are_encoded() {
        assert_eq!(
            encoded("rate(a{b=\"é\"}[5m]) + 1"),
            "rate%28a%7Bb%3D%22%C3%A9%22%7D%5B5m%5D%29%20%2B%201"
        );
    }
}
