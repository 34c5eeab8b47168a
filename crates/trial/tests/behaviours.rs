//! What a run does, one behaviour a test.
#![allow(clippy::unwrap_used)]

use swarmlab_record::Phase;
use swarmlab_record::action::Action;
use swarmlab_record::manifest::Windows;
use swarmlab_record::metric::Meaning;
use swarmlab_record::topology::ClockOffset;
use swarmlab_trial::{
    ActId, Command, Cut, EndState, Entry, Failure, GaveUp, Happening, IntervalSeen, Keep, Limits, LoadId,
    Part, Plan, PlannedAction, Seen, Session, Source, Start, TrialPlan, Waited, When,
};

const T: f64 = 1000.0;
const WARM_UP: LoadId = LoadId { trial: 0, part: Part::WarmUp };
const LOAD: LoadId = LoadId { trial: 0, part: Part::Load };

fn plan() -> Plan {
    Plan {
        trials: vec![TrialPlan { bin_s: 1.0, warm_up_s: None, load_s: 10.0, actions: vec![] }],
        start: Start::AtEdge,
        keep: Keep::No,
        sources: vec![],
        limits: Limits::default(),
    }
}

fn failure(message: &str) -> Failure {
    Failure { id: 7, message: message.to_owned() }
}

fn cpu() -> Source {
    Source { service: "web".to_owned(), meaning: Meaning::CPU }
}

/// A session, the time, and all commands so far.
struct Try {
    session: Session,
    now: f64,
    said: Vec<Command>,
}

impl Try {
    fn of(plan: Plan) -> Self {
        let (session, said) = Session::begin(plan, T);
        Self { session, now: T, said }
    }

    /// Up since 1005, so that loads without warm-up start at 1006.
    fn up(plan: Plan) -> Self {
        let mut t = Self::of(plan);
        t.at(T + 5.0, came_up(None));
        t
    }

    /// Returns the commands of this step.
    fn at(&mut self, now: f64, happening: Happening) -> Vec<Command> {
        self.now = now;
        let said = self.session.step(&happening, now);
        self.said.extend(said.clone());
        said
    }

    fn sampled(&mut self, now: f64, t_unix_s: f64) -> Vec<Command> {
        self.at(now, Happening::Sampled(vec![Seen { source: cpu(), task: "1".to_owned(), t_unix_s }]))
    }

    fn interval(&mut self, load: LoadId, end_unix_s: f64) -> Vec<Command> {
        let seen = IntervalSeen { end_unix_s, sent: 5, completed: 5, failed: 0, connect_errors: 0 };
        self.at(end_unix_s, Happening::Interval(load, seen))
    }

    /// The end of a testbed and a record that do what they are told.
    fn down(mut self) -> (EndState, Vec<Command>) {
        self.at(self.now + 1.0, Happening::Down(Ok(())));
        self.at(self.now + 1.0, Happening::Closed);
        let Some(Command::End(state)) = self.said.last().cloned() else { panic!("{:#?}", self.said) };
        (state, self.said)
    }
}

fn came_up(clock: Option<ClockOffset>) -> Happening {
    Happening::CameUp { target: "a:1".to_owned(), clock, sample_every_s: 1.0 }
}

fn phases(said: &[Command]) -> Vec<Phase> {
    let phase = |c: &Command| if let Command::Enter { phase, .. } = c { Some(*phase) } else { None };
    said.iter().filter_map(phase).collect()
}

fn windows(said: &[Command]) -> Option<Windows> {
    said.iter().rev().find_map(|c| if let Command::Windows(w) = c { Some(*w) } else { None }).flatten()
}

fn started(said: &[Command], id: LoadId) -> Option<f64> {
    said.iter().find_map(|c| match c {
        Command::StartLoad { load, start_unix_s } if *load == id => Some(*start_unix_s),
        _ => None,
    })
}

