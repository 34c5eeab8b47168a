//! After the warm-up a request allocates nothing, and memory does not grow.
#![allow(clippy::unwrap_used)]

#[path = "../examples/bench/server.rs"]
#[allow(dead_code)]
mod server;

use std::alloc::System;
use std::net::TcpListener;

use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};
use swarmlab_loadgen::{LoadSpec, Model, Scenario, Step, Template, Wait, start};
use swarmlab_shapes::shape::Constant;
use swarmlab_shapes::{Arrivals, Shape};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// Allocations per request between the third interval and the end, collector and this listener included, and the
/// growth of what is allocated, bytes.
fn measure(model: Model, scenario: Scenario) -> (f64, isize) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    // The server allocates for new connections only, so it can live in this process.
    std::thread::spawn(move || server::serve(listener, server::Waiting::Asleep, |_| {}));
    let handle = start(LoadSpec::new(vec![address], "localhost", model, scenario)).unwrap();
    let mut before = None;
    let mut requests = 0;
    let mut after = ALLOCATOR.stats();
    for interval in handle.intervals() {
        if interval.index < 2 {
            continue;
        }
        let now = ALLOCATOR.stats();
        match before {
            None => before = Some(now),
            // The last interval is followed by the end of the threads, which frees what they held.
            Some(_) => {
                requests += interval.tally().completed;
                after = now;
            }
        }
    }
    handle.join().unwrap();
    let before = before.unwrap();
    let allocations = after.allocations + after.reallocations - before.allocations - before.reallocations;
    let held = |s: stats_alloc::Stats| s.bytes_allocated as isize - s.bytes_deallocated as isize;
    (allocations as f64 / requests as f64, held(after) - held(before))
}

fn constant(level: f64) -> Shape {
    Shape::Constant(Constant { level, duration_s: 6.0 })
}

/// The threads merge and hand out intervals: some dozens of allocations a second, however many requests there are.
const PER_REQUEST: f64 = 0.05;
/// An interval's histograms may lie in the channel at one reading and not at the other.
const HELD_BYTES: isize = 4 << 20;

#[test]
fn a_request_allocates_nothing_after_the_warm_up() {
    let hello = || {
        let steps = vec![Step::new("hello", "GET", Template::parse("/").unwrap())];
        Scenario::journey("hello", steps, Wait::default())
    };
    let closed = Model::Closed { users: constant(20.0), spawn_rate_per_s: None };
    let open = Model::Open { rate_per_s: constant(4000.0), arrivals: Arrivals::Poisson };
    for (name, model) in [("closed", closed), ("open", open)] {
        let (per_request, held) = measure(model, hello());
        assert!(per_request < PER_REQUEST, "{name}: {per_request} allocations a request");
        assert!(held < HELD_BYTES, "{name}: {held} bytes more are held");
    }
}
