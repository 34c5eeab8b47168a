//! Answers that come compressed: asked for, not asked for, damaged, and larger than they look.
#![allow(clippy::unwrap_used)]

mod common;
#[path = "common/h2.rs"]
mod h2;

use std::io::Write;

use common::*;
use flate2::Compression;
use flate2::write::{GzEncoder, ZlibEncoder};
use swarmlab_intervals::{ErrorKind, Outcome};
use swarmlab_loadgen::{Check, ContentCoding, HttpRequest, HttpVersion, Scenario, Source, Step, Wait};

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

fn zlib(text: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

/// Takes a token out of the body of `/token` and shows it at `/show`.
fn journey(codings: &[ContentCoding]) -> Scenario {
    let mut request = HttpRequest::new("GET", template("/token"));
    for &coding in codings {
        request = request.accept_encoding(coding);
    }
    let take = Step::http("take", request)
        .check(Check::BodyContains("\"kind\":\"token\"".into()))
        .extract("token", Source::JsonPointer("/token".into()));
    let show = Step::new("show", "GET", template("/show?t={{token}}"));
    Scenario::journey("journey", vec![take, show], Wait::Constant { s: 0.01 })
}

const TOKEN: &[u8] = b"{\"kind\":\"token\",\"token\":\"t42\"}";

/// Runs the journey against a server that answers `/token` with these fields and this body, in pieces so long.
fn take(fields: &'static str, body: Vec<u8>, codings: &[ContentCoding], piece: usize) -> (Outcome, Server) {
    let server = Server::start(move |request, stream| {
        if request.path.starts_with("/show") {
            let status = if request.path == "/show?t=t42" { "200 OK" } else { "403 Forbidden" };
            respond(stream, status, "", b"");
            return Then::Stay;
        }
        let asked = request.header("accept-encoding").unwrap_or("none");
        let head =
            format!("HTTP/1.1 200 OK\r\nX-Asked: {asked}\r\n{fields}Transfer-Encoding: chunked\r\n\r\n");
        raw(stream, head.as_bytes());
        for piece in body.chunks(piece) {
            raw(stream, format!("{:x}\r\n", piece.len()).as_bytes());
            raw(stream, &[piece, b"\r\n"].concat());
        }
        raw(stream, b"0\r\n\r\n");
        Then::Stay
    });
    let mut spec = spec(server.address, users(2.0, 0.2), journey(codings));
    spec.limits.max_body_bytes = 1 << 20;
    (run(spec), server)
}

#[test]
fn what_was_asked_for_is_taken_off_before_anything_looks_at_the_body() {
    let [gzip_only, both] = [&[ContentCoding::Gzip][..], &[ContentCoding::Gzip, ContentCoding::Deflate]];
    for (fields, body, codings, piece) in [
        ("Content-Encoding: gzip\r\n", gzip(TOKEN), gzip_only, 4096),
        ("content-encoding: X-GZIP\r\n", gzip(TOKEN), gzip_only, 3),
        ("Content-Encoding: deflate\r\n", zlib(TOKEN), both, 5),
        // A target need not compress, and may say that it does not.
        ("", TOKEN.to_vec(), gzip_only, 4096),
        ("Content-Encoding: identity\r\n", TOKEN.to_vec(), both, 4096),
    ] {
        let (outcome, server) = take(fields, body.clone(), codings, piece);
        assert_eq!(outcome.overall.tally.errors(), [].into(), "{fields} {:?}", outcome.first_errors);
        assert_eq!(outcome.endpoints[1].tally.succeeded, server.requests_of("/show"));
        assert!(server.requests_of("/show") > 0);
        // What is counted is what came.
        let taken = &outcome.endpoints[0].tally;
        assert_eq!(taken.body_bytes, taken.completed * body.len() as u64);
    }
}

#[test]
fn it_is_asked_for_by_a_header() {
    let request = HttpRequest::new("GET", template("/"))
        .accept_encoding(ContentCoding::Gzip)
        .accept_encoding(ContentCoding::Deflate);
    let scenario = Scenario::journey("s", vec![Step::http("s", request)], Wait::Constant { s: 0.01 });
    let server = Server::start(|request, stream| {
        let is_asked = request.header("accept-encoding") == Some("gzip, deflate");
        // Nobody looks at this body, so nobody minds that it is no gzip.
        let status = if is_asked { "200 OK" } else { "400 Bad Request" };
        respond(stream, status, "Content-Encoding: gzip\r\n", b"no gzip");
        Then::Stay
    });
    let outcome = run(spec(server.address, users(1.0, 0.2), scenario));
    assert_eq!(outcome.overall.tally.errors(), [].into());
    assert!(outcome.overall.tally.succeeded > 0);
}

#[test]
fn a_coding_that_was_not_asked_for_is_what_the_first_error_tells() {
    let unasked = "the answer is encoded with gzip: set accept_encoding";
    let brotli = "the answer is encoded with br, which was not asked for";
    let twice = "the answer is encoded with gzip, gzip, which was not asked for";
    let asked = &[ContentCoding::Gzip][..];
    for (fields, codings, kind, text) in [
        ("Content-Encoding: gzip\r\n", &[][..], ErrorKind::CheckFailed, unasked),
        ("Content-Encoding: br\r\n", asked, ErrorKind::BadResponse, brotli),
        ("Content-Encoding: gzip\r\nContent-Encoding: gzip\r\n", asked, ErrorKind::BadResponse, twice),
    ] {
        let (outcome, server) = take(fields, gzip(TOKEN), codings, 4096);
        let errors = outcome.overall.tally.errors();
        assert_eq!(errors, [(kind, server.requests())].into(), "{fields}");
        assert_eq!(outcome.first_errors[&kind], format!("test.example: {text}"));
    }
}

#[test]
fn damaged_and_overlong_bodies_are_named() {
    let whole = gzip(TOKEN);
    let cut = whole[..whole.len() - 3].to_vec();
    let mut changed = whole.clone();
    changed[12] ^= 0x55;
    // A million zeros fit into the limit, a gigabyte of them does not; 1 MiB is it.
    let fits = [&TOKEN[..TOKEN.len() - 1], b",\"z\":\"", &vec![b'0'; 1_000_000], b"\"}"].concat();
    let bomb = gzip(&vec![0; 20 << 20]);
    assert!(bomb.len() < 30_000);
    for (body, expected) in [
        (cut, Some((ErrorKind::BadResponse, "and cut off"))),
        (changed, Some((ErrorKind::BadResponse, "does not decompress"))),
        (TOKEN.to_vec(), Some((ErrorKind::BadResponse, "does not decompress"))),
        (bomb, Some((ErrorKind::BodyTooLarge, "too large without"))),
        (gzip(&fits), None),
    ] {
        let (outcome, server) = take("Content-Encoding: gzip\r\n", body, &[ContentCoding::Gzip], 16 << 10);
        match expected {
            None => assert_eq!(outcome.overall.tally.errors(), [].into()),
            Some((kind, text)) => {
                assert_eq!(outcome.overall.tally.errors(), [(kind, server.requests())].into());
                assert!(outcome.first_errors[&kind].ends_with(text), "{:?}", outcome.first_errors);
            }
        }
    }
}

#[test]
fn on_a_shared_connection_a_damaged_body_ends_its_own_request_only() {
    let (whole, mut changed) = (gzip(TOKEN), gzip(TOKEN));
    changed[12] ^= 0x55;
    let (address, connections) = h2::serve(&[], move |peer, stream| {
        // `:status: 200`, `content-encoding: gzip`. Every third answer is damaged; all come in two pieces.
        peer.frame(h2::HEADERS, h2::END_HEADERS, stream, b"\x88\x0f\x0b\x04gzip");
        let body = if peer.requests.is_multiple_of(3) { &changed } else { &whole };
        peer.frame(h2::DATA, 0, stream, &body[..7]);
        peer.frame(h2::DATA, h2::END, stream, &body[7..]);
        true
    });
    let request = HttpRequest::new("GET", template("/")).accept_encoding(ContentCoding::Gzip);
    let step = Step::http("take", request).check(Check::BodyContains("t42".into()));
    let scenario = Scenario::journey("s", vec![step], Wait::default());
    let mut spec = spec(address, rate(300.0, 0.2), scenario);
    spec.targets[0].http = HttpVersion::Http2;
    let outcome = run(spec);
    assert_eq!(outcome.overall.tally.errors(), [(ErrorKind::BadResponse, 20)].into(), "{outcome:?}");
    assert_eq!(outcome.overall.tally.succeeded, 40);
    assert_eq!(connections.load(std::sync::atomic::Ordering::SeqCst), 1);
}
