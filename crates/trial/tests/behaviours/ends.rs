//! How a run ends that does not go to its end: interrupts, refusals, failures, silence.

use swarmlab_record::Phase;
use swarmlab_trial::{Command, Cut, EndState, Entry, Happening, IntervalSeen, Waited};

use crate::tries::*;

#[test]
fn a_target_that_refuses_ends_the_run() {
    let mut t = Try::up(plan());
    let nobody = IntervalSeen { end_unix_s: 1007.0, failed: 3, connect_errors: 3, ..IntervalSeen::default() };
    let said = t.at(1007.0, Happening::Interval(LOAD, nobody));
    assert!(said.contains(&Command::StopLoad(LOAD)));
    t.at(1007.1, Happening::LoadEnded(LOAD, Ok(())));
    let (state, said) = t.down();
    assert!(
        matches!(&state, EndState::Partial(Cut::Rule { code: "target-refuses", reason }) if reason.contains("a:1"))
    );
    assert_eq!(windows(&said).unwrap().load_end_unix_s, 1007.0);
}

#[test]
fn an_interrupt_during_the_load_stops_it_and_collects() {
    let mut t = Try::up(plan());
    t.interval(LOAD, 1007.0);
    let said = t.at(1008.5, Happening::Interrupted);
    assert_eq!(said[0], Command::Record(Entry::Step("interrupted".to_owned())));
    assert!(said.contains(&Command::StopLoad(LOAD)));
    let said = t.interval(LOAD, 1009.0);
    assert_eq!(phases(&said), [Phase::Drain]);
    let said = t.at(1009.2, Happening::LoadEnded(LOAD, Ok(())));
    assert_eq!(phases(&said), [Phase::Collect, Phase::Down]);
    let (state, said) = t.down();
    assert_eq!(state, EndState::Partial(Cut::Interrupted));
    let w = windows(&said).unwrap();
    assert_eq!([w.load_end_unix_s, w.drained_unix_s], [1008.5, 1009.2]);
}

#[test]
fn an_interrupt_before_the_first_edge_leaves_an_empty_window() {
    let mut t = Try::up(plan());
    t.at(1005.3, Happening::Interrupted);
    t.at(1005.4, Happening::LoadEnded(LOAD, Ok(())));
    let (_, said) = t.down();
    let w = windows(&said).unwrap();
    assert_eq!([w.load_start_unix_s, w.load_end_unix_s, w.drained_unix_s], [1006.0, 1006.0, 1006.0]);
}

#[test]
fn an_interrupt_elsewhere_ends_the_phase() {
    // Up: it is told to clean up, and answers.
    let mut t = Try::of(plan());
    assert!(t.at(1001.0, Happening::Interrupted).contains(&Command::CancelUp));
    assert!(t.at(1002.0, Happening::UpFailed(failure("interrupted"))).contains(&Command::TakeDown));
    assert_eq!(t.down().0, EndState::Partial(Cut::Interrupted));
    // Warm-up: nothing was measured.
    let mut warm = plan();
    warm.trials[0].warm_up_s = Some(4.0);
    let mut t = Try::up(warm);
    assert!(t.at(1007.0, Happening::Interrupted).contains(&Command::StopLoad(WARM_UP)));
    assert!(t.at(1008.0, Happening::LoadEnded(WARM_UP, Ok(()))).contains(&Command::TakeDown));
    assert_eq!(windows(&t.said), None);
    assert_eq!(t.down().0, EndState::Partial(Cut::Interrupted));
    // Settle.
    let mut settles = plan();
    settles.sources = vec![cpu()];
    let mut t = Try::up(settles);
    assert!(t.at(1007.0, Happening::Interrupted).contains(&Command::TakeDown));
    assert_eq!(t.down().0, EndState::Partial(Cut::Interrupted));
    // Collect: the windows say until when.
    let mut t = Try::up(plan());
    t.sampled(1007.0, 1007.0);
    t.at(1016.5, Happening::LoadEnded(LOAD, Ok(())));
    assert!(t.at(1017.0, Happening::Interrupted).contains(&Command::TakeDown));
    assert_eq!(windows(&t.said).unwrap().settled_unix_s, 1017.0);
    assert_eq!(t.down().0, EndState::Partial(Cut::Interrupted));
    // Down: everything was measured.
    let mut t = Try::up(plan());
    t.at(1016.5, Happening::LoadEnded(LOAD, Ok(())));
    t.at(1017.0, Happening::Interrupted);
    assert_eq!(t.down().0, EndState::Complete);
}

