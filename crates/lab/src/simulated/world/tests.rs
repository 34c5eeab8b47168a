#![allow(clippy::unwrap_used)]

use std::path::Path;

use swarmlab_experiment::read_simulation;
use swarmlab_shapes::Arrivals;
use swarmlab_shapes::shape::{Constant, Shape};
use swarmlab_simulate::Load as Sent;
use swarmlab_trial::{LoadId, Part};
use tokio::sync::mpsc;

use super::*;

const START_S: f64 = EPOCH_UNIX_S + 3.0;

fn world() -> World {
    let model = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../simulations/quickstart.yml");
    World::new(&read_simulation(&model).unwrap(), &Topology::default(), 1).unwrap()
}

/// Ten requests a second for ten seconds.
fn load() -> Load {
    let shape = Shape::Constant(Constant { level: 10.0, duration_s: 10.0 });
    let (inbox, _) = mpsc::channel(1);
    Load {
        clients: Clients { load: Sent::Open { shape, arrivals: Arrivals::Uniform }, timeout_s: Some(5.0) },
        errands: Errands::default(),
        seed: 1,
        sending: Sending::new(START_S, 1.0, vec!["/".to_owned()]),
        start_unix_s: START_S,
        end_unix_s: START_S + 10.0,
        outlet: Outlet::new(LoadId { trial: 0, part: Part::Load }, inbox),
    }
}

/// Intervals and ends that were told.
fn told(world: &mut World) -> (Vec<Interval>, usize) {
    let (mut intervals, mut ends) = (Vec::new(), 0);
    for said in world.take_said() {
        match said {
            Said::Interval(_, interval) => intervals.push(*interval),
            Said::Ended(_) => ends += 1,
            Said::Observed(_) => {}
        }
    }
    (intervals, ends)
}

fn sent(intervals: &[Interval]) -> u64 {
    intervals.iter().map(|i| i.tally().sent).sum()
}

#[test]
fn a_load_is_told_in_whole_intervals_and_ends_once() {
    let mut world = world();
    world.begin(load());
    // However late and seldom somebody looks.
    for seconds in [1.0, 4.5, 7.25, 40.0] {
        world.advance(EPOCH_UNIX_S + seconds);
    }
    let (intervals, ends) = told(&mut world);
    assert_eq!((sent(&intervals), ends), (100, 1));
    for (i, interval) in intervals.iter().enumerate() {
        assert_eq!((interval.index, interval.start_unix_s), (i as u64, START_S + i as f64));
    }
    assert_eq!(intervals.iter().map(|i| i.tally().completed).sum::<u64>(), 100);
}

#[test]
fn a_stop_waits_for_answers_and_an_abort_does_not() {
    for aborts in [false, true] {
        let mut world = world();
        world.begin(load());
        world.advance(START_S + 4.0);
        world.stop(START_S + 4.0, aborts);
        world.advance(START_S + 30.0);
        let (intervals, ends) = told(&mut world);
        let tally =
            |of: fn(&swarmlab_intervals::Tally) -> u64| intervals.iter().map(|i| of(&i.tally())).sum::<u64>();
        assert_eq!((sent(&intervals), ends), (40, 1), "aborts: {aborts}");
        assert_eq!(tally(|t| t.completed) + tally(|t| t.failed), 40, "aborts: {aborts}");
    }
}

#[test]
fn what_is_stopped_before_it_begins_sends_nothing() {
    for aborts in [false, true] {
        let mut world = world();
        world.begin(load());
        world.stop(EPOCH_UNIX_S + 1.0, aborts);
        world.advance(START_S + 60.0);
        let (intervals, ends) = told(&mut world);
        assert_eq!((sent(&intervals), ends), (0, 1), "aborts: {aborts}");
    }
}

#[test]
fn samples_are_known_a_while_after_their_moment() {
    let mut world = world();
    world.observe(EPOCH_UNIX_S + 0.25);
    world.take_said();
    let rounds = |world: &mut World| {
        let said = world.take_said();
        said.iter().filter(|s| matches!(s, Said::Observed(Observation::Samples(_)))).count()
    };
    // The first moment is second 1, and it is known at second 2.
    world.advance(EPOCH_UNIX_S + 1.9);
    assert_eq!(rounds(&mut world), 0);
    world.advance(EPOCH_UNIX_S + 4.0);
    assert_eq!(rounds(&mut world), 3);
}
