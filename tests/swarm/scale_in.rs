//! Replicas that go while an open load goes on, behind a name with an address each (`dnsrr`).

use crate::engine::{assert_gone, engine};
use crate::support::{Lab, root, verdict};

/// The gateway's Envoy asks the name service for `tasks.gateway`, an address a replica, and three of four of them go.
#[test]
#[ignore = "needs a Docker engine (scripts/test)"]
fn no_request_of_an_open_load_is_lost_unnamed_when_replicas_go() {
    let lab = Lab::new();
    std::fs::write(lab.dir.path().join("shape.yml"), "shape: constant\nlevel: 12\nduration: 24s\n").unwrap();
    let root = root().display().to_string();
    let text = format!(
        "name: scalein\ntestbed: swarm\nstack: {root}/stacks/exercise.yml\ntarget: {{ service: gateway-envoy, port: 8080 }}\n\
         load:\n  model: open\n  shape: shape.yml\n  scenario: {root}/loadshapes/scenarios/exercise.yml\n\
         actions:\n  - {{ at: settle, scale: {{ gateway: 4 }} }}\n  - {{ at: 8s, scale: {{ gateway: 1 }} }}\n"
    );
    let experiment = lab.dir.path().join("experiment.yml");
    std::fs::write(&experiment, text).unwrap();
    let ended = lab.run(&experiment, &["--name", "scalein", "--engine", &engine()]).end();
    assert!(ended.status.success(), "{:#?}", ended.line("error"));
    let events = std::fs::read_to_string(ended.folder().join("events.jsonl")).unwrap();
    let in_force = events.lines().filter(|line| line.contains("\"is\":\"in_force\"")).count();
    assert_eq!(in_force, 2, "{events}");
    let summary = ended.summary();
    let all = summary["endpoints"].as_array().unwrap().iter().find(|e| e["endpoint"] == "*").unwrap();
    let count = |key: &str| all[key].as_u64().unwrap();
    let named: u64 = all["errors"].as_object().unwrap().values().map(|n| n.as_u64().unwrap()).sum();
    eprintln!("sent {}, failed {} ({})", count("sent"), count("failed"), all["errors"]);
    assert!(count("sent") > 250, "{all}");
    // Each request ended: as it should, or under a name.
    assert_eq!(count("succeeded") + count("failed"), count("sent"), "{all}");
    assert_eq!(named, count("failed"), "{all}");
    // The last counts of replicas that went were not seen in the quiet: told as a warning, and they agree all the same.
    let agree = verdict(&summary, "counts-agree");
    assert!(["pass", "warn"].contains(&agree["status"].as_str().unwrap()), "{agree:#}");
    let servers = summary["counts"]["servers"].as_array().unwrap();
    let envoy = servers.iter().find(|c| c["counter"] == "gateway-envoy: requests from its clients").unwrap();
    assert_eq!(
        (envoy["exact"].as_bool(), envoy["count"].as_f64()),
        (Some(true), Some(count("sent") as f64)),
        "{envoy}"
    );
    assert_gone("scalein");
}
