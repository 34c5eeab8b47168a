//! What controllers decide while a load lasts, and what becomes of it.

use swarmlab_record::action::Action;
use swarmlab_trial::{ActId, Command, Cut, DecisionId, EndState, Entry, Happening, Plan, Scaled, TrialPlan};

use crate::tries::*;

fn scale(replicas: u64) -> Action {
    Action::Scale { service: "web".to_owned(), replicas }
}

/// `web` has one replica and is looked at every 3 s; the load lasts from 1006 to 1016.
fn scaled() -> Plan {
    let mut plan = plan();
    plan.trials[0].scaling =
        vec![Scaled { service: "web".to_owned(), every_s: 3.0, min: 1, max: 5, undo: vec![scale(1)] }];
    plan
}

fn decides(said: &[Command]) -> Vec<usize> {
    said.iter().filter_map(|c| if let Command::Decide { id, .. } = c { Some(id.0) } else { None }).collect()
}

/// Action, and the decision that wants it.
fn asked(said: &[Command]) -> Vec<(Action, Option<usize>)> {
    let act = |c: &Command| match c {
        Command::Act { action, decision, .. } => Some((action.clone(), decision.map(|d| d.0))),
        _ => None,
    };
    said.iter().filter_map(act).collect()
}

fn decided(id: usize, wants: &[Action]) -> Happening {
    Happening::Decided(DecisionId(id), wants.to_vec())
}

#[test]
fn controllers_are_asked_every_so_often_and_what_they_want_is_asked_for() {
    let mut t = Try::up(scaled());
    assert_eq!(t.said.last(), Some(&Command::WakeAt(1009.0)));
    assert_eq!(decides(&t.at(1009.0, Happening::Tick)), [0]);
    let said = t.at(1009.1, decided(0, &[scale(3)]));
    assert_eq!(said[0], Command::Record(Entry::Decided));
    assert_eq!(asked(&said), [(scale(3), Some(0))]);
    t.at(1011.0, Happening::Acted(ActId(0), Ok(())));
    assert_eq!(decides(&t.at(1012.0, Happening::Tick)), [1]);
    assert_eq!(asked(&t.at(1012.0, decided(1, &[]))), []);
    assert_eq!(decides(&t.at(1015.0, Happening::Tick)), [2]);
    t.at(1015.0, decided(2, &[]));
    // Nothing is decided in the drain.
    assert!(decides(&t.at(1018.0, Happening::Tick)).is_empty());
    t.at(1018.5, Happening::LoadEnded(LOAD, Ok(())));
    let (state, said) = t.down();
    assert_eq!((state, decides(&said), warnings(&said)), (EndState::Complete, vec![0, 1, 2], vec![]));
}

#[test]
fn a_decision_waits_for_the_action_before_it_and_gives_way_to_a_newer_one() {
    let mut t = Try::up(scaled());
    t.at(1009.0, Happening::Tick);
    t.at(1009.0, decided(0, &[scale(2)]));
    t.at(1012.0, Happening::Tick);
    assert_eq!(asked(&t.at(1012.0, decided(1, &[scale(3)]))), [], "one is under way");
    t.at(1015.0, Happening::Tick);
    assert_eq!(asked(&t.at(1015.0, decided(2, &[scale(4)]))), []);
    assert_eq!(asked(&t.at(1015.5, Happening::Acted(ActId(0), Ok(())))), [(scale(4), Some(2))]);
    // One that wants nothing any more takes the place of one that waits, too.
    let mut t = Try::up(scaled());
    t.at(1009.0, Happening::Tick);
    t.at(1009.0, decided(0, &[scale(2)]));
    t.at(1012.0, Happening::Tick);
    t.at(1012.0, decided(1, &[scale(3)]));
    t.at(1015.0, Happening::Tick);
    t.at(1015.0, decided(2, &[]));
    assert_eq!(asked(&t.at(1015.5, Happening::Acted(ActId(0), Ok(())))), []);
}

#[test]
fn a_controller_that_does_not_answer_until_it_is_asked_again_is_late_and_not_heard_any_more() {
    let mut t = Try::up(scaled());
    t.at(1009.0, Happening::Tick);
    let said = t.at(1012.0, Happening::Tick);
    assert_eq!(
        said[..2],
        [
            Command::GiveUpDecision(DecisionId(0)),
            Command::Decide { id: DecisionId(1), service: "web".to_owned() }
        ]
    );
    assert_eq!(asked(&t.at(1012.1, decided(0, &[scale(3)]))), []);
    assert_eq!(asked(&t.at(1012.2, decided(1, &[scale(2)]))), [(scale(2), Some(1))]);
    assert_eq!(asked(&t.at(1012.3, decided(1, &[scale(4)]))), [], "an answer counts once");
}

#[test]
fn bounds_hold_whatever_is_wanted() {
    let mut t = Try::up(scaled());
    t.at(1009.0, Happening::Tick);
    let db = Action::Scale { service: "db".to_owned(), replicas: 2 };
    let said = t.at(1009.0, decided(0, &[scale(6), db, scale(5)]));
    assert_eq!(asked(&said), [(scale(5), Some(0))]);
    assert_eq!(
        warnings(&said),
        [
            "scale web to 6 is not asked for: web is to have 1 to 5 replicas",
            "scale db to 2 is not asked for: its controller scales web"
        ]
    );
}

#[test]
fn after_an_interrupt_nobody_is_asked_and_nothing_that_waited_is_done() {
    let mut t = Try::up(scaled());
    t.at(1009.0, Happening::Tick);
    t.at(1009.0, decided(0, &[scale(2)]));
    t.at(1012.0, Happening::Tick);
    let said = t.at(1012.5, Happening::Interrupted);
    assert!(said.contains(&Command::GiveUpDecision(DecisionId(1))), "{said:?}");
    assert_eq!(asked(&t.at(1012.6, decided(1, &[scale(3)]))), []);
    assert!(decides(&t.at(1015.0, Happening::Tick)).is_empty());
    t.at(1015.5, Happening::LoadEnded(LOAD, Ok(())));
    assert_eq!(t.down().0, EndState::Partial(Cut::Interrupted));
}

#[test]
fn what_controllers_changed_is_taken_back_before_the_next_trial() {
    let mut plan = scaled();
    plan.trials.push(TrialPlan {
        bin_s: 1.0,
        warm_up_s: None,
        load_s: 4.0,
        actions: vec![],
        scaling: vec![],
    });
    let mut t = Try::up(plan);
    for (n, replicas) in [(0, 2), (1, 4)] {
        let now = 1009.0 + 3.0 * n as f64;
        t.at(now, Happening::Tick);
        t.at(now, decided(n, &[scale(replicas)]));
        t.at(now + 1.0, Happening::Acted(ActId(n), Ok(())));
    }
    let said = t.at(1016.5, Happening::LoadEnded(LOAD, Ok(())));
    assert_eq!(asked(&said), [(scale(1), None)], "once, though two were asked for");
    let said = t.at(1020.0, Happening::Acted(ActId(2), Ok(())));
    assert!(said.contains(&Command::NextTrial(1)), "{said:?}");
}
