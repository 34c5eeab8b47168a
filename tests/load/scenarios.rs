//! Scenarios and shapes from files.

use serde_json::Value;

use crate::programs::{Redis, Role};
use crate::support::root;
use crate::{json_load, load, text};

#[test]
fn a_scenario_and_a_shape_from_files_run() {
    let app = Role::start("target-app");
    let dir = tempfile::tempdir().unwrap();
    let shape = dir.path().join("shape.yml");
    std::fs::write(&shape, "shape: ramp\nfrom: 1\nto: 4\nduration: 3s\n").unwrap();
    let scenario = dir.path().join("scenario.yml");
    std::fs::write(
        &scenario,
        "name: two\nwait: { constant: 50ms }\nsteps:\n  - name: health\n    request: GET /health\n  - name: products\n    request: GET /products\n",
    )
    .unwrap();
    let (output, _, s) = json_load(&[
        &app.url(""),
        "--shape",
        shape.to_str().unwrap(),
        "--scenario",
        scenario.to_str().unwrap(),
    ]);
    assert!(output.status.success());
    let names: Vec<&str> =
        s["endpoints"].as_array().unwrap().iter().map(|e| e["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["health", "products"]);
    assert!(s["iterations"].as_u64().unwrap() > 10, "{s:#}");
    assert_eq!(s["counts"]["failed"], 0);
}

/// The user classes that are shipped, against the sample application and a real Redis: every step of theirs is
/// requested and answered as it expects.
#[test]
fn the_shipped_user_classes_run_against_the_sample_application() {
    let app = Role::start("target-app");
    let agent = Role::start("ai-agent");
    let redis = Redis::start();
    let folder = root().join("loadshapes/scenarios");
    let mut seen = Vec::new();
    for entry in std::fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|e| e != "yml") {
            continue;
        }
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        // The exercise journey is that of the sample stack, and the sample application speaks neither WebSocket nor gRPC:
        // their own tests run them.
        if ["exercise", "websocket", "grpc"].contains(&name.as_str()) {
            continue;
        }
        let app_target = format!("app={}", app.url(""));
        let agent_target = format!("agent={}", agent.url(""));
        let redis_target = format!("redis=redis://127.0.0.1:{}", redis.port);
        let (output, _, s) = json_load(&[
            &app.url(""),
            "--scenario",
            path.to_str().unwrap(),
            "--target",
            &app_target,
            "--target",
            &agent_target,
            "--target",
            &redis_target,
            "--rate",
            "60",
            "-d",
            "4s",
        ]);
        assert!(output.status.success(), "{name}: {}", text(&output.stderr));
        assert_eq!(s["counts"]["failed"], 0, "{name}: {:#}", s["counts"]);
        assert!(s["counts"]["completed"].as_u64().unwrap() >= 200, "{name}: {s:#}");
        seen.push(name);
    }
    assert!(seen.len() >= 5, "{seen:?}");
}

#[test]
fn one_iteration_is_looked_at() {
    let app = Role::start("target-app");
    let scenario = root().join("loadshapes/scenarios/target-app.yml").display().to_string();
    let o = load(&[&app.url(""), "--scenario", &scenario, "--debug", "--task", "health", "--json"]);
    assert_eq!(o.status.code(), Some(0), "{}", String::from_utf8_lossy(&o.stderr));
    let lines: Vec<Value> = String::from_utf8(o.stdout)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert_eq!(lines[0]["exchange"]["answer"]["status"], 200);
    assert_eq!(lines[1]["summary"]["exchanges"], 1);
    let o = load(&[&app.url("/nowhere"), "--debug"]);
    assert_eq!(o.status.code(), Some(7));
    let told = String::from_utf8(o.stdout).unwrap();
    for part in ["> GET /nowhere HTTP/1.1", "< 404 after", "NOT EXPECTED", "FAILED: unexpected_status"] {
        assert!(told.contains(part), "{part} is missing in\n{told}");
    }
    assert!(String::from_utf8(o.stderr).unwrap().contains("E625"));
    let o = load(&[&app.url("/"), "--debug", "--class", "nobody"]);
    assert_eq!(o.status.code(), Some(2));
}
