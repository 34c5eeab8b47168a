//! The parsers of this crate, each behind one function that takes any bytes and panics if it breaks its
//! promise. For the fuzz targets and their seeded run only: no part of the interface.

mod cookies;
mod json;
mod logic;
mod redirect;
mod tables;
mod target_url;
mod trace;

pub use cookies::cookies;
pub use json::json;
pub use logic::{expression, jsonpath};
pub use redirect::redirect;
pub use tables::{csv, jsonl};
pub use target_url::target_url;
pub use trace::trace;

pub use crate::grpc::fuzz_grpc as grpc;
pub use crate::http2::fuzz_http2 as http2;
pub use crate::redis::fuzz_redis as redis;
pub use crate::ws::fuzz_websocket as websocket;

use httparse::Header;

use crate::engine::decode::Decoder;
use crate::engine::extract::Extractor;
use crate::engine::kept::Kept;
use crate::http::{Progress, ResponseParser, Sink};
use rand::SeedableRng;
use rand::rngs::SmallRng;
use swarmlab_intervals::log as record;

use crate::scenario::compiled::{Compiled, Scratch, TargetText, Values};
use crate::scenario::{Body, ContentCoding, HttpRequest, Scenario, Source, Step, Template};
use crate::wait::Wait;

const MAX_HEADER_BYTES: usize = 2048;
const MAX_BODY_BYTES: u64 = 4096;

#[derive(Debug, Default, PartialEq)]
struct Heard {
    status: u16,
    fields: Vec<(String, Vec<u8>)>,
    body: Vec<u8>,
}

impl Sink for Heard {
    fn head(&mut self, status: u16, headers: &[Header<'_>]) {
        assert_eq!(self.status, 0, "only the final head is told");
        self.status = status;
        self.fields = headers.iter().map(|h| (h.name.to_owned(), h.value.to_vec())).collect();
    }

    fn body(&mut self, data: &[u8]) {
        assert!(!data.is_empty());
        self.body.extend_from_slice(data);
        assert!(self.body.len() as u64 <= MAX_BODY_BYTES);
    }
}

/// A complete response: what was heard, whether the connection may be kept, how many bytes belong to it.
/// `None` if it is refused or not complete.
fn respond(input: &[u8], to_head: bool, cuts: impl Iterator<Item = usize>) -> Option<(Heard, bool, usize)> {
    let mut parser = ResponseParser::new(MAX_HEADER_BYTES, MAX_BODY_BYTES);
    parser.begin(to_head);
    let mut heard = Heard::default();
    let mut from = 0;
    for to in cuts.filter(|&cut| cut < input.len()).chain([input.len()]) {
        match parser.feed(&input[from..to], &mut heard).ok()? {
            Progress::Done { keep_alive, consumed } => {
                assert!(consumed <= to - from);
                return Some((heard, keep_alive, from + consumed));
            }
            Progress::More => {}
        }
        from = to;
    }
    parser.is_complete_at_end().then_some((heard, false, from))
}

/// A response is complete, and means the same, however its bytes are cut into pieces.
pub fn http_response(input: &[u8]) {
    for to_head in [false, true] {
        let whole = respond(input, to_head, std::iter::empty());
        let in_bytes = respond(input, to_head, 0..input.len());
        assert_eq!(in_bytes, whole, "byte by byte and at once");
        let mut state = input.iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, &byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
        });
        let mut at = 0;
        let cuts = std::iter::from_fn(|| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            at += 1 + (state >> 59) as usize;
            Some(at)
        });
        let in_pieces = respond(input, to_head, cuts.take_while(|&cut| cut < input.len()));
        assert_eq!(in_pieces, whole, "in pieces and at once");
    }
}

