//! Interrupted in the middle: cleaned up at once, or by `down` later.

use crate::support::*;
use std::time::Duration;
use swarmlab_stackfile::StackSpecs;
use swarmlab_swarm::*;

/// A stack that never comes up, so that there is a middle to interrupt.
fn endless(name: &str) -> StackSpecs {
    let mut specs = stack(name);
    specs.networks.push(network(name, "net"));
    specs.volumes.push(volume(name, "data"));
    specs.configs.push(blob(name, "conf", "x"));
    let net = format!("{name}_net");
    specs.services.push(service(name, "good", IDLE).with_network(&net));
    specs
        .services
        .push(service(name, "slow", IDLE).with_network(&net).with_health("exit 1").with_replicas(2));
    specs
}

/// Brings it up and cancels as soon as `when` is heard.
async fn cancelled_up(
    engine: &Engine,
    specs: &StackSpecs,
    keep: bool,
    when: fn(&UpEvent) -> bool,
) -> SwarmError {
    let options = UpOptions { keep_on_failure: keep, ..Default::default() };
    let cancel = options.cancel.clone();
    up(engine, specs, &options, &mut |event| {
        if when(&event) {
            cancel.cancel();
        }
    })
    .await
    .unwrap_err()
}

fn good_runs(event: &UpEvent) -> bool {
    matches!(event, UpEvent::Service { service, arrived: true, .. } if service == "good")
}

#[tokio::test]
#[ignore = "needs a Docker engine (scripts/test)"]
async fn cancelled_while_waiting_leaves_nothing() {
    let engine = engine().await;
    let name = "t-int1";
    let error = cancelled_up(&engine, &endless(name), false, good_runs).await;
    assert_eq!(error.code().name(), "interrupted", "{error}");
    assert_eq!(remains(&engine, name).await, Vec::<String>::new());
    assert_eq!(quick_down(&engine, name).await.unwrap_err().code().name(), "no-such-stack");
}

#[tokio::test]
#[ignore = "needs a Docker engine (scripts/test)"]
async fn cancelled_while_creating_leaves_nothing() {
    let engine = engine().await;
    let name = "t-int2";
    let first_config = |event: &UpEvent| matches!(event, UpEvent::Created(o) if o.kind == ObjectKind::Config);
    let error = cancelled_up(&engine, &endless(name), false, first_config).await;
    assert_eq!(error.code().name(), "interrupted", "{error}");
    assert_eq!(remains(&engine, name).await, Vec::<String>::new());
}

#[tokio::test]
#[ignore = "needs a Docker engine (scripts/test)"]
async fn kept_after_a_cancellation_down_removes_it() {
    let engine = engine().await;
    let name = "t-int3";
    let error = cancelled_up(&engine, &endless(name), true, good_runs).await;
    assert_eq!(error.code().name(), "interrupted");
    assert_eq!(status(&engine, name).await.unwrap().services.len(), 2);
    quick_down(&engine, name).await.unwrap();
    assert_eq!(remains(&engine, name).await, Vec::<String>::new());
}

#[tokio::test]
#[ignore = "needs a Docker engine (scripts/test)"]
async fn a_dropped_up_and_a_dropped_down_are_finished_by_down() {
    let engine = engine().await;
    let name = "t-int4";
    let specs = endless(name);
    let options = UpOptions::default();
    let dropped =
        tokio::time::timeout(Duration::from_secs(2), up(&engine, &specs, &options, &mut |_| {})).await;
    assert!(dropped.is_err());
    // A removal that is cancelled as soon as its services are gone says what is left ...
    let options = DownOptions::default();
    let cancel = options.cancel.clone();
    let error = down(&engine, name, &options, &mut |event| {
        if matches!(event, DownEvent::Stopping { .. }) {
            cancel.cancel();
        }
    })
    .await
    .unwrap_err();
    assert_eq!(error.code().name(), "interrupted");
    assert!(error.to_string().contains("network t-int4_net"), "{error}");
    // ... and the next one goes on.
    quick_down(&engine, name).await.unwrap();
    assert_eq!(remains(&engine, name).await, Vec::<String>::new());
}

#[tokio::test]
#[ignore = "needs a Docker engine (scripts/test)"]
async fn a_second_interrupt_stops_the_clean_up_and_says_what_is_left() {
    let engine = engine().await;
    let name = "t-int5";
    let options = UpOptions::default();
    let (cancel, abandon) = (options.cancel.clone(), options.abandon.clone());
    let error = up(&engine, &endless(name), &options, &mut |event| {
        if good_runs(&event) {
            cancel.cancel();
        }
        if matches!(event, UpEvent::CleaningUp) {
            abandon.cancel();
        }
    })
    .await
    .unwrap_err();
    assert!(matches!(error, SwarmError::NotCleaned { .. }), "{error}");
    assert!(error.to_string().contains("network t-int5_net"), "{error}");
    quick_down(&engine, name).await.unwrap();
    assert_eq!(remains(&engine, name).await, Vec::<String>::new());
}

#[tokio::test]
#[ignore = "needs a Docker engine (scripts/test)"]
async fn a_removal_that_takes_too_long_says_what_holds_it() {
    let engine = engine().await;
    let name = "t-int6";
    let mut specs = stack(name);
    specs.networks.push(network(name, "net"));
    // Ignores SIGTERM, as a shell without a trap does when it is process 1.
    let deaf = service(name, "deaf", "while :; do sleep 1; done").with_network(&format!("{name}_net"));
    specs.services.push(deaf);
    quick_up(&engine, &specs).await.unwrap();
    let options = DownOptions { timeout_s: 2.0, ..Default::default() };
    let error = down(&engine, name, &options, &mut |_| {}).await.unwrap_err();
    assert_eq!(error.code().name(), "down-timeout");
    let text = error.to_string();
    assert!(text.contains("container t-int6_deaf.1.") && text.contains("network t-int6_net"), "{text}");
    quick_down(&engine, name).await.unwrap();
    assert_eq!(remains(&engine, name).await, Vec::<String>::new());
}
