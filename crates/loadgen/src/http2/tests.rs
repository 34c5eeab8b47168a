#![allow(clippy::unwrap_used)]
//! A connection against hand-written frames.

mod answers;
mod any;
mod faults;
mod requests;

use httparse::Header;

use super::error::Http2Error;
use super::frame::{HEADER_BYTES, flag, kind, push_header};
use super::{Events, Finish, Finished, Limits, Request, Session};

/// Place, status, and fields.
type SeenHead = (u32, u16, Vec<(String, String)>);

#[derive(Debug, Default, PartialEq)]
struct Seen {
    heads: Vec<SeenHead>,
    body: Vec<u8>,
    bytes: usize,
    trailers: Vec<(String, String)>,
}

impl Events for Seen {
    fn wants_fields(&self, _: u32, _: u16) -> bool {
        true
    }

    fn wants_trailers(&self, _: u32) -> bool {
        true
    }

    fn received(&mut self, _: u32, bytes: usize) {
        self.bytes += bytes;
    }

    fn head(&mut self, place: u32, status: u16, fields: &[Header<'_>]) {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let fields = fields.iter().map(|field| (field.name.to_owned(), text(field.value))).collect();
        self.heads.push((place, status, fields));
    }

    fn body(&mut self, _: u32, data: &[u8]) {
        self.body.extend_from_slice(data);
    }

    fn trailers(&mut self, _: u32, fields: &[Header<'_>]) {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        self.trailers.extend(fields.iter().map(|field| (field.name.to_owned(), text(field.value))));
    }
}

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    push_header(&mut out, payload.len(), kind, flags, stream);
    out.extend_from_slice(payload);
    out
}

fn settings(entries: &[(u16, u32)]) -> Vec<u8> {
    let payload: Vec<u8> = entries
        .iter()
        .flat_map(|(name, value)| [&name.to_be_bytes()[..], &value.to_be_bytes()].concat())
        .collect();
    frame(kind::SETTINGS, 0, 0, &payload)
}

/// Takes all output as written; the frames in it as (kind, flags, stream, payload).
fn written(session: &mut Session) -> Vec<(u8, u8, u32, Vec<u8>)> {
    let output = session.output().to_vec();
    session.wrote(output.len(), output.len());
    let mut rest = output.strip_prefix(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").unwrap_or(&output);
    let mut frames = Vec::new();
    while let Some(header) = super::frame::FrameHeader::read(rest) {
        let end = HEADER_BYTES + header.length;
        frames.push((header.kind, header.flags, header.stream, rest[HEADER_BYTES..end].to_vec()));
        rest = &rest[end..];
    }
    assert!(rest.is_empty());
    frames
}

fn with_limits(limits: Limits, entries: &[(u16, u32)]) -> Session {
    let mut session = Session::new(limits);
    assert!(!session.accepts_requests());
    session.feed(&settings(entries), &mut Seen::default()).unwrap();
    assert!(session.accepts_requests());
    written(&mut session);
    session
}

fn ready(entries: &[(u16, u32)]) -> Session {
    with_limits(Limits { max_header_bytes: 1000, max_body_bytes: 100_000 }, entries)
}

fn request(source: &str) -> Request {
    let mut request = Request::default();
    assert!(request.set(source.as_bytes(), false));
    request
}

fn get() -> Request {
    request("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
}

fn post(bytes: usize) -> Request {
    request(&format!("POST / HTTP/1.1\r\nHost: h\r\n\r\n{}", "b".repeat(bytes)))
}

/// One GET on place 0 and stream 1, answered by `frames`.
fn answered(frames: &[u8]) -> (Result<(), Http2Error>, Vec<Finished>, Seen) {
    let mut session = ready(&[]);
    session.request(0, &get(), false);
    let mut seen = Seen::default();
    let result = session.feed(frames, &mut seen);
    (result, std::mem::take(session.finished()), seen)
}

fn finish_of(frames: &[u8]) -> Finish {
    let (result, finished, _) = answered(frames);
    result.unwrap();
    assert_eq!(finished.len(), 1);
    finished[0].finish
}

fn error_of(frames: &[u8]) -> Http2Error {
    answered(frames).0.unwrap_err()
}

const COMPLETE: [Finished; 1] = [Finished { place: 0, finish: Finish::Complete }];
const BOTH: u8 = flag::END_HEADERS | flag::END_STREAM;
