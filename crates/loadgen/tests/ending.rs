//! How a load ends: by itself, stopped, aborted, or out of patience.
#![allow(clippy::unwrap_used)]

mod common;

use std::time::{Duration, Instant};

use common::*;
use swarmlab_intervals::{End, ErrorKind};
use swarmlab_loadgen::Wait;

fn slow_server(delay: Duration) -> Server {
    Server::start(move |_, stream| {
        std::thread::sleep(delay);
        respond(stream, "200 OK", "", b"");
        Then::Stay
    })
}

#[test]
fn stop_lets_requests_finish() {
    for model in [users(5.0, 60.0), rate(50.0, 60.0)] {
        let server = slow_server(Duration::from_millis(150));
        let handle = swarmlab_loadgen::start(spec(server.address, model, get("/", Wait::default()))).unwrap();
        let stopper = handle.control();
        // The second interval has come: the load is under way.
        assert_eq!(handle.intervals().recv().unwrap().index, 0);
        stopper.stop();
        for _ in handle.intervals() {}
        let outcome = handle.join().unwrap();
        let tally = &outcome.overall.tally;
        assert_eq!(outcome.end, End::Stopped);
        assert_eq!(tally.errors(), [].into());
        assert_eq!((tally.sent, tally.succeeded), (server.requests(), server.requests()));
        assert!(tally.sent > 0);
        assert!(outcome.end_unix_s - outcome.start_unix_s < 5.0);
        assert!(outcome.load_end_unix_s <= outcome.end_unix_s);
    }
}

#[test]
fn abort_ends_at_once_and_counts_what_it_cuts() {
    let server = slow_server(Duration::from_secs(5));
    let mut long = spec(server.address, rate(50.0, 60.0), get("/", Wait::default()));
    long.limits.max_in_flight = 8;
    long.threads = 2;
    let handle = swarmlab_loadgen::start(long).unwrap();
    assert_eq!(handle.intervals().recv().unwrap().index, 0);
    let begun = Instant::now();
    handle.abort();
    let outcome = finish_after_first(handle);
    assert!(begun.elapsed() < Duration::from_secs(3));
    assert_eq!(outcome.end, End::Aborted);
    assert_eq!(outcome.overall.tally.errors(), [(ErrorKind::Aborted, 8)].into());
    let abandoned = outcome.unassigned_errors[&ErrorKind::Abandoned];
    assert_eq!(outcome.offered, 8 + abandoned);
}

fn finish_after_first(handle: swarmlab_loadgen::LoadHandle) -> swarmlab_intervals::Outcome {
    for _ in handle.intervals() {}
    handle.join().unwrap()
}

#[test]
fn patience_ends_with_the_drain_time() {
    let server = slow_server(Duration::from_secs(5));
    for (model, sent) in [(users(3.0, 0.2), 3), (rate(20.0, 0.2), 4)] {
        let mut impatient = spec(server.address, model, get("/", Wait::default()));
        impatient.drain_s = 0.3;
        let outcome = run(impatient);
        assert_eq!(outcome.end, End::Completed);
        assert_eq!(outcome.overall.tally.errors(), [(ErrorKind::Aborted, sent)].into());
        let length_s = outcome.end_unix_s - outcome.start_unix_s;
        assert!((0.49..3.0).contains(&length_s), "{length_s}");
    }
}

#[test]
fn a_load_stopped_before_its_start_sends_nothing() {
    let server = Server::plain();
    let mut later = spec(server.address, rate(100.0, 1.0), get("/", Wait::default()));
    let now_s = std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap().as_secs_f64();
    later.start_unix_s = Some(now_s + 3600.0);
    let handle = swarmlab_loadgen::start(later).unwrap();
    handle.stop();
    let outcome = finish_after_first(handle);
    assert_eq!((outcome.offered, outcome.intervals, server.requests()), (0, 0, 0));
    assert_eq!(outcome.end, End::Stopped);
}

#[test]
fn dropping_the_handle_ends_the_load() {
    let server = Server::plain();
    let handle =
        swarmlab_loadgen::start(spec(server.address, users(2.0, 3600.0), get("/", Wait::default()))).unwrap();
    assert_eq!(handle.intervals().recv().unwrap().index, 0);
    drop(handle);
    // The connections end, so their threads do and the count stands still.
    let begun = Instant::now();
    loop {
        let before = server.requests();
        std::thread::sleep(Duration::from_millis(100));
        if server.requests() == before {
            break;
        }
        assert!(begun.elapsed() < Duration::from_secs(10));
    }
}
