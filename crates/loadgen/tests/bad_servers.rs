//! Servers that answer nonsense: every second request meets the fault, the others succeed. Each fault is
//! counted under its name, exactly.
#![allow(clippy::unwrap_used)]

mod common;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use common::*;
use swarmlab_intervals::{ErrorKind, Outcome};
use swarmlab_loadgen::{Scenario, Source, Step, Wait};

/// Arrivals of one run.
const ARRIVALS: u64 = 20;
const RATE_PER_S: f64 = 400.0;
/// Time limit of a request.
const TIMEOUT_S: f64 = 0.3;

type Fault = (&'static str, Vec<u8>, Then);

fn fault(name: &'static str, bytes: impl AsRef<[u8]>, then: Then) -> Fault {
    (name, bytes.as_ref().to_vec(), then)
}

/// Runs arrivals of which every second is answered with the fault, every other one as it should be. Ends in
/// bounded time, has sent every request once and panicked nowhere.
fn mixed((name, bytes, then): Fault) -> Outcome {
    let turn = AtomicU64::new(0);
    let server = Server::start(move |_, stream| {
        if turn.fetch_add(1, Ordering::SeqCst).is_multiple_of(2) {
            raw(stream, &bytes);
            return then;
        }
        respond(stream, "200 OK", "", b"{\"a\":\"good\"}");
        Then::Stay
    });
    let mut spec =
        spec(server.address, rate(RATE_PER_S, ARRIVALS as f64 / RATE_PER_S), get("/", Wait::default()));
    spec.limits.max_header_bytes = 1024;
    spec.limits.max_body_bytes = 10_000;
    spec.timeout_s = TIMEOUT_S;
    let begun = Instant::now();
    let outcome = run(spec);
    assert!(begun.elapsed() < Duration::from_secs(5), "{name}: {:?}", begun.elapsed());
    assert_eq!((outcome.overall.tally.sent, server.requests()), (ARRIVALS, ARRIVALS), "{name}");
    assert_eq!(server.requests_of("/"), ARRIVALS, "{name}: nothing else was asked for");
    outcome
}

fn each_is(kind: ErrorKind, faults: Vec<Fault>) {
    for fault in faults {
        let name = fault.0;
        let outcome = mixed(fault);
        let tally = &outcome.overall.tally;
        let expected: BTreeMap<_, _> = [(kind, ARRIVALS / 2)].into();
        assert_eq!((tally.errors(), tally.succeeded), (expected, ARRIVALS / 2), "{name}");
        // What is no answer is told with the reason.
        let told = outcome.first_errors.get(&kind).map_or("", String::as_str);
        assert!(kind != ErrorKind::BadResponse || told.len() > 30, "{name}: {told:?}");
        let hint = match name {
            "a record of TLS" => "https://",
            "an HTTP/2 frame of settings" => "--http2",
            "an HTTP/0.9 page" => "it begins with `<html><body>",
            "two lengths in two fields" => "two different `Content-Length`s",
            "no size" => "the size of a chunk is none",
            _ => "",
        };
        assert!(told.contains(hint), "{name}: {told:?}");
    }
}

/// A head with this field.
fn with(field: &str) -> String {
    format!("HTTP/1.1 200 OK\r\n{field}\r\n\r\n")
}

const CHUNKED: &str = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";

#[test]
fn what_is_no_http_1_response_is_a_bad_response() {
    each_is(
        ErrorKind::BadResponse,
        vec![
            fault("an HTTP/0.9 page", "<html><body>It works!</body></html>\n", Then::Close),
            fault("an HTTP/2 frame of settings", b"\0\0\x06\x04\0\0\0\0\0\0\x03\0\0\0\x64", Then::Stay),
            fault("the preface of HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", Then::Stay),
            fault("HTTP/2 in words", "HTTP/2 200 OK\r\nContent-Length: 0\r\n\r\n", Then::Stay),
            fault("HTTP/1.2", "HTTP/1.2 200 OK\r\nContent-Length: 0\r\n\r\n", Then::Stay),
            fault("a record of TLS", b"\x15\x03\x01\x00\x02\x02\x16", Then::Close),
            fault("a request", "GET / HTTP/1.1\r\nHost: x\r\n\r\n", Then::Stay),
            fault("a status of two digits", "HTTP/1.1 20 OK\r\n\r\n", Then::Stay),
            fault("a status of four digits", "HTTP/1.1 2000 OK\r\n\r\n", Then::Stay),
            fault("a status of letters", "HTTP/1.1 OK 200\r\n\r\n", Then::Stay),
            fault("zero bytes", [0; 64], Then::Stay),
        ],
    );
}

#[test]
fn fields_that_cannot_be_fields_are_a_bad_response() {
    each_is(
        ErrorKind::BadResponse,
        vec![
            fault("a zero in a value", with("X: a\0b"), Then::Stay),
            fault("a zero in a name", with("X\0: a"), Then::Stay),
            fault("a bare return in a value", with("X: a\rb"), Then::Stay),
            fault("a field without a colon", with("nothing"), Then::Stay),
            fault("a field without a name", with(": x"), Then::Stay),
            fault("a space before the colon", with("Content-Length : 0"), Then::Stay),
            fault("a fold before the first field", with(" a: b"), Then::Stay),
            fault("a folded name", with("X\r\n Y: b"), Then::Stay),
        ],
    );
}

#[test]
fn lengths_that_make_no_sense_are_a_bad_response() {
    each_is(
        ErrorKind::BadResponse,
        vec![
            fault("a negative length", with("Content-Length: -5"), Then::Stay),
            fault("a length with a sign", with("Content-Length: +5"), Then::Stay),
            fault("a hexadecimal length", with("Content-Length: 0x5"), Then::Stay),
            fault("an empty length", with("Content-Length:"), Then::Stay),
            fault("a fraction", with("Content-Length: 5.0"), Then::Stay),
            fault("two lengths in one field", with("Content-Length: 5, 6"), Then::Stay),
            fault("two lengths in two fields", with("Content-Length: 5\r\nContent-Length: 6"), Then::Stay),
            fault("a length beyond 64 bits", with("Content-Length: 18446744073709551616"), Then::Stay),
        ],
    );
}

#[test]
fn broken_chunks_are_a_bad_response() {
    let broken = |name, body: &str| fault(name, format!("{CHUNKED}{body}"), Then::Stay);
    each_is(
        ErrorKind::BadResponse,
        vec![
            broken("a negative size", "-1\r\n"),
            broken("a size with a prefix", "0x2\r\nok\r\n"),
            broken("a size beyond 60 bits", "ffffffffffffffff\r\n"),
            broken("no size", "\r\n"),
            broken("a space before the size", " 2\r\nok\r\n"),
            broken("data longer than its size", "2\r\nokay\r\n0\r\n\r\n"),
            broken("data without its line end", "2\r\nok0\r\n\r\n"),
            broken("a line end without a return", "2\nok\n0\n\n"),
            broken("a bare return after the size", "2\rok"),
            broken("an extension that ends too early", "2;a\nok\r\n"),
        ],
    );
}

#[test]
fn floods_of_fields_are_too_large() {
    let extended = |size: usize| format!("1;{}\r\nx\r\n", "e".repeat(size));
    let interim = "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n";
    each_is(
        ErrorKind::HeaderTooLarge,
        vec![
            fault("101 fields", with(&vec!["A:b"; 101].join("\r\n")), Then::Stay),
            fault(
                "one field without an end",
                format!("HTTP/1.1 200 OK\r\nA: {}", "x".repeat(1100)),
                Then::Stay,
            ),
            fault("a long name", with(&format!("{}: x", "n".repeat(1100))), Then::Stay),
            fault("a long reason", format!("HTTP/1.1 200 {}\r\n\r\n", "r".repeat(1100)), Then::Stay),
            fault("empty lines", "\r\n".repeat(600), Then::Stay),
            fault("long trailers", format!("{CHUNKED}0\r\nA: {}\r\n\r\n", "x".repeat(1100)), Then::Stay),
            fault("many trailers", format!("{CHUNKED}0\r\n{}\r\n", "A: b\r\n".repeat(200)), Then::Stay),
            fault("one long extension", format!("{CHUNKED}{}", extended(17 << 10)), Then::Stay),
            fault("many short extensions", format!("{CHUNKED}{}", extended(10).repeat(1600)), Then::Stay),
            fault("interim responses without an end", interim.repeat(30), Then::Stay),
        ],
    );
}

#[test]
fn bodies_beyond_the_limit_are_too_large() {
    let chunk = format!("3e8\r\n{}\r\n", "x".repeat(1000));
    each_is(
        ErrorKind::BodyTooLarge,
        vec![
            fault("the largest length", with("Content-Length: 18446744073709551615"), Then::Stay),
            fault("chunks", format!("{CHUNKED}{}", chunk.repeat(11)), Then::Stay),
            fault("until the close", format!("HTTP/1.1 200 OK\r\n\r\n{}", "x".repeat(10_001)), Then::Close),
        ],
    );
}

#[test]
fn answers_that_break_off_are_named_by_how() {
    let half = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort";
    let chunks = format!("{CHUNKED}5\r\nhel");
    each_is(
        ErrorKind::ConnectionReset,
        vec![
            fault("a reset in the head", "HTTP/1.1 200 OK\r\nContent-Le", Then::Reset),
            fault("a reset in the body", half, Then::Reset),
            fault("a reset in a chunk", &chunks, Then::Reset),
            fault("a reset in a body without a length", "HTTP/1.1 200 OK\r\n\r\nsome", Then::Reset),
        ],
    );
    each_is(
        ErrorKind::ResponseTruncated,
        vec![
            fault("a close in a chunk", &chunks, Then::Close),
            fault("a close before the last chunk", format!("{CHUNKED}2\r\nok\r\n"), Then::Close),
            fault("a close in the trailers", format!("{CHUNKED}0\r\nA: b\r\n"), Then::Close),
            fault("a close after an interim response", "HTTP/1.1 100 Continue\r\n\r\n", Then::Close),
        ],
    );
    each_is(
        ErrorKind::Timeout,
        vec![
            fault("a length that is too long", half, Then::Stay),
            fault("chunks without an end", format!("{CHUNKED}2\r\nok\r\n"), Then::Stay),
            fault("an interim response and no other", "HTTP/1.1 103 Early Hints\r\n\r\n", Then::Stay),
        ],
    );
}

#[test]
fn statuses_nobody_asked_for_are_unexpected() {
    let upgrade = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n\0\0\0\x04";
    each_is(
        ErrorKind::UnexpectedStatus,
        vec![
            fault("another protocol", upgrade, Then::Stay),
            fault("status 999", "HTTP/1.1 999 What\r\nContent-Length: 0\r\n\r\n", Then::Stay),
            fault("status 000", "HTTP/1.1 000 Nothing\r\nContent-Length: 0\r\n\r\n", Then::Stay),
            fault("an error and a close", "HTTP/1.1 503 Busy\r\n\r\nlater", Then::Close),
        ],
    );
}

/// What is odd but can be read is read; what follows the answer is never taken for the next one.
#[test]
fn odd_answers_succeed_and_spoil_no_other() {
    let two = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 500 No\r\nContent-Length: 2\r\n\r\nno";
    let redirect = "HTTP/1.1 301 Moved\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n";
    let both =
        "HTTP/1.1 200 OK\r\nContent-Length: 400\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n";
    let reset = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
    // Whether the connection may be used again.
    let answers = [
        (fault("two answers at once", two, Then::Stay), false),
        (fault("a length that is too short", with("Content-Length: 2") + "okay", Then::Stay), false),
        (
            fault(
                "a body where there is none",
                "HTTP/1.1 204 No\r\nContent-Length: 5\r\n\r\nhello",
                Then::Stay,
            ),
            false,
        ),
        (fault("both framings", both, Then::Stay), false),
        (fault("a reset after the answer", reset, Then::Reset), false),
        (fault("a redirect", redirect, Then::Stay), true),
        (fault("a redirect to itself", redirect.replace("elsewhere", ""), Then::Stay), true),
        (
            fault("the same length twice", with("Content-Length: 2\r\nContent-Length: 2") + "ok", Then::Stay),
            true,
        ),
        (fault("bare line ends", "HTTP/1.1 200 OK\nContent-Length: 2\n\nok", Then::Stay), true),
        (
            fault(
                "an unknown encoding",
                with("Content-Encoding: xz\r\nContent-Length: 2") + "ok",
                Then::Stay,
            ),
            true,
        ),
        (fault("no reason", "HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n", Then::Stay), true),
        (fault("many interim responses", "HTTP/1.1 103 E\r\n\r\n".repeat(20) + reset, Then::Stay), true),
        (fault("leading zeros", with("Content-Length: 0000000000000000000000002") + "ok", Then::Stay), true),
    ];
    for (fault, reusable) in answers {
        let name = fault.0;
        let is_redirect = name.starts_with("a redirect");
        let outcome = mixed(fault);
        let tally = &outcome.overall.tally;
        assert_eq!((tally.errors(), tally.succeeded), ([].into(), ARRIVALS), "{name}");
        assert_eq!(tally.statuses.class(3), if is_redirect { ARRIVALS / 2 } else { 0 }, "{name}");
        if !reusable {
            assert!(outcome.connections_opened > ARRIVALS / 2, "{name}: {}", outcome.connections_opened);
        }
    }
}

/// A compressed body is not what the step extracts from; nothing is guessed.
#[test]
fn a_compressed_body_fails_extraction_only_where_it_comes() {
    // printf '{"a":"zip"}' | gzip -n
    let zipped = b"\x1f\x8b\x08\0\0\0\0\0\0\x03\xabVJT\xb2R\xaa\xca,P\xaa\x05\0Mz\xabc\x0b\0\0\0";
    let turn = AtomicU64::new(0);
    let server = Server::start(move |_, stream| {
        match turn.fetch_add(1, Ordering::SeqCst).is_multiple_of(2) {
            true => respond(stream, "200 OK", "Content-Encoding: gzip\r\n", zipped),
            false => respond(stream, "200 OK", "", b"{\"a\":\"plain\"}"),
        }
        Then::Stay
    });
    let from = Source::JsonPointer("/a".to_owned());
    let step = Step::new("get", "GET", template("/")).extract("a", from);
    let scenario = Scenario::journey("extract", vec![step], Wait::default());
    let outcome = run(spec(server.address, rate(100.0, 0.2), scenario));
    let expected: BTreeMap<_, _> = [(ErrorKind::ExtractionFailed, 10)].into();
    assert_eq!((outcome.overall.tally.errors(), outcome.overall.tally.succeeded), (expected, 10));
}