#[test]
fn a_broken_testbed_stops_the_load_and_its_error_is_the_cause() {
    let mut t = Try::up(plan());
    let said = t.at(1008.0, Happening::Broken(failure("web.1 ended")));
    assert!(said.contains(&Command::StopLoad(LOAD)));
    t.at(1008.1, Happening::Interrupted);
    t.at(1008.5, Happening::LoadEnded(LOAD, Ok(())));
    assert_eq!(t.down().0, EndState::Partial(Cut::Testbed(failure("web.1 ended"))));
}

#[test]
fn a_testbed_that_does_not_come_up_is_taken_down_all_the_same() {
    let mut t = Try::of(plan());
    let said = t.at(1030.0, Happening::UpFailed(failure("web never became healthy")));
    assert!(said.contains(&Command::TakeDown) && !said.contains(&Command::Observe));
    assert_eq!(t.down().0, EndState::Partial(Cut::Testbed(failure("web never became healthy"))));
}

#[test]
fn a_load_that_is_refused_leaves_nothing_to_analyse() {
    let mut t = Try::up(plan());
    assert!(windows(&t.said).is_some(), "a killed run must be analysable");
    let said = t.at(1005.0, Happening::LoadRefused(LOAD, failure("no such host")));
    assert!(said.contains(&Command::Windows(None)) && !phases(&said).contains(&Phase::Collect));
    assert_eq!(t.down().0, EndState::Partial(Cut::LoadRefused(failure("no such host"))));
}

#[test]
fn a_load_that_fails_keeps_what_was_measured() {
    let mut t = Try::up(plan());
    t.interval(LOAD, 1008.0);
    t.at(1008.2, Happening::LoadEnded(LOAD, Err(failure("epoll"))));
    let (state, said) = t.down();
    assert_eq!(state, EndState::Partial(Cut::LoadFailed(failure("epoll"))));
    assert_eq!(windows(&said).unwrap().load_end_unix_s, 1008.2);
}

#[test]
fn a_load_that_ends_early_by_itself_is_not_complete() {
    let mut t = Try::up(plan());
    t.at(1014.0, Happening::LoadEnded(LOAD, Ok(())));
    assert_eq!(t.down().0, EndState::Partial(Cut::LoadShort { missing_s: 2.0 }));
}

#[test]
fn a_full_disk_aborts_the_load_and_takes_the_testbed_down_and_is_the_cause() {
    let mut t = Try::up(plan());
    let said = t.at(1009.0, Happening::RecordFailed(failure("no space left on device")));
    assert!(said.contains(&Command::AbortLoad(LOAD)));
    t.at(1009.1, Happening::RecordFailed(failure("and again")));
    let said = t.at(1009.2, Happening::LoadEnded(LOAD, Ok(())));
    assert_eq!(phases(&said), [Phase::Down], "there is nothing to collect for");
    assert!(said.contains(&Command::TakeDown));
    assert_eq!(t.down().0, EndState::Partial(Cut::Record(failure("no space left on device"))));
    // Also when it is the last thing that is written.
    let mut t = Try::up(plan());
    t.at(1016.5, Happening::LoadEnded(LOAD, Ok(())));
    t.at(1017.0, Happening::Down(Ok(())));
    t.at(1017.1, Happening::RecordFailed(failure("flush")));
    assert_eq!(t.said.last(), Some(&Command::End(EndState::Partial(Cut::Record(failure("flush"))))));
}

#[test]
fn whoever_says_nothing_is_given_up() {
    let mut t = Try::of(plan());
    assert!(t.said.contains(&Command::WakeAt(1300.0)));
    assert!(t.at(1300.0, Happening::Tick).contains(&Command::CancelUp));
    assert!(t.at(1420.0, Happening::Tick).contains(&Command::TakeDown));
    assert!(t.at(1600.0, Happening::Tick).contains(&Command::Close));
    t.at(1660.0, Happening::Tick);
    assert_eq!(t.said.last(), Some(&Command::End(EndState::Partial(Cut::Overdue(Waited::Up)))));
    // A generator: aborted, then given up; what was measured is collected.
    let mut t = Try::up(plan());
    assert!(t.at(1061.0, Happening::Tick).contains(&Command::AbortLoad(LOAD)));
    let said = t.at(1071.0, Happening::Tick);
    assert_eq!(phases(&said), [Phase::Collect, Phase::Down]);
    assert_eq!(warnings(&said), ["the generator did not say that the load ended"]);
    assert_eq!(t.down().0, EndState::Partial(Cut::Overdue(Waited::Load)));
}
