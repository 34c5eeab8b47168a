//! The whole job in virtual time: the same files, folder and report as of every other testbed.
#![allow(clippy::unwrap_used)]

mod support;

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Output;

use serde_json::Value;
use support::{Lab, column, json, root, swarmlab, verdict};

const LOAD: &str = "shape: ramp\nfrom: 2\nto: 8\nduration: 60s\n";

fn model(extra: &str) -> String {
    let model = root().join("simulations/quickstart.yml");
    format!("simulation: {}\n{extra}", model.display())
}

fn run(experiment: &Path, results: &Path, args: &[&str]) -> Output {
    swarmlab().arg("run").arg(experiment).arg("--results").arg(results).args(args).output().unwrap()
}

fn stderr(o: &Output) -> String {
    String::from_utf8_lossy(&o.stderr).into_owned()
}

fn only_folder(results: &Path) -> std::path::PathBuf {
    let folders: Vec<_> = std::fs::read_dir(results).unwrap().flatten().map(|e| e.path()).collect();
    assert_eq!(folders.len(), 1, "{folders:?}");
    folders[0].clone()
}

fn events(folder: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(folder.join("events.jsonl")).unwrap();
    text.lines().map(|l| serde_json::from_str(l).unwrap()).collect()
}

#[test]
fn a_simulated_run_is_a_run_and_the_same_seed_gives_the_same_bytes() {
    let lab = Lab::new();
    // Demands that do not vary: whatever else there is to be found is the fault of who looks for it.
    let costs = "services:\n  gateway: { demand: 30ms, calls: [{ service: ms-exercise, times: 0.4 }] }\n  \
                 ms-exercise: { demand: 15ms }\n";
    std::fs::write(lab.dir.path().join("model.yml"), costs).unwrap();
    let extra = "simulation: model.yml\nmeasure: { services: [gateway, ms-exercise] }\n\
                 slo: { p95: 2s, error_rate: 1% }";
    let shape = "shape: step\nfirst: 1\nincrement: 1\nsteps: 4\nhold: 20s\ndown: true\n";
    let experiment = lab.experiment("virtual", "simulated", shape, extra);
    let (first, second) = (lab.dir.path().join("first"), lab.dir.path().join("second"));
    for results in [&first, &second] {
        let ended = run(&experiment, results, &["--require-valid"]);
        assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
    }
    let (first, second) = (only_folder(&first), only_folder(&second));
    for file in [
        "events.jsonl",
        "client.parquet",
        "histograms.hlog",
        "samples.parquet",
        "series.parquet",
        "frame.csv",
    ] {
        let (a, b) = (std::fs::read(first.join(file)).unwrap(), std::fs::read(second.join(file)).unwrap());
        assert!(!a.is_empty() && a == b, "{file} differs");
    }
    let summary = json(&first.join("summary.json"));
    for code in ["counts-agree", "littles-law", "data-complete", "files-agree", "slo-p95"] {
        assert_eq!(verdict(&summary, code)["status"], "pass", "{summary:#}");
    }
    assert!(summary["sentence"].as_str().unwrap().starts_with("Simulated: "), "{}", summary["sentence"]);
    let all = summary["verdicts"].as_array().unwrap();
    assert!(!all.iter().any(|v| v["code"] == "generator-valid"), "nobody sent anything");
    assert_eq!(json(&first.join("manifest.json"))["testbed"], "simulated");
    // Five steps of the journey, told apart, and all of them together.
    assert_eq!(summary["endpoints"].as_array().unwrap().len(), 6, "{summary:#}");
    // The costs of the model are what the analysis finds in the containers' CPU.
    let demands = summary["demands"].as_array().unwrap();
    for (service, ms) in [("gateway", 30.0), ("ms-exercise", 15.0)] {
        let d = demands.iter().find(|d| d["service"] == service).unwrap();
        let found_ms = d["demand_s"].as_f64().unwrap() * 1e3;
        assert!((found_ms / ms - 1.0).abs() < 0.03, "{d}");
    }
    assert!(swarmlab().arg("report").arg(&first).output().unwrap().status.success());
}

