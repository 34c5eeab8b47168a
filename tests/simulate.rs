//! `simulate`: the shipped models, controllers in the loop, what is written, what is refused.
#![allow(clippy::unwrap_used)]

mod support;

use std::path::Path;
use std::process::Output;

use serde_json::Value;
use support::{root, swarmlab};

fn simulate(args: &[&str]) -> Output {
    let mut c = swarmlab();
    c.arg("simulate").args(args).current_dir(root()).env("NO_COLOR", "1").output().unwrap()
}

fn stdout(o: &Output) -> String {
    String::from_utf8_lossy(&o.stdout).into_owned()
}

fn stderr(o: &Output) -> String {
    String::from_utf8_lossy(&o.stderr).into_owned()
}

fn lines(o: &Output) -> Vec<Value> {
    stdout(o).lines().map(|l| serde_json::from_str(l).unwrap()).collect()
}

/// The last line of `--json`: what it came to.
fn totals(o: &Output) -> Value {
    lines(o).last().unwrap()["simulation"]["totals"].clone()
}

fn number(v: &Value) -> f64 {
    v.as_f64().unwrap()
}

#[test]
fn a_shipped_model_is_simulated_and_the_same_seed_gives_the_same_bytes() {
    let run = |seed: &str| simulate(&["simulations/exercise.yml", "--seed", seed, "--json"]);
    let first = run("1");
    assert_eq!(first.status.code(), Some(0), "{}", stderr(&first));
    assert_eq!(first.stdout, run("1").stdout);
    assert_ne!(first.stdout, run("2").stdout);
    let totals = totals(&first);
    // 40 requests/s for 300 s.
    assert!((number(&totals["sent"]) - 12_000.0).abs() < 500.0, "{totals}");
    let ended = number(&totals["answered"]) + number(&totals["failed"]) + number(&totals["in_flight_end"]);
    assert_eq!(number(&totals["sent"]).to_bits(), ended.to_bits());
    let exercise = &totals["services"][1];
    assert_eq!(exercise["service"], "exercise");
    // 40 requests/s of 12 ms on two halves of a core.
    assert!((number(&exercise["utilization"]) - 0.48).abs() < 0.03, "{exercise}");
    assert!(number(&exercise["throttled_s"]) > 0.0, "a quota was used up at times");
}

#[test]
fn a_controller_in_the_loop_keeps_the_promise_that_two_replicas_break() {
    let model = "simulations/surge.yml";
    let without = simulate(&[model, "--json"]);
    assert_eq!(without.status.code(), Some(7), "{}", stderr(&without));
    let with = simulate(&[model, "--controllers", "simulations/surge-controllers.yml", "--json"]);
    let (without, totals) = (totals(&without), totals(&with));
    let broken = |totals: &Value| number(&totals["slo"]["requests"]) / number(&totals["sent"]);
    assert!(broken(&totals) < 0.2 * broken(&without), "{} {}", broken(&totals), broken(&without));
    assert!(number(&totals["services"][0]["most"]) > 4.0);
    assert_eq!(without["services"][0]["most"], 2);
    // The same requests came: what a controller does changes nothing of the load.
    assert_eq!(totals["sent"], without["sent"]);
    let decisions: Vec<Value> = lines(&with).into_iter().filter(|l| l["event"] == "decision").collect();
    assert!(decisions.len() >= 48, "every 15 s of 12 minutes: {}", decisions.len());
    let change = decisions.iter().find(|d| d["decision"]["outcome"]["kind"] == "change").unwrap();
    assert!(change["decision"]["reason"].as_str().unwrap().len() > 10, "{change}");
    assert_eq!(change["decision"]["had"]["desired"], 2);
}

#[test]
fn what_it_says_in_words() {
    let said = stdout(&simulate(&[
        "simulations/surge.yml",
        "--controllers",
        "simulations/surge-controllers.yml",
        "--shape",
        "{ shape: constant, level: 120, duration: 2m }",
    ]));
    for part in [
        "simulated seconds of a constant load, seed 1",
        "requests  ",
        "objective p95 <= 200 ms, errors <= 1.0 %",
        "web ",
        "replicas asked for",
        "2 -> ",
        "hpa",
    ] {
        assert!(said.contains(part), "{part:?} is not in\n{said}");
    }
}

