#![allow(clippy::unwrap_used)]
use super::*;
use crate::engine::crowd::Crowd;
use crate::scenario::compiled::{Compiled, TargetText};
use crate::scenario::{Scenario, Step, Template};
use crate::wait::Wait;
use swarmlab_shapes::shape::{Constant, Ramp};

fn compiled() -> Compiled {
    let step = Step::new("s", "GET", Template::parse("/").unwrap());
    let scenario = Scenario::journey("s", vec![step], Wait::default());
    let target = TargetText { name: "", host: "h", base_path: "", closes: false };
    Compiled::new(&scenario, &[target], 1.0)
}

/// The number of users at each tick, summed over the threads.
fn follow(shape: &Shape, spawn_rate_per_s: Option<f64>, threads: usize) -> Vec<usize> {
    let end_ns = (shape.duration_s() * 1e9) as u64;
    let compiled = compiled();
    let mut all: Vec<(Users, Crowd<'_>)> = (0..threads)
        .map(|thread| {
            let users = Users::new(shape.clone(), spawn_rate_per_s, Roster::new(&compiled, 0));
            (users, Crowd::new(&compiled, 0, (thread, threads)))
        })
        .collect();
    let mut counts = Vec::new();
    while all[0].0.next_tick_ns != u64::MAX {
        counts.push(all.iter_mut().map(|(users, crowd)| crowd.share(users.tick(end_ns))).sum());
    }
    counts
}

#[test]
fn users_are_the_integer_part_of_the_shape_on_any_number_of_threads() {
    let shape = Shape::Ramp(Ramp { from: 0.0, to: 30.0, duration_s: 10.0 });
    for threads in [1, 2, 3, 7] {
        let counts = follow(&shape, None, threads);
        assert_eq!(counts.len(), 501);
        for (tick, count) in counts.iter().enumerate() {
            let t_s = tick as f64 * 0.02;
            assert_eq!(*count, shape.value_at(t_s) as usize, "{t_s}");
        }
    }
}

#[test]
fn a_change_holds_from_its_moment_on_and_the_spawn_rate_still_limits_the_rise() {
    let compiled = compiled();
    let shape = Shape::Constant(Constant { level: 2.0, duration_s: 1.0 });
    for (spawn_rate_per_s, expected) in [
        (None, [(0, 2), (70, 9), (80, 9), (500, 1), (1000, 0)]),
        (Some(100.0), [(0, 1), (70, 3), (80, 4), (500, 1), (1000, 0)]),
    ] {
        let mut users = Users::new(shape.clone(), spawn_rate_per_s, Roster::new(&compiled, 0));
        for (at_ms, level) in [(70, 9.9), (500, 0.5), (500, 1.0)] {
            users.change(Change { at_ns: at_ms * 1_000_000, level });
        }
        let mut counts = std::collections::BTreeMap::new();
        while users.next_tick_ns != u64::MAX {
            let at_ms = users.next_tick_ns / 1_000_000;
            counts.insert(at_ms, users.tick(1_000_000_000));
        }
        // The tick of its own at 70 ms puts no other out of its place.
        assert_eq!(counts.len(), 52);
        for (at_ms, count) in expected {
            assert_eq!(counts[&at_ms], count, "{spawn_rate_per_s:?} {at_ms} ms");
        }
    }
}

#[test]
fn the_spawn_rate_limits_the_rise() {
    let shape = Shape::Constant(Constant { level: 20.0, duration_s: 10.0 });
    let counts = follow(&shape, Some(4.0), 2);
    assert_eq!((counts[0], counts[50], counts[100], counts[400]), (1, 5, 9, 20));
    assert_eq!(counts[500], 0);
}

#[test]
fn a_spawn_rate_below_one_starts_the_first_user_at_once() {
    let shape = Shape::Constant(Constant { level: 20.0, duration_s: 10.0 });
    let counts = follow(&shape, Some(0.5), 2);
    assert_eq!((counts[0], counts[99], counts[100], counts[200]), (1, 1, 2, 3));
}
