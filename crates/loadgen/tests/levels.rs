//! The level changes while the load runs.
#![allow(clippy::unwrap_used)]

mod common;

use std::time::Duration;

use common::*;
use swarmlab_intervals::{End, Interval, Outcome};
use swarmlab_loadgen::{LevelChange, LoadControl, LoadError, LoadHandle, LoadSpec, Model, Wait, start};
use swarmlab_shapes::shape::Sequence;
use swarmlab_shapes::{Arrivals, Schedule, Shape};

/// Runs a load of which `steer` changes the level as soon as it has begun; its sums, its intervals, and what became of
/// the changes, with the moments since the start.
fn steer(
    spec: LoadSpec,
    steer: impl FnOnce(&LoadControl) -> Vec<LevelChange>,
) -> (Outcome, Vec<Interval>, Vec<(f64, f64)>) {
    let handle = start(spec).unwrap();
    await_start(&handle);
    let changes = steer(&handle.control());
    let intervals: Vec<Interval> = handle.intervals().iter().collect();
    let outcome = handle.join().unwrap();
    assert_eq!(outcome.end, End::Completed);
    let changes =
        changes.iter().map(|change| (change.from_unix_s - outcome.start_unix_s, change.level)).collect();
    (outcome, intervals, changes)
}

fn await_start(handle: &LoadHandle) {
    let now_s = std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap().as_secs_f64();
    std::thread::sleep(Duration::from_secs_f64((handle.start_unix_s() - now_s).max(0.0) + 0.001));
}

fn pause(s: f64) {
    std::thread::sleep(Duration::from_secs_f64(s));
}

/// The shape that was really asked for.
fn as_steered(first: f64, changes: &[(f64, f64)], duration_s: f64) -> Shape {
    let mut parts = Vec::new();
    let (mut level, mut from_s) = (first, 0.0);
    for &(at_s, next) in changes {
        parts.push(constant(level, at_s - from_s));
        (level, from_s) = (next, at_s);
    }
    parts.push(constant(level, duration_s - from_s));
    Shape::Sequence(Sequence { parts })
}

#[test]
fn arrivals_are_as_many_as_the_rates_demand_on_any_number_of_threads() {
    for (threads, arrivals) in [(1, Arrivals::Uniform), (3, Arrivals::Uniform), (2, Arrivals::Poisson)] {
        let server = Server::plain();
        let model = Model::Open { rate_per_s: constant(100.0, 2.0), arrivals };
        let mut spec = spec(server.address, model, get("/", Wait::default()));
        spec.threads = threads;
        let (outcome, intervals, changes) = steer(spec, |control| {
            pause(1.0);
            vec![control.set_level(400.0).unwrap()]
        });
        assert!((1.0..1.5).contains(&changes[0].0), "{changes:?}");
        // Every arrival of the schedule of that shape, in the interval that it falls into: none is lost, none comes
        // twice, and none is made up for.
        let mut expected = vec![0; intervals.len()];
        for t_s in Schedule::new(&as_steered(100.0, &changes, 2.0), arrivals, 0) {
            expected[(t_s / 0.25) as usize] += 1;
        }
        let offered: Vec<u64> = intervals.iter().map(|interval| interval.offered).collect();
        // The moment of the change is known to 100 ns or so: one may fall on the other side of an edge.
        let off: u64 = offered.iter().zip(&expected).map(|(a, b): (&u64, &u64)| a.abs_diff(*b)).sum();
        assert!(off <= 2, "{threads} {offered:?} {expected:?}");
        assert!(outcome.offered.abs_diff(expected.iter().sum()) <= 1, "{offered:?} {expected:?}");
        assert_eq!((outcome.overall.tally.succeeded, server.requests()), (outcome.offered, outcome.offered));
    }
}

