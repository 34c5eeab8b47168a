//! Controllers over a scripted testbed: what they see, what is done on what they decide, and what is written down.

use swarmlab_control::controllers::cooldown::Cooldown;
use swarmlab_control::controllers::target::Of;
use swarmlab_control::controllers::{Fixed, TargetTracking};
use swarmlab_control::{Autoscaler, Bounds, Outcome};
use swarmlab_lab::message::News;
use swarmlab_record::decisions::{self, Decided, Line};
use swarmlab_record::events::{self, Event};
use swarmlab_record::manifest::Manifest;

use super::stage::{Acts, Played, Stage};

/// Ten requests a second for each replica.
fn tracking() -> Autoscaler {
    let strategy = TargetTracking {
        metric: "request_rate".to_owned(),
        of: Of::Total,
        target: 10.0,
        only_up: false,
        cooldown: Cooldown::new(0.0, 0.0),
    };
    Autoscaler::new(Bounds { max: 4, stale_after_s: 30.0, ..Bounds::default() }, strategy.into())
}

/// Load that grows from the fourth second on and falls again.
fn step() -> Vec<u64> {
    [vec![9; 4], vec![35; 6], vec![9; 6]].concat()
}

fn decided(played: &Played) -> Vec<Decided> {
    let lines = decisions::read(&played.folder.decisions()).unwrap();
    let decision = |line| if let Line::Decision(d) = line { Some(*d) } else { None };
    lines.into_iter().filter_map(|(line, _)| decision(line)).collect()
}

fn start(played: &Played) -> f64 {
    Manifest::read(&played.folder.manifest()).unwrap().windows.unwrap().load_start_unix_s
}

#[tokio::test(start_paused = true)]
async fn a_service_grows_under_load_and_shrinks_again_and_everything_is_written_down() {
    let stage = Stage { controllers: vec![(tracking(), true)], sent: step(), ..Stage::default() };
    let played = stage.play().await;
    assert!(played.result.is_ok(), "{:?}", played.result);
    assert_eq!(played.bed(), ["up", "observe", "scale web to 4", "scale web to 1", "down"]);
    let start = start(&played);
    let all = decided(&played);
    // Every two seconds, and none at the end.
    let when: Vec<f64> = all.iter().map(|d| d.decision.at_s - start).collect();
    assert_eq!(when, [2.0, 4.0, 6.0, 8.0, 10.0, 12.0, 14.0]);
    let changes: Vec<(usize, u64)> = all
        .iter()
        .filter(|d| d.decision.outcome == Outcome::Change)
        .map(|d| (d.id, d.decision.replicas))
        .collect();
    assert_eq!(changes, [(2, 4), (5, 1)]);
    let seen = all[2].decision.seen["request_rate"];
    assert!(seen.v == Some(35.0) && seen.age_s <= 1.0 + 1e-6, "{seen:?}");
    assert_eq!(all[2].observation.replicas.desired, 1);
    // The journal says of each action which decision wanted it.
    let events = events::read(&played.folder.events()).unwrap();
    let of: Vec<Option<usize>> = events
        .iter()
        .filter_map(|e| if let Event::Action(a) = e { Some(a.decision) } else { None })
        .collect();
    assert_eq!(of, [Some(2), Some(2), Some(5), Some(5)], "asked and in force");
    let lines = decisions::read(&played.folder.decisions()).unwrap();
    assert!(matches!(&lines[0].0, Line::Controller(c) if c.acts && c.service == "web"));
}

#[tokio::test(start_paused = true)]
async fn without_scaling_it_is_decided_and_nothing_is_done() {
    let stage = Stage { controllers: vec![(tracking(), false)], sent: step(), ..Stage::default() };
    let played = stage.play().await;
    assert!(played.result.is_ok(), "{:?}", played.result);
    assert_eq!(played.bed(), ["up", "observe", "down"]);
    let wants: Vec<usize> = decided(&played).iter().map(|d| d.wants.len()).collect();
    assert_eq!(wants, [0, 0, 1, 1, 1, 0, 0], "it sees one replica all the time");
    let lines = decisions::read(&played.folder.decisions()).unwrap();
    assert!(matches!(&lines[0].0, Line::Controller(c) if !c.acts));
}

#[tokio::test(start_paused = true)]
async fn a_slow_action_is_waited_for_and_an_interrupt_cancels_it() {
    // `fixed` wants three from its first decision on, at two seconds; the bed never does it.
    let three = Autoscaler::new(Bounds::default(), Fixed { replicas: 3 }.into());
    for interrupt_s in [Some(8.5), None] {
        let stage = Stage {
            controllers: vec![(three.clone(), true)],
            sent: step(),
            actions: vec![(0.5, 1, Acts::Takes(0.0)), (15.9, 1, Acts::Never)],
            interrupt_s,
            ..Stage::default()
        };
        // The second answer of the bed is for the controller's action.
        let played = stage.play().await;
        assert_eq!(played.result.is_ok(), interrupt_s.is_none(), "{:?}", played.result);
        let scaled = played.bed().iter().filter(|l| *l == "scale web to 3").count();
        assert_eq!(scaled, 1, "one action at a time: {:?}", played.bed());
        assert!(played.bed().contains(&"cancelled".to_owned()), "{:?}", played.bed());
    }
}

#[tokio::test(start_paused = true)]
async fn each_trial_begins_with_fresh_controllers_and_the_replicas_of_before() {
    let stage = Stage {
        trials: 2,
        controllers: vec![(tracking(), true)],
        sent: [vec![9; 2], vec![35; 6]].concat(),
        ..Stage::default()
    };
    let played = stage.play().await;
    assert!(played.result.is_ok(), "{:?}", played.result);
    let scaled: Vec<String> = played.bed().into_iter().filter(|l| l.starts_with("scale")).collect();
    assert_eq!(scaled, ["scale web to 4", "scale web to 1", "scale web to 4"]);
    let second = decisions::read(&played.second.decisions()).unwrap();
    assert!(matches!(&second[0].0, Line::Controller(_)) && second.len() == 4, "{second:?}");
    assert!(played.heard(|n| matches!(n, News::Controllers(_))));
}
