//! Runs that do not come to their end.

use std::net::TcpListener;

use crate::engine::{assert_gone, engine};
use crate::support::{Lab, TWO_SECRETS, verdict};

#[test]
#[ignore = "needs a Docker engine (scripts/test)"]
fn an_interrupt_in_any_phase_ends_in_order() {
    let lab = Lab::new();
    let experiment = lab.experiment("cut", "swarm", "shape: constant\nlevel: 2\nduration: 120s\n", "");
    let mut running = lab.run(&experiment, &["--name", "cut", "--engine", &engine()]);
    running.until("a service", |v| {
        v["event"] == "step" && v["message"].as_str().is_some_and(|m| m.starts_with("created service"))
    });
    running.signal("INT");
    let ended = running.end();
    assert_eq!(ended.status.code(), Some(130), "{:#?}", ended.line("error"));
    assert_gone("cut");

    let mut running = lab.run(&experiment, &["--name", "cut", "--engine", &engine()]);
    running.until_load(5.0);
    running.signal("TERM");
    let ended = running.end();
    assert_eq!(ended.status.code(), Some(130), "{:#?}", ended.line("error"));
    assert_eq!(ended.manifest()["state"]["is"], "partial");
    assert_eq!(verdict(&ended.summary(), "counts-agree")["status"], "pass");
    assert!(std::fs::read_to_string(ended.folder().join("report.html")).unwrap().contains("interrupted"));
    assert_gone("cut");
}

#[test]
#[ignore = "needs a Docker engine (scripts/test)"]
fn a_failed_start_says_which_service_and_why_and_leaves_nothing() {
    let lab = Lab::new();
    let shape = "shape: constant\nlevel: 1\nduration: 5s\n";
    // What can be seen in the files is told before anything is started.
    for demand_ms in ["much", "60001"] {
        let variables = format!("variables: {{ EXERCISE_DEMAND_MS: \"{demand_ms}\" }}");
        let experiment = lab.experiment("broken", "swarm", shape, &variables);
        let ended = lab.run(&experiment, &["--name", "broken", "--engine", &engine()]).end();
        assert_eq!(ended.status.code(), Some(2), "{:#?}", ended.line("error"));
    }
    let experiment = lab.experiment("broken", "swarm", shape, "");
    lab.change_stack(&experiment, TWO_SECRETS.0, TWO_SECRETS.1);
    let ended = lab.run(&experiment, &["--name", "broken", "--wait", "30s", "--engine", &engine()]).end();
    assert_eq!(ended.status.code(), Some(4), "{:#?}", ended.line("error"));
    let message = ended.line("error").unwrap()["message"].as_str().unwrap();
    assert!(message.contains("ms-exercise") && message.contains(TWO_SECRETS.2), "{message}");
    assert_gone("broken");

    let experiment =
        lab.experiment("absent", "swarm", shape, "variables: { ENVOY_IMAGE: \"swarmlab/absent:none\" }");
    let ended = lab.run(&experiment, &["--name", "absent", "--engine", &engine()]).end();
    assert_eq!(ended.status.code(), Some(3), "{:#?}", ended.line("error"));
    let error = ended.line("error").unwrap();
    assert!(error["message"].as_str().unwrap().contains("swarmlab/absent:none"), "{error}");
    assert!(error["help"].as_str().unwrap().contains("swarmlab images build"), "{error}");
    assert_gone("absent");

    let holder = TcpListener::bind("0.0.0.0:8080").unwrap();
    let experiment = lab.experiment("taken", "swarm", shape, "");
    let ended = lab.run(&experiment, &["--name", "taken", "--engine", &engine()]).end();
    assert_eq!(ended.status.code(), Some(3), "{:#?}", ended.line("error"));
    let error = ended.line("error").unwrap();
    assert!(error["message"].as_str().unwrap().contains("port 8080/tcp is held by"), "{error}");
    assert_gone("taken");
    drop(holder);
}