#[test]
fn controllers_act_on_a_simulation_and_what_they_saw_replays() {
    let scaled = "autoscale: { gateway: { max: 6, every: 5s, controller: { kind: hpa, metrics: \
                  [{ resource: cpu, utilization: 60% }], down_stabilization: 10s } } }";
    let lab = Lab::new();
    let shape = "shape: spike\nbase: 2\npeak: 40\nlead: 20s\nrise: 10s\nhold: 60s\nfall: 10s\ntail: 40s\n";
    let experiment = lab.experiment("scaled", "simulated", shape, &model(scaled));
    let results = lab.dir.path().join("results");
    let ended = run(&experiment, &results, &[]);
    assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
    let folder = only_folder(&results);
    let desired = column(&folder, "gateway_replicas_desired");
    let most = desired.iter().filter_map(|(_, v)| *v).fold(0.0, f64::max);
    assert!((4.0..=6.0).contains(&most), "{desired:?}");
    assert!(desired.last().unwrap().1.is_some_and(|n| n <= 2.0), "{desired:?}");
    // A replica of this service starts within one to three seconds, and an order is in force when it serves.
    let mut ups = 0;
    let mut before = 1;
    for e in events(&folder).iter().filter(|e| e["event"] == "action" && e["is"] == "in_force") {
        let took_s = e["done_unix_s"].as_f64().unwrap() - e["accepted_unix_s"].as_f64().unwrap();
        let replicas = e["what"]["replicas"].as_u64().unwrap();
        if replicas > before {
            assert!((0.9..3.1).contains(&took_s), "{e}");
            ups += 1;
        }
        before = replicas;
    }
    assert!(ups >= 2);
    // What it cost is what the timeline adds up to, and what `compare` compares.
    let running = column(&folder, "gateway_replicas_running");
    let load_s = 140.0;
    let replica_s: f64 =
        running.iter().filter(|(t, _)| (0.0..load_s).contains(t)).filter_map(|(_, v)| *v).sum();
    let summary = json(&folder.join("summary.json"));
    let figures = summary["headline"].as_array().unwrap();
    let figure = figures.iter().find(|f| f["key"] == "replica_seconds:gateway").unwrap();
    assert!((figure["number"].as_f64().unwrap() - replica_s).abs() < 1e-6, "{figure} {replica_s}");
    let replay = swarmlab().arg("replay").arg(&folder).output().unwrap();
    let said =
        String::from_utf8_lossy(&replay.stdout).into_owned() + &String::from_utf8_lossy(&replay.stderr);
    assert!(replay.status.success() && said.contains("byte for byte"), "{said}");
}

#[test]
fn a_threshold_that_is_missed_ends_the_load_if_it_was_to() {
    let lab = Lab::new();
    let checks =
        |first: &str| model(&format!("checks: [{{ check: \"{first}\", abort: after 10s }}, sent > 10]\n"));
    let (results, all) = (lab.dir.path().join("missed"), lab.dir.path().join("held"));
    let path = lab.experiment("missed", "simulated", LOAD, &checks("p95(response) < 1ms"));
    let o = run(&path, &results, &[]);
    assert_eq!(o.status.code(), Some(7), "{}", stderr(&o));
    assert!(
        stderr(&o).contains("E642") && stderr(&o).contains("missed 10 s into the load"),
        "{}",
        stderr(&o)
    );
    let folder = only_folder(&results);
    let manifest = json(&folder.join("manifest.json"));
    assert!(
        manifest["state"]["reason"].as_str().unwrap().contains("p95(response) < 1ms"),
        "{}",
        manifest["state"]
    );
    let windows = &manifest["windows"];
    let lasted_s =
        windows["load_end_unix_s"].as_f64().unwrap() - windows["load_start_unix_s"].as_f64().unwrap();
    assert!((10.0..11.5).contains(&lasted_s), "{lasted_s}");
    let summary = json(&folder.join("summary.json"));
    assert_eq!(verdict(&summary, "check-1")["status"], "fail");
    assert_eq!(verdict(&summary, "check-2")["status"], "pass");
    // One that holds ends nothing, and neither does one that is missed by the last answers, after the load.
    let path = lab.experiment("held", "simulated", LOAD, &checks("p95(response) < 10 min"));
    assert!(run(&path, &all, &[]).status.success());
    assert_eq!(json(&only_folder(&all).join("manifest.json"))["state"]["is"], "complete");
}

