//! Random histories in virtual time: whatever a testbed, a generator, sources, a disk and a user do, the laws of
//! [`laws`] hold. A history is named by its seed and is the same each time.
#![allow(clippy::unwrap_used)]

mod laws;
mod script;
mod world;

use std::collections::BTreeMap;

use proptest::prelude::*;
use script::Script;
use swarmlab_trial::{Command, Cut, EndState};
use world::{History, play};

fn name(history: &History) -> &'static str {
    match history.end() {
        None => "stuck",
        Some(EndState::Complete) => "complete",
        Some(EndState::Partial(cut)) => match cut {
            Cut::Interrupted => "interrupted",
            Cut::Testbed(_) => "testbed",
            Cut::LoadRefused(_) => "refused",
            Cut::LoadFailed(_) => "failed",
            Cut::LoadShort { .. } => "short",
            Cut::Rule { code, .. } => code,
            Cut::Record(_) => "record",
            Cut::Overdue(_) => "overdue",
        },
    }
}

/// `SWARMLAB_HISTORIES=<first>..<last>` tries other seeds.
fn seeds() -> std::ops::Range<u64> {
    let asked = std::env::var("SWARMLAB_HISTORIES").ok();
    asked
        .and_then(|r| {
            let (a, b) = r.split_once("..")?;
            Some(a.parse().ok()?..b.parse().ok()?)
        })
        .unwrap_or(0..10_000)
}

#[test]
fn ten_thousand_histories_keep_the_laws() {
    let mut ends: BTreeMap<&str, u64> = BTreeMap::new();
    let (mut scaled, mut late) = (0, 0);
    for seed in seeds() {
        let script = Script::of(seed);
        let history = play(&script);
        if let Err(broken) = laws::check(&script, &history) {
            panic!("seed {seed}: {broken}\n{script:#?}\n{history}");
        }
        *ends.entry(name(&history)).or_default() += 1;
        scaled += u64::from(history.has(|c| matches!(c, Command::Act { decision: Some(_), .. })));
        late += u64::from(history.has(|c| matches!(c, Command::GiveUpDecision(_))));
    }
    // The laws would hold of histories in which nothing happens, too.
    let all = seeds().count() as u64;
    if all >= 10_000 {
        assert!(scaled * 5 >= all && late * 10 >= all, "{scaled} scaled, {late} with late controllers");
        for end in [
            "complete",
            "interrupted",
            "testbed",
            "refused",
            "failed",
            "short",
            "target-refuses",
            "record",
            "overdue",
        ] {
            assert!(ends.get(end).is_some_and(|n| n * 100 >= all), "too few of {end}: {ends:?}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    /// Proptest draws worlds and looks for the gentlest one that breaks a law.
    #[test]
    fn gentle_and_hostile_worlds_keep_the_laws(seed: u64, hostility in 0.0..1.0_f64) {
        let script = Script::with(seed, hostility);
        let history = play(&script);
        if let Err(broken) = laws::check(&script, &history) {
            return Err(TestCaseError::fail(format!("{broken}\n{history}")));
        }
    }
}

#[test]
fn a_world_without_any_fault_ends_complete() {
    for seed in 0..200 {
        let script = Script::with(seed, 0.0);
        let history = play(&script);
        assert_eq!(history.end(), Some(&EndState::Complete), "seed {seed}\n{history}");
    }
}

#[test]
fn a_world_that_never_answers_ends_within_the_bound() {
    let script = Script::silent();
    let history = play(&script);
    assert_eq!(laws::check(&script, &history), Ok(()));
    assert!(matches!(history.end(), Some(EndState::Partial(Cut::Overdue(_)))));
}