/// A chunked body, as [`http_response`].
pub fn chunked(body: &[u8]) {
    http_response(&[b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", body].concat());
}

/// A template reads itself back.
pub fn template(text: &[u8]) {
    let Ok(text) = std::str::from_utf8(text) else { return };
    match Template::parse(text) {
        Ok(template) => {
            assert_eq!(template.source(), text);
            assert_eq!(Template::parse(template.source()).as_ref(), Ok(&template));
            assert!(template.variables().count() <= text.len() / 3);
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}

/// The step made ready; `None` if it is refused.
fn compile(step: Step, first: Option<Step>) -> Option<Compiled> {
    let steps = first.into_iter().chain([step]).collect();
    let scenario = Scenario::journey("fuzzing", steps, Wait::default());
    scenario.validate().ok()?;
    let target = TargetText { name: "", host: "example", base_path: "", closes: false };
    Some(Compiled::new(&scenario, &[target], 1.0))
}

/// Fills the slots with what a step extracts from a body, as the engine does.
fn extract(compiled: &Compiled, body: &[u8], slots: &mut [String]) -> bool {
    let mut kept = Kept::default();
    kept.begin(b"");
    kept.push_body(body);
    Extractor::new(&compiled.patterns).extract(&compiled.steps[0], &kept, slots)
}

/// Three lines: path, value of a header, body; then the value of `{{v}}`. Whatever they hold, an accepted
/// step sends exactly one request.
pub fn request(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    let mut lines = text.splitn(4, '\n');
    let mut next = || lines.next().unwrap_or_default();
    let (path, header, body, value) = (next(), next(), next(), next());
    let (Ok(path), Ok(header), Ok(body)) =
        (Template::parse(path), Template::parse(header), Template::parse(body))
    else {
        return;
    };
    let Ok(root) = Template::parse("/") else { return };
    let first = Step::new("first", "GET", root).extract("v", Source::JsonPointer("/v".to_owned()));
    let request = HttpRequest::new("POST", path).header("X-Own", header).body(Body::Text(body));
    let step = Step::http("step", request);
    let Some(compiled) = compile(step, Some(first)) else { return };
    let mut slots = vec![String::new(); compiled.slots];
    // Only what extraction lets through can be in a variable.
    let answer = serde_json::json!({ "v": value }).to_string();
    if !extract(&compiled, answer.as_bytes(), &mut slots) {
        return;
    }
    let mut values = Values {
        user: 1,
        iteration: 2,
        slots: &slots,
        feeders: &[],
        rows: &[],
        variant: 0,
        jar: None,
        random: &mut SmallRng::seed_from_u64(3),
    };
    let mut scratch = Scratch::default();
    let bytes = compiled.steps[1].render(&mut values, &mut scratch);
    let end = bytes.windows(4).position(|window| window == b"\r\n\r\n").map_or(bytes.len(), |at| at + 4);
    let (head, body) = bytes.split_at(end);
    let lines: Vec<&[u8]> = head.split(|&byte| byte == b'\n').collect();
    assert_eq!(lines.len(), 6, "request line, host, own field, length, empty line, nothing");
    assert!(!head.contains(&0) && head.iter().filter(|&&byte| byte == b'\r').count() == 5);
    assert_eq!(lines[0].iter().filter(|&&byte| byte == b' ').count(), 2, "method, path, version");
    assert_eq!(lines[3], format!("Content-Length: {}\r", body.len()).as_bytes());
}

/// A JSON pointer in the first line, a body in the rest: what is taken can stand in a header, and what is not
/// taken leaves everything as it was.
pub fn extract_json(input: &[u8]) {
    let at = input.iter().position(|&byte| byte == b'\n').unwrap_or(input.len());
    let (pointer, body) = (&input[..at], input.get(at + 1..).unwrap_or_default());
    let (Ok(pointer), Ok(root)) = (std::str::from_utf8(pointer), Template::parse("/")) else { return };
    let step = Step::new("step", "GET", root).extract("v", Source::JsonPointer(pointer.to_owned()));
    let Some(compiled) = compile(step, None) else { return };
    let mut slots = vec!["before".to_owned()];
    match extract(&compiled, body, &mut slots) {
        true => assert!(std::str::from_utf8(slots[0].as_bytes()).is_ok()),
        false => assert_eq!(slots[0], "before"),
    }
}

/// A group's number and a pattern in the first line, a body in the rest: what is taken is a part of the body, and
/// what is not taken leaves everything as it was.
pub fn extract_regex(input: &[u8]) {
    let at = input.iter().position(|&byte| byte == b'\n').unwrap_or(input.len());
    let (first, body) = (&input[..at], input.get(at + 1..).unwrap_or_default());
    let (Ok(first), Ok(root)) = (std::str::from_utf8(first), Template::parse("/")) else { return };
    let Some((group, pattern)) = first.split_once(' ') else { return };
    let Ok(group) = group.parse() else { return };
    let source = Source::Regex { pattern: pattern.to_owned(), group };
    let Some(compiled) = compile(Step::new("step", "GET", root).extract("v", source), None) else { return };
    let mut slots = vec!["before".to_owned()];
    match extract(&compiled, body, &mut slots) {
        true => assert!(
            slots[0].is_empty() || body.windows(slots[0].len()).any(|part| part == slots[0].as_bytes())
        ),
        false => assert_eq!(slots[0], "before"),
    }
}

/// An interval log: read or refused, and what was read can be merged.
pub fn interval_log(log: &[u8]) {
    match record::read(log) {
        Ok(entries) => {
            let merged = record::merge(&entries);
            assert!(merged.len() <= entries.len());
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}

/// A compressed body: the same comes out, or the same is refused, in one piece and byte by byte.
pub fn compressed(body: &[u8]) {
    const MOST_BYTES: usize = 1 << 20;
    for coding in ContentCoding::ALL {
        let decoded = |piece: usize| {
            let (mut decoder, mut out) = (Decoder::new(), Vec::new());
            decoder.begin(coding);
            for piece in body.chunks(piece.max(1)) {
                let mut take = |bytes: &[u8]| {
                    out.extend_from_slice(&bytes[..bytes.len().min(MOST_BYTES - out.len())]);
                    out.len() < MOST_BYTES
                };
                match decoder.feed(piece, &mut take) {
                    Ok(true) => {}
                    Ok(false) => return Some(out),
                    Err(_) => return None,
                }
            }
            decoder.is_whole().then_some(out)
        };
        assert_eq!(decoded(body.len()), decoded(1), "{coding:?}");
    }
}
