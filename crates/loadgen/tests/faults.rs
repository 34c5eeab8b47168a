//! Bad servers: each fault is a named error with a count, and the engine goes on.
#![allow(clippy::unwrap_used)]

mod common;

use std::collections::BTreeMap;
use std::net::TcpListener;
use std::time::{Duration, Instant};

use common::*;
use swarmlab_intervals::{ErrorKind, Outcome};
use swarmlab_loadgen::{Body, HttpRequest, Step, Wait};

/// Runs 20 arrivals against a server that answers with `bytes` and does `then`.
fn against(bytes: &'static [u8], then: Then) -> (Outcome, Server) {
    let server = Server::start(move |_, stream| {
        raw(stream, bytes);
        then
    });
    let mut spec = spec(server.address, rate(100.0, 0.2), get("/", Wait::default()));
    spec.limits.max_header_bytes = 1024;
    spec.limits.max_body_bytes = 10_000;
    (run(spec), server)
}

fn only(kind: ErrorKind, count: u64) -> BTreeMap<ErrorKind, u64> {
    [(kind, count)].into()
}

#[test]
fn each_fault_has_its_name() {
    let long_field: &'static [u8] =
        format!("HTTP/1.1 200 OK\r\nA: {}\r\n\r\n", "x".repeat(2000)).leak().as_bytes();
    let faults: [(&'static [u8], Then, ErrorKind); 9] = [
        (b"", Then::Close, ErrorKind::ConnectionClosed),
        (b"", Then::Reset, ErrorKind::ConnectionReset),
        (b"HTTP/1.1 200 OK\r\nContent-Le", Then::Close, ErrorKind::ResponseTruncated),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort", Then::Close, ErrorKind::ResponseTruncated),
        (b"SSH-2.0-OpenSSH_9.2\r\n", Then::Stay, ErrorKind::BadResponse),
        (b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n", Then::Stay, ErrorKind::BadResponse),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", Then::Stay, ErrorKind::BadResponse),
        (long_field, Then::Stay, ErrorKind::HeaderTooLarge),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 10001\r\n\r\n", Then::Stay, ErrorKind::BodyTooLarge),
    ];
    for (bytes, then, kind) in faults {
        let (outcome, server) = against(bytes, then);
        assert_eq!(outcome.overall.tally.errors(), only(kind, 20), "{:?}", String::from_utf8_lossy(bytes));
        assert_eq!((outcome.overall.tally.sent, server.requests()), (20, 20));
    }
}

#[test]
fn unusual_but_valid_answers_succeed() {
    let answers: [(&'static [u8], Then); 7] = [
        (b"HTTP/1.1 200 OK\r\n\r\nuntil the end", Then::Close),
        (b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok", Then::Close),
        (b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok", Then::Close),
        (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", Then::Stay),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nA: b\r\n\r\n", Then::Stay),
        (b"HTTP/1.1 302 Found\r\nLocation: /x\r\nContent-Length: 0\r\n\r\n", Then::Stay),
        (b"HTTP/1.1 204 No Content\r\n\r\n", Then::Stay),
    ];
    for (bytes, then) in answers {
        let (outcome, server) = against(bytes, then);
        assert_eq!(outcome.overall.tally.errors(), [].into(), "{:?}", String::from_utf8_lossy(bytes));
        assert_eq!((outcome.overall.tally.succeeded, server.requests()), (20, 20));
        if then == Then::Close {
            assert_eq!(outcome.connections_opened, 20);
        }
    }
}

#[test]
fn answers_in_pieces_are_whole() {
    let server = Server::start(|_, stream| {
        for piece in b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n".chunks(7)
        {
            raw(stream, piece);
            std::thread::sleep(Duration::from_millis(1));
        }
        Then::Stay
    });
    let outcome = run(spec(server.address, users(3.0, 0.3), get("/", Wait::default())));
    assert_eq!(outcome.overall.tally.errors(), [].into());
    assert_eq!(outcome.overall.tally.succeeded, server.requests());
}

#[test]
fn large_bodies_are_read_and_counted_in_bytes() {
    let body: &'static [u8] = vec![b'x'; 3 << 20].leak();
    let server = Server::start(move |_, stream| {
        respond(stream, "200 OK", "", body);
        Then::Stay
    });
    let outcome = run(spec(server.address, rate(20.0, 0.5), get("/", Wait::default())));
    let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", body.len());
    assert_eq!(outcome.overall.tally.errors(), [].into());
    assert_eq!(outcome.overall.tally.bytes_received, 10 * (head.len() + body.len()) as u64);
    let request = "GET / HTTP/1.1\r\nHost: test.example\r\n\r\n".len() as u64;
    assert_eq!(outcome.overall.tally.bytes_sent, 10 * request);
}

#[test]
fn large_requests_go_out_whole() {
    let server = Server::start(|request, stream| {
        let whole = request.body.len() == 5 << 20 && request.body.iter().all(|&byte| byte == b'y');
        respond(stream, if whole { "200 OK" } else { "400 Bad" }, "", b"");
        Then::Stay
    });
    let mut scenario = get("/", Wait::default());
    let request = HttpRequest::new("POST", template("/")).body(Body::Text(template(&"y".repeat(5 << 20))));
    scenario.classes[0].tasks[0].steps = vec![Step::http("post", request)];
    let outcome = run(spec(server.address, rate(10.0, 0.3), scenario));
    assert_eq!(outcome.overall.tally.errors(), [].into());
    assert_eq!(outcome.overall.tally.succeeded, 3);
    assert!(outcome.overall.tally.bytes_sent > 15 << 20);
}

#[test]
fn silence_is_a_timeout() {
    let server = Server::start(|_, _| Then::Stay);
    let mut silent = spec(server.address, rate(50.0, 0.4), get("/", Wait::default()));
    silent.timeout_s = 0.2;
    let outcome = run(silent);
    assert_eq!(outcome.overall.tally.errors(), only(ErrorKind::Timeout, 20));
    assert_eq!(server.requests(), 20);
    // The limit of a step comes before that of the load.
    let mut silent = spec(server.address, rate(50.0, 0.4), get("/", Wait::default()));
    silent.scenario.classes[0].tasks[0].steps[0].timeout_s = Some(0.2);
    assert_eq!(run(silent).overall.tally.errors(), only(ErrorKind::Timeout, 20));
}

/// An address nobody listens on.
fn nobody() -> std::net::SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

#[test]
fn refused_connections_are_counted_and_not_hammered() {
    let outcome = run(spec(nobody(), rate(100.0, 0.3), get("/", Wait::default())));
    assert_eq!(outcome.overall.tally.errors(), only(ErrorKind::ConnectRefused, 30));
    assert_eq!((outcome.offered, outcome.overall.tally.sent), (30, 0));
    let outcome = run(spec(nobody(), users(3.0, 0.5), get("/", Wait::default())));
    let refused = outcome.overall.tally.errors_of(ErrorKind::ConnectRefused);
    // Three users, one attempt per tenth of a second each.
    assert!((3..=15).contains(&refused), "{refused}");
    assert_eq!(outcome.overall.tally.failed, refused);
}

/// A server that closes after each answer without a word: whether the close is seen before the next request
/// is chance, but nothing is lost, sent twice or made up.
#[test]
fn connections_closed_while_idle_lose_no_count() {
    let server = Server::start(|request, stream| {
        respond(stream, "200 OK", "", b"");
        if request.nth == 2 { Then::Close } else { Then::Stay }
    });
    let outcome = run(spec(server.address, users(4.0, 0.5), get("/", Wait::Constant { s: 0.001 })));
    let tally = &outcome.overall.tally;
    let lost = tally.errors_of(ErrorKind::ConnectionClosed) + tally.errors_of(ErrorKind::ConnectionReset);
    assert_eq!(tally.completed, server.requests());
    assert_eq!(tally.sent, tally.completed + lost);
    assert_eq!(tally.failed, lost);
}

#[test]
fn an_endless_body_is_cut_off() {
    let server = Server::start(|_, stream| {
        use std::io::Write;
        let mut open = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").is_ok();
        while open {
            open = stream.write_all(&[b'x'; 65536]).is_ok();
        }
        Then::Close
    });
    let mut endless = spec(server.address, users(2.0, 0.3), get("/", Wait::default()));
    endless.limits.max_body_bytes = 1 << 20;
    let begun = Instant::now();
    let outcome = run(endless);
    let tally = &outcome.overall.tally;
    assert!(tally.errors_of(ErrorKind::BodyTooLarge) > 0);
    assert_eq!(tally.errors_of(ErrorKind::BodyTooLarge), tally.sent);
    assert!(begun.elapsed() < Duration::from_secs(5));
}
