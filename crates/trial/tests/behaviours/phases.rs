//! How a run goes where nothing is in its way: phases, clocks, what is waited for.

use swarmlab_record::Phase;
use swarmlab_record::topology::ClockOffset;
use swarmlab_trial::{Command, EndState, Entry, Happening, Keep, LoadId, Part, Plan, Seen, Start, TrialPlan};

use crate::tries::*;

#[test]
fn a_whole_run_goes_through_every_phase_and_is_complete() {
    let mut plan = plan();
    plan.trials[0].warm_up_s = Some(4.0);
    plan.sources = vec![cpu()];
    let mut t = Try::up(plan);
    // 1005 and the lead: the first full second after it is the grid's.
    assert_eq!(started(&t.said, WARM_UP), Some(1006.0));
    t.at(1010.2, Happening::LoadEnded(WARM_UP, Ok(())));
    t.sampled(1010.5, 1010.1);
    assert_eq!(started(&t.said, LOAD), None, "the sample is of a system that was not quiet");
    t.sampled(1011.5, 1011.0);
    assert_eq!(started(&t.said, LOAD), Some(1012.0));
    t.interval(LOAD, 1021.0);
    assert!(!phases(&t.said).contains(&Phase::Drain));
    t.interval(LOAD, 1022.0);
    t.at(1022.4, Happening::LoadEnded(LOAD, Ok(())));
    t.sampled(1023.5, 1023.0);
    let (state, said) = t.down();
    assert_eq!(state, EndState::Complete);
    use Phase::*;
    assert_eq!(phases(&said), [Up, WarmUp, Settle, Load, Drain, Collect, Down, Analyse]);
    let w = windows(&said).unwrap();
    assert_eq!(
        [w.grid_unix_s, w.load_start_unix_s, w.load_end_unix_s, w.drained_unix_s, w.settled_unix_s],
        [1006.0, 1012.0, 1022.0, 1022.4, 1023.5]
    );
}

#[test]
fn phases_say_how_long_they_take_where_that_is_known() {
    let t = Try::up(plan());
    assert!(t.said.contains(&Command::Enter { phase: Phase::Settle, expected_s: None }));
    assert!(t.said.contains(&Command::Enter { phase: Phase::Load, expected_s: Some(10.0) }));
}

#[test]
fn samples_on_another_clock_are_compared_on_that_clock() {
    let mut plan = plan();
    plan.sources = vec![cpu()];
    let mut t = Try::of(plan);
    t.at(1005.0, came_up(Some(ClockOffset { offset_s: 3.0, error_s: 0.5 })));
    t.sampled(1005.5, 1008.4);
    assert_eq!(started(&t.said, LOAD), None);
    t.sampled(1006.5, 1008.5);
    assert!(started(&t.said, LOAD).is_some());
}

#[test]
fn a_source_that_stays_silent_is_named_and_the_load_starts_without_it() {
    let mut plan = plan();
    plan.sources = vec![cpu()];
    let mut t = Try::up(plan);
    t.at(1019.9, Happening::Tick);
    assert_eq!(started(&t.said, LOAD), None);
    t.at(1020.0, Happening::Tick);
    assert_eq!(
        warnings(&t.said),
        [
            "no sample of the quiet system within 15 s: cpu of web; counts over the load window may not be exact"
        ]
    );
    assert_eq!(started(&t.said, LOAD), Some(1021.0));
}

#[test]
fn a_source_that_is_sampled_every_15_s_is_waited_for_as_long() {
    let mut plan = plan();
    plan.sources = vec![cpu()];
    let up = |every_s| {
        let mut t = Try::of(plan.clone());
        let target = "a:1".to_owned();
        t.at(1005.0, Happening::CameUp { target, clock: None, sample_every_s: every_s });
        t
    };
    let mut t = up(15.0);
    t.at(1021.0, Happening::Tick);
    assert_eq!(warnings(&t.said), [""; 0]);
    // Its tasks are not sampled at one moment: one that was not for 14 s is not gone.
    let two = |one, other| {
        let seen = |task: &str, t_unix_s| Seen { source: cpu(), task: task.to_owned(), t_unix_s };
        Happening::Sampled(vec![seen("1", one), seen("2", other)])
    };
    t.at(1022.0, two(1004.0, 1018.0));
    assert_eq!(started(&t.said, LOAD), None);
    t.at(1022.5, two(1019.0, 1018.0));
    assert_eq!(started(&t.said, LOAD), Some(1023.0));
    // No more than the limit, and nonsense is nothing.
    for (every_s, waited_s) in [(15.0, 29.0), (1e9, 135.0), (f64::NAN, 15.0), (-3.0, 15.0)] {
        assert!(up(every_s).said.contains(&Command::WakeAt(1005.0 + waited_s)), "{every_s}");
    }
}

