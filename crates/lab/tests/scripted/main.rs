//! Sessions on a scripted testbed with a scripted generator, in virtual time.
#![allow(clippy::unwrap_used)]

mod bed;
mod controllers;
mod generator;
mod stage;

use stage::{Acts, Generates, Stage, Up};
use swarmlab_lab::RunError;
use swarmlab_lab::message::News;
use swarmlab_record::Phase;
use swarmlab_record::action::{ActionEvent, Progress};
use swarmlab_record::events::{self, Event};
use swarmlab_record::manifest::Manifest;
use swarmlab_trial::{Keep, Waited};

#[tokio::test(start_paused = true)]
async fn a_whole_session_leaves_a_whole_folder() {
    let stage = Stage { warm_up_s: Some(2.0), ..Stage::default() };
    let played = stage.play().await;
    assert!(played.result.is_ok(), "{:?}", played.result);
    use Phase::*;
    // Whoever is awaited hears nothing after the close; the analysis comes then.
    assert_eq!(played.phases(), [Up, WarmUp, Settle, Load, Drain, Collect, Down]);
    assert_eq!(played.bed(), ["up", "observe", "down"]);
    assert_eq!(played.generator(), ["start WarmUp", "start Load"]);
    let manifest = Manifest::read(&played.folder.manifest()).unwrap();
    let w = manifest.windows.unwrap();
    assert_eq!(w.load_end_unix_s - w.load_start_unix_s, 5.0);
    assert!(manifest.target.is_some() && manifest.generator.is_some());
    let rows = std::fs::read_to_string(played.folder.client_journal()).unwrap();
    // An interval is a row for all endpoints and one for each.
    assert_eq!(rows.matches("\"phase\":\"warm").count(), 4, "{rows}");
    assert!(played.folder.histograms().exists());
    let events = std::fs::read_to_string(played.folder.events()).unwrap();
    for said in [
        "a step while coming up",
        "the testbed is up",
        "load ended",
        "the testbed is down",
        "\"web\"",
        "unknown issuer",
    ] {
        assert!(events.contains(said), "{said} is not in {events}");
    }
    let samples = swarmlab_record::samples::read(&played.folder.server_journal()).unwrap();
    assert!(samples.iter().any(|(_, samples)| samples.len() > 5));
    // What would be left is told while it is there, and taken back.
    assert_eq!(played.left(), ["half a bed", "a bed", ""]);
}