#[test]
fn a_rate_can_fall_to_nothing_and_rise_again_and_every_change_counts() {
    let server = Server::plain();
    let mut spec = spec(server.address, rate(200.0, 1.5), get("/", Wait::default()));
    spec.threads = 2;
    let (outcome, intervals, changes) = steer(spec, |control| {
        pause(0.2);
        let mut changes = vec![control.set_level(0.0).unwrap()];
        pause(0.8);
        // Faster than anybody could take each of them in its turn.
        changes.extend((0..50).map(|level| control.set_level(f64::from(level)).unwrap()));
        changes.push(control.set_level(1000.0).unwrap());
        changes
    });
    let between = intervals.iter().filter(|interval| [2, 3].contains(&interval.index));
    assert_eq!(between.map(|interval| interval.offered).sum::<u64>(), 0);
    let expected = Schedule::new(&as_steered(200.0, &changes, 1.5), Arrivals::Uniform, 0).count() as u64;
    assert!(outcome.offered.abs_diff(expected) <= 1, "{} {expected}", outcome.offered);
    assert_eq!(outcome.overall.tally.succeeded, server.requests());
}

#[test]
fn users_come_and_go_with_the_level() {
    let server = Server::plain();
    let mut spec = spec(server.address, users(4.0, 1.5), get("/", Wait::Constant { s: 0.01 }));
    spec.threads = 3;
    let (outcome, intervals, changes) = steer(spec, |control| {
        pause(0.45);
        let mut changes = vec![control.set_level(11.7).unwrap()];
        pause(0.5);
        changes.push(control.set_level(2.0).unwrap());
        changes
    });
    assert_eq!(outcome.overall.tally.errors(), [].into());
    assert_eq!(outcome.overall.tally.succeeded, server.requests());
    // Users over time, exactly as many as asked for, from the moments on that were told; who leaves may have a
    // request to finish.
    let shape = as_steered(4.0, &changes, 1.5);
    for interval in intervals.iter().filter(|interval| interval.index < 6) {
        let from_s = interval.index as f64 * 0.25;
        let moments = (0..25_000).map(|n| from_s + f64::from(n) * 1e-5);
        let expected = moments.map(|t_s| shape.value_at(t_s).floor()).sum::<f64>() / 25_000.0;
        let (least, most) = (expected - 0.01, expected + 0.5);
        assert!(interval.users > least && interval.users < most, "{expected} {}", interval.users);
    }
    assert_eq!(outcome.connections_opened, 11);
}

#[test]
fn a_level_that_is_none_is_refused_and_one_beyond_all_limits_is_cut() {
    let server = Server::plain();
    let handle = start(spec(server.address, rate(100.0, 0.4), get("/", Wait::default()))).unwrap();
    let control = handle.control();
    for level in [f64::NAN, -1.0, f64::INFINITY, f64::NEG_INFINITY] {
        let refused = control.set_level(level);
        assert!(matches!(refused, Err(LoadError::Parameter { parameter: "level", .. })), "{refused:?}");
    }
    assert_eq!(finish(handle, 0.25).offered, 40);
    // After the end it changes nothing any more.
    assert_eq!(control.set_level(1e300).unwrap().level.to_bits(), 10e6_f64.to_bits());

    let handle = start(spec(server.address, users(1.0, 0.2), get("/", Wait::default()))).unwrap();
    handle.stop();
    assert_eq!(handle.control().set_level(1e300).unwrap().level.to_bits(), f64::from(1 << 20).to_bits());
    assert_eq!(handle.join().unwrap().end, End::Stopped);
}

#[test]
fn a_level_set_before_the_start_holds_from_the_start_on() {
    let server = Server::plain();
    let mut later = spec(server.address, rate(100.0, 0.5), get("/", Wait::default()));
    let now_s = std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap().as_secs_f64();
    later.start_unix_s = Some(now_s + 0.3);
    let handle = start(later).unwrap();
    let change = handle.control().set_level(20.0).unwrap();
    assert_eq!(change.from_unix_s.to_bits(), handle.start_unix_s().to_bits());
    assert_eq!(finish(handle, 0.25).offered, 10);
}
