//! The open model: exact arrivals, and waits that are not hidden.
#![allow(clippy::unwrap_used)]

mod common;

use std::sync::OnceLock;
use std::time::{Duration, Instant};

use common::*;
use swarmlab_intervals::{ErrorKind, duration_s};
use swarmlab_loadgen::{LoadError, Model, Scenario, Step, Wait};
use swarmlab_shapes::{Arrivals, Schedule};

#[test]
fn every_arrival_of_the_schedule_is_sent() {
    let server = Server::plain();
    let mut spec = spec(server.address, rate(500.0, 1.0), get("/", Wait::default()));
    spec.threads = 2;
    let handle = swarmlab_loadgen::start(spec).unwrap();
    let offered: Vec<u64> = handle.intervals().iter().map(|interval| interval.offered).collect();
    let outcome = handle.join().unwrap();
    // Each interval has exactly its share, however late the threads are.
    assert_eq!(offered[..4], [125, 125, 125, 125], "{offered:?}");
    assert!(offered[4..].iter().all(|&count| count == 0));
    assert_eq!((outcome.offered, outcome.overall.tally.succeeded, server.requests()), (500, 500, 500));
}

#[test]
fn poisson_arrivals_are_those_of_the_schedule() {
    let server = Server::plain();
    let shape = constant(400.0, 0.5);
    let expected = Schedule::new(&shape, Arrivals::Poisson, 3).count() as u64;
    let model = Model::Open { rate_per_s: shape, arrivals: Arrivals::Poisson };
    let mut spec = spec(server.address, model, get("/", Wait::default()));
    spec.seed = 3;
    assert_eq!(run(spec).overall.tally.sent, expected);
    assert_eq!(server.requests(), expected);
}

#[test]
fn sessions_go_through_the_steps_in_order() {
    let server = Server::plain();
    let steps = ["a", "b", "c"].map(|name| Step::new(name, "GET", template(&format!("/{name}"))));
    let scenario = Scenario::journey("s", steps.into(), Wait::default());
    let outcome = run(spec(server.address, rate(300.0, 0.5), scenario));
    let counts: Vec<u64> = outcome.endpoints.iter().map(|endpoint| endpoint.tally.succeeded).collect();
    assert_eq!(counts.iter().sum::<u64>(), 150);
    assert_eq!(outcome.iterations_completed, counts[2]);
    assert!(counts[0] >= counts[1] && counts[1] >= counts[2] && counts[2] > 0, "{counts:?}");
    for (name, count) in ["/a", "/b", "/c"].iter().zip(&counts) {
        assert_eq!(server.requests_of(name), *count);
    }
}

/// A server frozen for 0.5 s of 2.5 s: a fifth of the requests arrives in the pause, evenly, and waits for its
/// end, so P(response > x) = (0.5 - x) / 2.5: p90 at 0.25 s, p99 at 0.475 s. A generator that waits for
/// answers before it sends would see next to none of it. A machine busy with other things adds pauses of its
/// own, hence three attempts; an error of the engine fails them all.
#[test]
fn a_frozen_server_is_felt_by_all_who_arrive_meanwhile() {
    let mut seen = Vec::new();
    for _ in 0..3 {
        let quantiles = frozen();
        let [p50, p90, p99] = quantiles;
        // No machine makes a pause shorter than it was.
        assert!(p90 > 0.21 && p99 > 0.435, "{quantiles:?}");
        if p50 < 0.1 && (p90 - 0.25).abs() < 0.04 && (p99 - 0.475).abs() < 0.04 {
            return;
        }
        seen.push(quantiles);
    }
    panic!("{seen:?}");
}

/// The quantiles of the response times, seconds.
fn frozen() -> [f64; 3] {
    let frozen_from: OnceLock<Instant> = OnceLock::new();
    let server = Server::start(move |_, stream| {
        let from = *frozen_from.get_or_init(|| Instant::now() + Duration::from_secs(1));
        let until = from + Duration::from_millis(500);
        if Instant::now() >= from {
            std::thread::sleep(until.saturating_duration_since(Instant::now()));
        }
        respond(stream, "200 OK", "", b"");
        Then::Stay
    });
    let outcome = run(spec(server.address, rate(200.0, 2.5), get("/", Wait::default())));
    assert_eq!((outcome.offered, outcome.overall.tally.succeeded), (500, 500));
    [0.5, 0.9, 0.99].map(|quantile| duration_s(outcome.overall.response.value_at_quantile(quantile)))
}

#[test]
fn what_waits_for_a_slot_keeps_its_moment_and_what_exceeds_the_queue_is_counted() {
    let server = Server::start(|_, stream| {
        std::thread::sleep(Duration::from_millis(50));
        respond(stream, "200 OK", "", b"");
        Then::Stay
    });
    let mut spec = spec(server.address, rate(200.0, 0.5), get("/", Wait::default()));
    spec.limits.max_in_flight = 1;
    spec.limits.max_queue = 10;
    let outcome = run(spec);
    let full = outcome.unassigned_errors[&ErrorKind::QueueFull];
    // One request per 50 ms for 0.5 s, then the ten in the queue.
    assert_eq!(outcome.offered, 100);
    assert_eq!(outcome.overall.tally.sent + full, 100);
    assert_eq!(server.requests(), outcome.overall.tally.sent);
    assert!((65..90).contains(&full), "{full}");
    assert_eq!(outcome.overall.tally.succeeded, 100 - full);
    // The last of the queue waited for ten answers.
    let longest_s = duration_s(outcome.overall.response.max());
    assert!(longest_s > 0.4, "{longest_s}");
    assert!(outcome.overall.tally.lateness_sum_s > 1.0);
    assert_eq!(outcome.verdict_inputs.queue_full, full);
}

#[test]
fn the_start_is_kept_and_a_past_one_refused() {
    let server = Server::plain();
    let now_s = std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap().as_secs_f64();
    let mut later = spec(server.address, rate(100.0, 0.2), get("/", Wait::default()));
    later.start_unix_s = Some(now_s + 0.3);
    let begun = Instant::now();
    let outcome = run(later.clone());
    assert_eq!(outcome.start_unix_s.to_bits(), (now_s + 0.3).to_bits());
    assert!(begun.elapsed() > Duration::from_millis(480));
    assert_eq!(outcome.overall.tally.sent, 20);
    later.start_unix_s = Some(now_s - 5.0);
    assert!(matches!(swarmlab_loadgen::start(later), Err(LoadError::StartInPast { .. })));
}