#[test]
fn a_folder_holds_every_second_and_every_decision() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("out");
    let folder_arg = folder.to_str().unwrap();
    let args = [
        "simulations/surge.yml",
        "--controllers",
        "simulations/surge-controllers.yml",
        "--duration",
        "90s",
        "-o",
        folder_arg,
    ];
    let done = simulate(&args);
    assert!(matches!(done.status.code(), Some(0 | 7)), "{}", stderr(&done));
    let read = |name: &str| -> Vec<Value> {
        let text = std::fs::read_to_string(folder.join(name)).unwrap();
        text.lines().map(|l| serde_json::from_str(l).unwrap()).collect()
    };
    let seconds = read("seconds.jsonl");
    assert_eq!(seconds.len(), 90);
    assert_eq!(seconds[30]["t_s"], 30.0);
    assert!(number(&seconds[30]["services"]["web"]["cpu_cores"]) > 0.1);
    assert_eq!(
        read("decisions.jsonl").iter().map(|d| number(&d["at_s"]) as u64).collect::<Vec<_>>(),
        [15, 30, 45, 60, 75]
    );
    let summary: Value =
        serde_json::from_str(&std::fs::read_to_string(folder.join("summary.json")).unwrap()).unwrap();
    assert_eq!(summary["totals"]["seconds"], 90);
    assert!(folder.join("model.yml").exists() && folder.join("controllers.yml").exists());
    let again = simulate(&args);
    assert_eq!(again.status.code(), Some(1));
    assert!(stderr(&again).contains("E709") && stderr(&again).contains("not empty"), "{}", stderr(&again));
}

#[test]
fn what_cannot_be_simulated_is_refused_with_what_to_do() {
    let dir = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = dir.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let refused = |args: &[&str], parts: &[&str]| {
        let o = simulate(args);
        assert_eq!(o.status.code(), Some(2), "{}", stderr(&o));
        for part in parts {
            assert!(stderr(&o).contains(part), "{part:?} is not in\n{}", stderr(&o));
        }
    };
    let plain = write("plain.yml", "services: { web: { demand: 1ms } }\n");
    refused(&[&plain], &["E901", "--shape"]);
    refused(&["nowhere.yml"], &["nowhere.yml", "cannot be read"]);
    let bad = write("bad.yml", "services: { web: { demand: 1, replica: 2 } }\n");
    refused(&[&bad], &["bad.yml:1:28", "bad.yml:1:31", "did you mean `replicas`?"]);
    let shape = "{ shape: constant, level: 5, duration: 10s }";
    refused(&[&plain, "--shape", "{ shape: constnt }"], &["did you mean `constant`?"]);
    let other =
        write("other.yml", "autoscale: { wbe: { max: 2, controller: { kind: fixed, replicas: 2 } } }\n");
    refused(&[&plain, "--shape", shape, "--controllers", &other], &["other.yml:1:14", "did you mean `web`?"]);
    let command = write(
        "command.yml",
        "autoscale: { web: { max: 2, controller: { kind: command, command: [cat] } } }\n",
    );
    refused(&[&plain, "--shape", shape, "--controllers", &command], &["E901", "lives in real time"]);
}

#[test]
fn the_shipped_models_are_valid() {
    let mut models = 0;
    for entry in std::fs::read_dir(root().join("simulations")).unwrap() {
        let path = entry.unwrap().path();
        if path.file_name().unwrap().to_string_lossy().contains("controllers") {
            continue;
        }
        let o = simulate(&[Path::new(&path).to_str().unwrap(), "--duration", "20s"]);
        assert!(matches!(o.status.code(), Some(0 | 7)), "{}: {}", path.display(), stderr(&o));
        models += 1;
    }
    assert_eq!(models, 3);
}