#[test]
fn actions_act_and_the_deaths_of_replicas_are_told() {
    let lab = Lab::new();
    let timeline = "actions: [{ at: 10s, scale: { gateway: 3 } }, { at: 20s, limits: { gateway: { cpus: 2 } } }, \
                    { at: 40s, scale: { gateway: 1 } }]";
    let experiment = lab.experiment("acts", "simulated", LOAD, &model(timeline));
    let results = lab.dir.path().join("results");
    let ended = run(&experiment, &results, &[]);
    assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
    let events = events(&only_folder(&results));
    let of = |what: &str| events.iter().filter(|e| e["event"] == what).collect::<Vec<_>>();
    let done = of("action").iter().filter(|e| e["is"] == "in_force").count();
    assert_eq!(done, 3, "{events:#?}");
    let deaths: Vec<_> = of("task").into_iter().filter(|e| !e["died_unix_s"].is_null()).collect();
    // The newest two, each when it has answered what it had.
    let tasks: BTreeSet<_> = deaths.iter().map(|e| e["task"].as_str().unwrap()).collect();
    assert_eq!(tasks, BTreeSet::from(["gateway.2", "gateway.3"]), "{deaths:?}");
}

#[test]
fn what_cannot_be_simulated_is_told_at_once_and_all_of_it() {
    let lab = Lab::new();
    let odd = "actions: [{ at: 1s, restart: ms-other }]\n\
               autoscale: { ms-other: { max: 2, controller: { kind: command, command: [sh] } } }\n\
               measure: { services: [gateway-envoy] }";
    let experiment = lab.experiment("odd", "simulated", LOAD, &model(odd));
    for command in ["check", "run"] {
        let ended = swarmlab().arg(command).arg(&experiment).output().unwrap();
        let said = String::from_utf8_lossy(&ended.stderr).into_owned();
        assert_eq!(ended.status.code(), Some(2), "{said}");
        for part in ["E122", "restart ms-other", "real time", "`gateway-envoy` is measured"] {
            assert!(said.contains(part), "{command}: {part} is not in\n{said}");
        }
    }
    let crowd =
        lab.experiment("crowd", "simulated", "shape: constant\nlevel: 2000000\nduration: 60s\n", &model(""));
    let text =
        std::fs::read_to_string(&crowd).unwrap().replace("model: closed", "model: closed\n  spawn_rate: 5");
    std::fs::write(&crowd, text).unwrap();
    let ended = swarmlab().arg("check").arg(&crowd).output().unwrap();
    let said = String::from_utf8_lossy(&ended.stderr).into_owned();
    assert!(said.contains("E122") && said.contains("spawn_rate") && said.contains("2000000 users"), "{said}");
    let nameless = lab.experiment("nameless", "simulated", LOAD, "");
    let ended = swarmlab().arg("check").arg(&nameless).output().unwrap();
    let said = String::from_utf8_lossy(&ended.stderr).into_owned();
    assert!(said.contains("E122") && said.contains("`simulation: FILE` is missing"), "{said}");
}

#[test]
fn an_interrupt_ends_an_hour_and_keeps_what_there_was() {
    let lab = Lab::new();
    let day = "shape: constant\nlevel: 200\nduration: 100h\n";
    let experiment = lab.experiment("long", "simulated", day, &model(""));
    let mut running = lab.run(&experiment, &[]);
    running.until_load(20.0);
    running.signal("INT");
    let ended = running.end();
    assert_eq!(ended.status.code(), Some(130), "{:?}", ended.line("error"));
    let summary = ended.summary();
    assert!(summary["counts"]["sent"].as_u64().unwrap() > 0);
}
