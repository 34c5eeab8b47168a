//! Servers that are slow, that speak too early or too late, or that never take the connection.
#![allow(clippy::unwrap_used)]

mod common;

use std::collections::BTreeMap;
use std::io::{ErrorKind as IoError, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use common::*;
use rustix::net::{AddressFamily, SocketType};
use swarmlab_intervals::{ErrorKind, Outcome};
use swarmlab_loadgen::{Body, HttpRequest, LoadSpec, Scenario, Step, Wait};

fn only(kind: ErrorKind, count: u64) -> BTreeMap<ErrorKind, u64> {
    [(kind, count)].into()
}

/// Twenty arrivals with a time limit of 0.3 s.
fn impatient(address: SocketAddr) -> LoadSpec {
    let mut spec = spec(address, rate(100.0, 0.2), get("/", Wait::default()));
    spec.timeout_s = 0.3;
    spec
}

/// Runs a load that must have ended long before `bound`.
fn within(bound: Duration, spec: LoadSpec) -> Outcome {
    let begun = Instant::now();
    let outcome = run(spec);
    assert!(begun.elapsed() < bound, "{:?}", begun.elapsed());
    outcome
}

/// One byte each 50 ms: every byte is a sign of life, and yet the limit of the request holds.
#[test]
fn a_slow_loris_runs_into_the_time_limit() {
    let chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    for (before, slowly) in [
        ("", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"),
        ("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n", "a slow body, one byte after the other"),
        (chunked, "1\r\na\r\n1\r\nb\r\n1\r\nc\r\n1\r\nd\r\n1\r\ne\r\n"),
        (chunked, "5;an=\"extension\" that takes its time"),
    ] {
        let turn = AtomicU64::new(0);
        let server = Server::start(move |_, stream| {
            if turn.fetch_add(1, Ordering::SeqCst) % 2 == 1 {
                respond(stream, "200 OK", "", b"");
                return Then::Stay;
            }
            raw(stream, before.as_bytes());
            for byte in slowly.bytes() {
                std::thread::sleep(Duration::from_millis(50));
                if stream.write_all(&[byte]).is_err() {
                    break;
                }
            }
            Then::Close
        });
        let outcome = within(Duration::from_secs(3), impatient(server.address));
        let tally = &outcome.overall.tally;
        assert_eq!((tally.errors(), tally.succeeded), (only(ErrorKind::Timeout, 10), 10), "{before}{slowly}");
        let longest_s = (outcome.end_unix_s - outcome.load_end_unix_s).max(0.0);
        assert!(longest_s < 1.0, "{longest_s} s after the last arrival");
    }
}

/// The answer comes once the client has given up: it belongs to no other request.
#[test]
fn answers_after_the_time_limit_are_nobodys() {
    let server = Server::start(|_, stream| {
        // Ends when the other side closes: then the answer is written all the same.
        let mut rest = [0; 64];
        while stream.read(&mut rest).is_ok_and(|read| read > 0) {}
        respond(stream, "200 OK", "", b"late");
        Then::Close
    });
    let mut closed = spec(server.address, users(4.0, 0.5), get("/", Wait::default()));
    closed.timeout_s = 0.1;
    let outcome = within(Duration::from_secs(3), closed);
    let tally = &outcome.overall.tally;
    assert!(tally.sent >= 4);
    assert_eq!((tally.errors(), tally.succeeded), (only(ErrorKind::Timeout, tally.sent), 0));
    assert_eq!(server.requests(), tally.sent);
}

/// The server says it will not write, but keeps reading.
#[test]
fn a_server_that_ends_its_side_has_closed() {
    let server = Server::start(|_, stream| {
        let _ = stream.shutdown(Shutdown::Write);
        Then::Stay
    });
    let outcome = within(Duration::from_secs(3), impatient(server.address));
    assert_eq!(outcome.overall.tally.errors(), only(ErrorKind::ConnectionClosed, 20));
}

/// An answer that comes when the request is half written is the answer; the rest is not sent to anyone.
#[test]
fn an_answer_may_come_before_the_request_is_complete() {
    for (closes, answer, kind) in [
        (true, "HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\nno", Some(ErrorKind::UnexpectedStatus)),
        (false, "HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\nno", Some(ErrorKind::UnexpectedStatus)),
        (false, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", None),
    ] {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let server = std::thread::spawn(move || {
            let mut open = Vec::new();
            for _ in 0..5 {
                let (mut stream, _) = listener.accept().unwrap();
                let mut head = [0; 1024];
                stream.read_exact(&mut head).unwrap();
                raw(&mut stream, answer.as_bytes());
                // What was not read makes the close a reset.
                if !closes {
                    open.push(stream);
                }
            }
        });
        let upload =
            HttpRequest::new("POST", template("/")).body(Body::Text(template(&"y".repeat(20 << 20))));
        let scenario = Scenario::journey("upload", vec![Step::http("upload", upload)], Wait::default());
        let mut spec = spec(address, rate(20.0, 0.25), scenario);
        spec.timeout_s = 5.0;
        let outcome = within(Duration::from_secs(4), spec);
        server.join().unwrap();
        let tally = &outcome.overall.tally;
        let expected = kind.map_or_else(BTreeMap::new, |kind| only(kind, 5));
        assert_eq!((tally.errors(), tally.completed), (expected, 5), "closes: {closes}, {answer}");
        assert!(tally.bytes_sent < 5 * (20 << 20), "the rest of the bodies was never taken");
        assert_eq!(outcome.connections_opened, 5);
    }
}

/// The kernel takes the connection, the server never does: the request is sent and never answered.
#[test]
fn a_server_that_never_accepts_is_a_timeout() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let outcome = within(Duration::from_secs(3), impatient(listener.local_addr().unwrap()));
    let tally = &outcome.overall.tally;
    assert_eq!((tally.errors(), tally.sent), (only(ErrorKind::Timeout, 20), 20));
}

/// The queue of the listener is full: the kernel does not even take the connection.
#[test]
fn a_full_backlog_is_a_connect_timeout() {
    let listener = rustix::net::socket(AddressFamily::INET, SocketType::STREAM, None).unwrap();
    rustix::net::bind(&listener, &SocketAddr::from(([127, 0, 0, 1], 0))).unwrap();
    rustix::net::listen(&listener, 0).unwrap();
    let listener = TcpListener::from(listener);
    let address = listener.local_addr().unwrap();
    let mut filling = Vec::new();
    let refused = loop {
        match TcpStream::connect_timeout(&address, Duration::from_millis(300)) {
            Ok(stream) => filling.push(stream),
            Err(error) => break error,
        }
        assert!(filling.len() < 64, "the queue is never full");
    };
    assert_eq!(refused.kind(), IoError::TimedOut);
    let outcome = within(Duration::from_secs(3), impatient(address));
    let tally = &outcome.overall.tally;
    assert_eq!((tally.errors(), tally.sent), (only(ErrorKind::ConnectTimeout, 20), 0));
    assert_eq!(outcome.connections_opened, 0);
}