#[tokio::test(start_paused = true)]
async fn an_interrupt_while_it_comes_up_is_passed_on_and_nothing_is_left() {
    let stage = Stage { up: Up::Takes(50.0), interrupt_s: Some(10.0), ..Stage::default() };
    let played = stage.play().await;
    assert!(matches!(played.result, Err(RunError::Interrupted)), "{:?}", played.result);
    assert_eq!(played.bed(), ["up", "cancelled", "down"]);
    assert!(played.generator().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_testbed_that_never_answers_is_given_up() {
    let played = Stage { up: Up::Never, ..Stage::default() }.play().await;
    assert!(matches!(played.result, Err(RunError::Overdue(Waited::Up))), "{:?}", played.result);
    assert_eq!(played.bed(), ["up", "down"]);
    assert!((400.0..450.0).contains(&played.took_s), "{}", played.took_s);
}

#[tokio::test(start_paused = true)]
async fn an_interrupt_during_the_load_stops_it_and_keeps_what_was_measured() {
    let played = Stage { interrupt_s: Some(6.0), ..Stage::default() }.play().await;
    assert!(matches!(played.result, Err(RunError::Interrupted)), "{:?}", played.result);
    assert_eq!(played.generator(), ["start Load", "stop"]);
    assert_eq!(played.bed(), ["up", "observe", "down"]);
    assert!(played.phases().contains(&Phase::Collect));
    let w = Manifest::read(&played.folder.manifest()).unwrap().windows.unwrap();
    assert!(w.load_end_unix_s - w.load_start_unix_s < 5.0, "{w:?}");
}

#[tokio::test(start_paused = true)]
async fn a_generator_that_never_ends_is_aborted_and_given_up() {
    let played = Stage { generates: Generates::Forever, ..Stage::default() }.play().await;
    assert!(matches!(played.result, Err(RunError::Overdue(Waited::Load))), "{:?}", played.result);
    assert_eq!(played.generator(), ["start Load", "abort"]);
    assert_eq!(played.bed(), ["up", "observe", "down"]);
}

#[tokio::test(start_paused = true)]
async fn a_load_that_is_refused_is_the_failure() {
    let played = Stage { generates: Generates::Refuses, ..Stage::default() }.play().await;
    assert!(matches!(played.result, Err(RunError::Load(_))), "{:?}", played.result);
    assert_eq!(played.bed(), ["up", "observe", "down"]);
    assert_eq!(Manifest::read(&played.folder.manifest()).unwrap().windows, None);
}

#[tokio::test(start_paused = true)]
async fn a_full_disk_aborts_the_load_takes_the_testbed_down_and_is_told_as_the_cause() {
    let played = Stage { disk_full_s: Some(6.0), ..Stage::default() }.play().await;
    let e = played.result.as_ref().unwrap_err();
    assert!(e.to_string().contains("no space left"), "{e}");
    assert_eq!(played.generator(), ["start Load", "abort"]);
    assert_eq!(played.bed(), ["up", "observe", "down"]);
}

#[tokio::test(start_paused = true)]
async fn a_testbed_that_breaks_ends_the_load() {
    let played = Stage { breaks_s: Some(6.0), ..Stage::default() }.play().await;
    let e = played.result.as_ref().unwrap_err();
    assert!(e.to_string().contains("web.1 ended"), "{e}");
    assert_eq!(played.generator(), ["start Load", "stop"]);
    assert_eq!(played.bed(), ["up", "observe", "down"]);
}

#[tokio::test(start_paused = true)]
async fn a_testbed_that_is_kept_is_left_alone_and_said_to_be_there() {
    let played = Stage { keep: Keep::Yes, ..Stage::default() }.play().await;
    assert!(played.result.is_ok());
    assert_eq!(played.bed(), ["up", "observe"]);
    assert!(played.heard(|n| matches!(n, News::Step(m) if m == "kept: a bed")));
}

#[tokio::test(start_paused = true)]
async fn a_silent_source_is_named_and_the_run_goes_on() {
    let played = Stage { silent: true, ..Stage::default() }.play().await;
    assert!(played.result.is_ok(), "{:?}", played.result);
    assert!(played.heard(|n| matches!(n, News::Warning(m) if m.contains("cpu of web"))));
}

#[tokio::test(start_paused = true)]
async fn the_trials_of_a_session_share_a_testbed_and_have_folders_of_their_own() {
    let played = Stage { trials: 2, ..Stage::default() }.play().await;
    assert!(played.result.is_ok(), "{:?}", played.result);
    assert_eq!(played.bed(), ["up", "observe", "observe", "down"]);
    assert_eq!(played.generator(), ["start Load", "start Load"]);
    let second = Manifest::read(&played.second.manifest()).unwrap();
    assert!(second.windows.is_some() && second.target.is_some());
    assert!(second.windows != Manifest::read(&played.folder.manifest()).unwrap().windows);
}

fn actions(played: &stage::Played) -> Vec<ActionEvent> {
    let all = events::read(&played.folder.events()).unwrap();
    all.into_iter().filter_map(|e| if let Event::Action(a) = e { Some(a) } else { None }).collect()
}

#[tokio::test(start_paused = true)]
async fn actions_are_done_beside_the_load_and_the_journal_tells_when() {
    let stage =
        Stage { actions: vec![(1.0, 3, Acts::Takes(1.0)), (3.0, 1, Acts::Fails)], ..Stage::default() };
    let played = stage.play().await;
    assert!(played.result.is_ok(), "{:?}", played.result);
    assert_eq!(played.bed(), ["up", "observe", "scale web to 3", "scale web to 1", "down"]);
    let start = Manifest::read(&played.folder.manifest()).unwrap().windows.unwrap().load_start_unix_s;
    let said: Vec<(usize, String, f64)> = actions(&played)
        .into_iter()
        .map(|a| {
            let progress = match a.progress {
                Progress::InForce { accepted_unix_s, done_unix_s, changed: true } => {
                    format!("taken {:.2}, in force {:.2}", accepted_unix_s - start, done_unix_s - start)
                }
                other => format!("{other:?}"),
            };
            (a.id, progress, ((a.t_unix_s - start) * 100.0).round() / 100.0)
        })
        .collect();
    let [(0, asked, 1.0), (0, in_force, 2.0), (1, asked_too, 3.0), (1, failed, 3.0)] = &said[..] else {
        panic!("{said:?}")
    };
    assert_eq!((asked.as_str(), asked_too.as_str()), ("Asked", "Asked"));
    assert_eq!(in_force, "taken 1.25, in force 2.00");
    assert!(failed.starts_with("Failed") && failed.contains("there is no web"), "{failed}");
    // Who reads the figures is told of what did not work.
    assert!(played.heard(|n| matches!(n, News::Warning(m) if m.starts_with("scale web to 1 failed"))));
}

#[tokio::test(start_paused = true)]
async fn an_interrupt_cancels_an_action_and_one_that_is_never_answered_ends_with_the_run() {
    for interrupt_s in [Some(4.5), None] {
        let stage = Stage { actions: vec![(1.0, 3, Acts::Never)], interrupt_s, ..Stage::default() };
        let played = stage.play().await;
        assert_eq!(played.result.is_ok(), interrupt_s.is_none(), "{:?}", played.result);
        assert_eq!(played.bed(), ["up", "observe", "scale web to 3", "cancelled", "down"]);
        let last = actions(&played).pop().unwrap().progress;
        let why = if interrupt_s.is_some() { "the run was cut short" } else { "the trial was over" };
        assert!(matches!(&last, Progress::GivenUp { why: said } if said.starts_with(why)), "{last:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn replicas_are_restored_before_the_next_trial() {
    let actions = vec![(1.0, 3, Acts::Takes(1.0))];
    let played = Stage { trials: 2, actions, ..Stage::default() }.play().await;
    assert!(played.result.is_ok(), "{:?}", played.result);
    assert_eq!(played.bed(), ["up", "observe", "scale web to 3", "scale web to 1", "observe", "down"]);
}