#[test]
fn a_load_alone_starts_at_once() {
    let t = Try::up(Plan { start: Start::AtOnce, ..plan() });
    assert_eq!(started(&t.said, LOAD), Some(1005.0));
    assert_eq!(windows(&t.said).unwrap().grid_unix_s, 1005.0);
}

#[test]
fn a_session_runs_its_trials_in_one_testbed() {
    let mut plan = plan();
    plan.trials.push(TrialPlan {
        bin_s: 2.0,
        warm_up_s: None,
        load_s: 4.0,
        actions: vec![],
        scaling: vec![],
    });
    let mut t = Try::up(plan);
    t.at(1016.5, Happening::LoadEnded(LOAD, Ok(())));
    let second = LoadId { trial: 1, part: Part::Load };
    assert!(t.said.contains(&Command::NextTrial(1)) && !t.said.contains(&Command::TakeDown));
    assert_eq!(started(&t.said, second), Some(1017.0));
    t.at(1021.5, Happening::LoadEnded(second, Ok(())));
    let (state, said) = t.down();
    assert_eq!(state, EndState::Complete);
    assert_eq!(said.iter().filter(|c| matches!(c, Command::BringUp | Command::TakeDown)).count(), 2);
    assert_eq!(said.iter().filter(|c| matches!(c, Command::Observe | Command::StopObserving)).count(), 4);
}

#[test]
fn a_testbed_is_kept_only_where_it_came_up_and_can_stay() {
    let keep = |keep, comes_up| {
        let mut t = Try::of(Plan { keep, ..plan() });
        match comes_up {
            true => t.at(1005.0, came_up(None)),
            false => t.at(1005.0, Happening::UpFailed(failure("x"))),
        };
        t.at(1017.0, Happening::LoadEnded(LOAD, Ok(())));
        t.said
    };
    let said = keep(Keep::Yes, true);
    assert!(said.contains(&Command::LeaveUp) && !said.contains(&Command::TakeDown));
    assert!(said.contains(&Command::Close), "nothing is waited for");
    assert!(keep(Keep::Yes, false).contains(&Command::TakeDown));
    let said = keep(Keep::Impossible("children leave".to_owned()), true);
    assert!(said.contains(&Command::TakeDown) && warnings(&said) == ["children leave"]);
}

#[test]
fn late_answers_are_recorded_and_change_nothing() {
    let mut warm = plan();
    warm.trials[0].warm_up_s = Some(4.0);
    let mut t = Try::up(warm);
    t.at(1010.0, Happening::LoadEnded(WARM_UP, Ok(())));
    assert_eq!(t.interval(WARM_UP, 1011.0), [Command::Record(Entry::Interval(WARM_UP))]);
    let said = t.at(1011.5, Happening::LoadEnded(WARM_UP, Ok(())));
    assert!(matches!(said[..], [Command::Record(_)]));
    assert!(matches!(t.at(1011.6, came_up(None))[..], [Command::Record(_)]));
    assert!(matches!(t.at(1011.7, Happening::Down(Ok(())))[..], [Command::Record(_)]));
}

#[test]
fn a_tick_that_comes_early_is_asked_for_again() {
    let mut t = Try::of(plan());
    assert_eq!(t.at(1299.0, Happening::Tick), [Command::WakeAt(1300.0)]);
}

#[test]
fn a_warning_is_given_once() {
    let mut t = Try::up(plan());
    let warned = Happening::Warned("a gap".to_owned());
    assert_eq!(t.at(1006.0, warned.clone()), [Command::Warn("a gap".to_owned())]);
    assert_eq!(t.at(1007.0, warned), []);
}
