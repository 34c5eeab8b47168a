//! What a trial changes while it runs.

use swarmlab_record::action::Action;
use swarmlab_trial::{
    ActId, Command, Cut, EndState, Entry, GaveUp, Happening, Plan, PlannedAction, TrialPlan, Waited, When,
};

use crate::tries::*;

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
    let act = |c: &Command| {
        if let Command::Act { id, action, .. } = c { Some((id.0, action.clone())) } else { None }
    };
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
    plan.trials.push(TrialPlan {
        bin_s: 1.0,
        warm_up_s: None,
        load_s: 4.0,
        actions: vec![],
        scaling: vec![],
    });
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
