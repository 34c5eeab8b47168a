//! `observe:`: what an experiment has woven into its stack.
#![allow(clippy::unwrap_used)]

use std::path::Path;

use swarmlab_experiment::{Experiment, read};
use swarmlab_stackfile::Role;
use swarmlab_weave::Protocol;

const STACK: &str = "\
services:
  gateway: { image: i, ports: ['8080:80'] }
  api: { image: i, expose: ['3000'] }
  db: { image: i, ports: ['5432:5432'] }
";

fn read_with(folder: &Path, observe: &str) -> Result<Experiment, String> {
    let write = |name: &str, text: &str| std::fs::write(folder.join(name), text).unwrap();
    write("stack.yml", STACK);
    write("shape.yml", "shape: constant\nlevel: 1\nduration: 10s\n");
    write("scenario.yml", "name: s\nsteps: [{ request: GET / }]\n");
    write(
        "e.yml",
        &format!(
            "name: e\nstack: stack.yml\n{observe}\ntarget: {{ service: gateway, port: 80 }}\n\
             load: {{ model: closed, shape: shape.yml, scenario: scenario.yml }}\n"
        ),
    );
    read(&folder.join("e.yml"), &|_| None).map(|loaded| loaded.experiment).map_err(|all| all.to_string())
}

#[test]
fn fronts_stand_before_services_and_take_the_load() {
    let folder = tempfile::tempdir().unwrap();
    let e = read_with(
        folder.path(),
        "observe: { front: [gateway, 'api:4000'], protocol: http2, prometheus_port: 9191 }",
    )
    .unwrap();
    assert_eq!((e.target.service.as_str(), e.target.port), ("gateway-front", 80));
    assert_eq!(e.measure.services, ["gateway", "api"], "the services behind are what is measured");
    let woven = &e.observe.as_ref().unwrap().woven;
    assert_eq!(woven[1].ports, [(3000, Protocol::Http2), (4000, Protocol::Http2)]);
    let prometheus = e.stack.service("swarmlab-prometheus").unwrap();
    assert_eq!((prometheus.role, prometheus.ports[0].published), (Role::Telemetry, Some(9191)));
}

#[test]
fn everything_by_default_or_nothing() {
    let folder = tempfile::tempdir().unwrap();
    for all in ["observe: true", "observe: {}", "observe: { front: auto }"] {
        let e = read_with(folder.path(), all).unwrap();
        let fronts: Vec<_> = e.observe.unwrap().woven.into_iter().map(|f| f.proxy).collect();
        assert_eq!(fronts, ["gateway-front", "api-front"], "{all}");
    }
    for none in ["observe: false", ""] {
        let e = read_with(folder.path(), none).unwrap();
        assert_eq!(
            (e.stack.services.len(), e.observe, e.target.service.as_str()),
            (3, None, "gateway"),
            "{none}"
        );
    }
    let e = read_with(folder.path(), "observe: { front: db, prometheus: 'http://127.0.0.1:9090/' }").unwrap();
    assert_eq!(e.stack.services.len(), 4, "nothing but the front");
    assert_eq!(e.observe.unwrap().prometheus.as_deref(), Some("http://127.0.0.1:9090"));
}

#[test]
fn what_cannot_be_is_told_at_its_place() {
    let folder = tempfile::tempdir().unwrap();
    for (observe, words) in [
        ("observe: { front: [gatewai] }", "e.yml:3:19"),
        ("observe: { front: [gatewai] }", "did you mean `gateway`?"),
        ("observe: { front: 'a b' }", "no name of a service"),
        ("observe: { protocol: http3 }", "http2"),
        ("observe: { prometheus: ftp://x }", "http://"),
        ("observe: { prometheus: http://x, prometheus_port: 1 }", "not published anew"),
        ("observe: { fronts: auto }", "did you mean `front`?"),
    ] {
        let said = read_with(folder.path(), observe).unwrap_err();
        assert!(said.contains(words), "{observe}: {said}");
    }
}