fn warnings(said: &[Command]) -> Vec<&str> {
    said.iter().filter_map(|c| if let Command::Warn(m) = c { Some(m.as_str()) } else { None }).collect()
}

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
fn a_target_that_refuses_ends_the_run() {
    let mut t = Try::up(plan());
    let nobody = IntervalSeen { end_unix_s: 1007.0, sent: 0, completed: 0, failed: 3, connect_errors: 3 };
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

#[test]
fn a_session_runs_its_trials_in_one_testbed() {
    let mut plan = plan();
    plan.trials.push(TrialPlan { bin_s: 2.0, warm_up_s: None, load_s: 4.0, actions: vec![] });
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

fn scale(replicas: u64) -> Action {
    Action::Scale { service: "web".to_owned(), replicas }
}

/// Actions that scale `web`, which has one replica.
fn scales(all: &[(When, u64)]) -> Vec<PlannedAction> {
    let one = |&(at, replicas)| PlannedAction { at, action: scale(replicas), undo: Some(scale(1)) };
    all.iter().map(one).collect()
}

fn acting(all: &[(When, u64)]) -> Plan {
    let mut plan = plan();
    plan.trials[0].actions = scales(all);
    plan
}

fn asked(said: &[Command]) -> Vec<(usize, Action)> {
    let act =
        |c: &Command| if let Command::Act { id, action } = c { Some((id.0, action.clone())) } else { None };
    said.iter().filter_map(act).collect()
}

#[test]
fn actions_are_asked_for_at_their_time_and_their_answers_are_recorded() {
    let mut t = Try::up(acting(&[(When::Load(3.0), 3), (When::Load(6.0), 1)]));
    // The load starts at 1006; whoever executes is to come back when the first one is due.
    assert_eq!(t.said.last(), Some(&Command::WakeAt(1009.0)));
    assert_eq!(asked(&t.at(1008.9, Happening::Tick)), []);
    let said = t.at(1009.0, Happening::Tick);
    assert_eq!(asked(&said), [(0, scale(3))]);
    assert!(said.contains(&Command::WakeAt(1012.0)));
    let said = t.at(1011.0, Happening::Acted(ActId(0), Ok(())));
    assert_eq!(said, [Command::Record(Entry::Acted)]);
    assert_eq!(asked(&t.at(1012.5, Happening::Observed)), [(1, scale(1))]);
    t.at(1014.0, Happening::Acted(ActId(1), Ok(())));
    t.at(1016.5, Happening::LoadEnded(LOAD, Ok(())));
    let (state, said) = t.down();
    assert_eq!(state, EndState::Complete);
    assert_eq!(warnings(&said), [""; 0]);
}

#[test]
fn the_load_waits_for_actions_before_it() {
    let mut t = Try::up(acting(&[(When::Settle, 2)]));
    assert_eq!(asked(&t.said), [(0, scale(2))]);
    assert_eq!(started(&t.said, LOAD), None);
    t.at(1040.0, Happening::Acted(ActId(0), Ok(())));
    assert_eq!(started(&t.said, LOAD), Some(1041.0));
    // One that is never answered is given up, and the load starts all the same.
    let mut t = Try::up(acting(&[(When::Settle, 2)]));
    assert_eq!(t.said.last(), Some(&Command::WakeAt(1140.0)));
    let said = t.at(1140.0, Happening::Tick);
    assert!(said.contains(&Command::GiveUpAct { id: ActId(0), why: GaveUp::Silent }), "{said:?}");
    assert_eq!(started(&said, LOAD), Some(1141.0));
    assert_eq!(warnings(&said), ["scale web to 2: nothing was heard of it in time"]);
}

#[test]
fn an_action_that_fails_is_told_and_the_run_goes_on() {
    let mut t = Try::up(acting(&[(When::Load(3.0), 3)]));
    t.at(1009.0, Happening::Tick);
    t.at(1010.0, Happening::Acted(ActId(0), Err(failure("no memory"))));
    t.at(1016.5, Happening::LoadEnded(LOAD, Ok(())));
    let (state, said) = t.down();
    assert_eq!(state, EndState::Complete);
    assert_eq!(warnings(&said), ["scale web to 3 failed: no memory"]);
}

#[test]
fn an_interrupt_cancels_what_is_under_way_and_nothing_more_is_asked_for() {
    let mut t = Try::up(acting(&[(When::Load(3.0), 3), (When::Load(6.0), 1)]));
    t.at(1009.0, Happening::Tick);
    let said = t.at(1010.0, Happening::Interrupted);
    assert!(said.contains(&Command::GiveUpAct { id: ActId(0), why: GaveUp::Cut }));
    assert_eq!(asked(&t.at(1013.0, Happening::Tick)), []);
    // An answer that comes all the same is recorded, and changes nothing.
    assert_eq!(
        t.at(1013.5, Happening::Acted(ActId(0), Err(failure("late")))),
        [Command::Record(Entry::Acted)]
    );
    t.at(1014.0, Happening::LoadEnded(LOAD, Ok(())));
    let (state, said) = t.down();
    assert_eq!((state, asked(&said).len()), (EndState::Partial(Cut::Interrupted), 1));
}

#[test]
fn what_is_under_way_at_the_end_is_given_up_and_what_was_not_due_is_told() {
    let mut t = Try::up(acting(&[(When::Load(3.0), 3), (When::Load(9.8), 1)]));
    t.at(1009.0, Happening::Tick);
    // A generator whose clock is a little ahead.
    let said = t.at(1015.7, Happening::LoadEnded(LOAD, Ok(())));
    assert!(said.contains(&Command::GiveUpAct { id: ActId(0), why: GaveUp::TrialOver }));
    let (state, said) = t.down();
    assert_eq!(state, EndState::Complete);
    assert_eq!(
        warnings(&said),
        [
            "scale web to 1: not asked for, the load had ended",
            "scale web to 3: the trial was over before it was in force"
        ]
    );
}

#[test]
fn what_was_changed_is_taken_back_before_the_next_trial() {
    let mut plan = acting(&[(When::Load(3.0), 3), (When::Load(6.0), 2)]);
    plan.trials.push(TrialPlan { bin_s: 1.0, warm_up_s: None, load_s: 4.0, actions: vec![] });
    let until_restored = |plan: Plan| {
        let mut t = Try::up(plan);
        for (now, id) in [(1009.0, 0), (1012.0, 1)] {
            t.at(now, Happening::Tick);
            t.at(now + 1.0, Happening::Acted(ActId(id), Ok(())));
        }
        let said = t.at(1016.5, Happening::LoadEnded(LOAD, Ok(())));
        assert_eq!(asked(&said), [(2, scale(1))], "once, though two were asked for");
        assert!(!said.contains(&Command::NextTrial(1)));
        t
    };
    let mut t = until_restored(plan.clone());
    let said = t.at(1020.0, Happening::Acted(ActId(2), Ok(())));
    assert!(said.contains(&Command::NextTrial(1)), "{said:?}");
    // A next trial on another system would be none of this session.
    let mut t = until_restored(plan.clone());
    t.at(1020.0, Happening::Acted(ActId(2), Err(failure("no"))));
    assert_eq!(t.down().0, EndState::Partial(Cut::Testbed(failure("no"))));
    let mut t = until_restored(plan);
    t.at(1151.5, Happening::Tick);
    assert_eq!(t.down().0, EndState::Partial(Cut::Overdue(Waited::Restored)));
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
