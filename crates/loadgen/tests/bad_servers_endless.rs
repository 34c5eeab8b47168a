//! Servers that never stop writing. One test in its own process, for the memory of the process is measured.
#![allow(clippy::unwrap_used)]

mod common;

use std::io::Write;
use std::time::{Duration, Instant};

use common::*;
use swarmlab_intervals::ErrorKind;
use swarmlab_loadgen::{Scenario, Source, Step, Wait};

const MAX_HEADER_BYTES: usize = 16 << 10;
const MAX_BODY_BYTES: u64 = 256 << 10;
/// What the engine reads at once; what exceeds a limit is found only after it was read.
const READ_BYTES: u64 = 64 << 10;

/// Memory of this process in RAM, bytes.
fn resident_bytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().strip_suffix(" kB").unwrap().parse::<u64>().unwrap() << 10
}

/// Answers with `first`, then with `again` for ever. The bytes received per request and the growth of memory.
fn endless(first: &'static str, again: &'static str, extract: bool) -> (ErrorKind, u64, u64) {
    let server = Server::start(move |_, stream| {
        let piece = again.repeat(4096 / again.len() + 1);
        let mut open = stream.write_all(first.as_bytes()).is_ok();
        while open {
            open = stream.write_all(piece.as_bytes()).is_ok();
        }
        Then::Close
    });
    let mut scenario = get("/", Wait::default());
    if extract {
        let from = Source::JsonPointer("/a".to_owned());
        let step = Step::new("get", "GET", template("/")).extract("a", from);
        scenario = Scenario::journey("extract", vec![step], Wait::default());
    }
    let mut spec = spec(server.address, users(4.0, 0.4), scenario);
    spec.limits.max_header_bytes = MAX_HEADER_BYTES;
    spec.limits.max_body_bytes = MAX_BODY_BYTES;
    let before = resident_bytes();
    let begun = Instant::now();
    let outcome = run(spec);
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
    let tally = &outcome.overall.tally;
    assert!(tally.sent >= 4, "{again:?}");
    let errors = tally.errors();
    assert_eq!(errors.values().sum::<u64>(), tally.sent, "{again:?}");
    assert_eq!(errors.len(), 1, "{again:?}: {errors:?}");
    let kind = *errors.keys().next().unwrap();
    (kind, tally.bytes_received / tally.sent, resident_bytes().saturating_sub(before))
}

#[test]
fn whatever_has_no_end_is_cut_off_early() {
    const CHUNKED: &str = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    let head = MAX_HEADER_BYTES as u64 + READ_BYTES;
    let body = MAX_BODY_BYTES + READ_BYTES + 100;
    // The first run makes the buffers that all others use.
    endless("HTTP/1.1 200 OK\r\n\r\n", "x", true);
    let before = resident_bytes();
    for (first, again, extract, kind, bound) in [
        ("HTTP/1.1 200 OK\r\nA: ", "x", false, ErrorKind::HeaderTooLarge, head),
        ("HTTP/1.1 200 OK\r\n", "A: b\r\n", false, ErrorKind::HeaderTooLarge, head),
        ("HTTP/1.1 200 ", "why not ", false, ErrorKind::HeaderTooLarge, head),
        ("", "\r\n", false, ErrorKind::HeaderTooLarge, head),
        ("", "HTTP/1.1 103 Early Hints\r\n\r\n", false, ErrorKind::HeaderTooLarge, head),
        ("", "HTTP/1.1 100 Continue\r\nA: b\r\n\r\n", false, ErrorKind::HeaderTooLarge, head),
        (
            CHUNKED,
            "1;extension=0123456789012345678901234567890\r\nx\r\n",
            false,
            ErrorKind::HeaderTooLarge,
            head,
        ),
        (
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;",
            "e",
            false,
            ErrorKind::HeaderTooLarge,
            head,
        ),
        (
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n",
            "T: v\r\n",
            false,
            ErrorKind::HeaderTooLarge,
            head,
        ),
        (CHUNKED, "1\r\nx\r\n", false, ErrorKind::BodyTooLarge, 6 * body),
        ("HTTP/1.1 200 OK\r\n\r\n", "endless ", false, ErrorKind::BodyTooLarge, body),
        ("HTTP/1.1 200 OK\r\n\r\n", "[1,2,", true, ErrorKind::BodyTooLarge, body),
        ("", "endless and senseless ", false, ErrorKind::BadResponse, READ_BYTES),
    ] {
        let (found, received_bytes, grown_bytes) = endless(first, again, extract);
        assert_eq!(found, kind, "{first:?} {again:?}");
        assert!(received_bytes <= bound, "{first:?} {again:?}: {received_bytes} bytes a request");
        assert!(grown_bytes < 8 << 20, "{first:?} {again:?}: {grown_bytes} bytes of memory");
    }
    let grown_bytes = resident_bytes().saturating_sub(before);
    assert!(grown_bytes < 16 << 20, "{grown_bytes} bytes of memory over all");
}
