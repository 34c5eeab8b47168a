//! `calibrate` and `what-if`: the truth is a model, its runs are simulated, and the model is found again and predicts others.
#![allow(clippy::unwrap_used)]

mod support;

use std::path::{Path, PathBuf};
use std::process::Output;

use serde_json::Value;
use support::{Lab, root, swarmlab};

/// Users in steps, as long as it takes to see a few thousand requests.
const STEPS: &str = "shape: step\nfirst: 1\nincrement: 1\nsteps: 4\nhold: 60s\n";
const MEASURED: &str = "measure: { services: [gateway, ms-exercise, ms-other] }";

/// The truth: a chain of laws, a quota, a wait, start-up and several calls. `gateway` replicas are those of the beginning.
fn truth(gateway: u32) -> String {
    format!(
        "services:\n  gateway:\n    demand: {{ law: gamma, mean: 8ms, scv: 0.5 }}\n    cpu: 0.5\n    quota: true\n    \
         replicas: {gateway}\n    start_up: {{ between: [2s, 4s] }}\n    \
         calls: [ms-exercise, {{ service: ms-other, times: 2 }}]\n  \
         ms-exercise: {{ demand: {{ law: exponential, mean: 12ms }}, wait: 5ms, cpu: 1, replicas: 2 }}\n  \
         ms-other: {{ demand: 4ms, cpu: 2 }}\n"
    )
}

/// Runs an experiment on the truth, and gives its folder.
fn run(lab: &Lab, name: &str, shape: &str, gateway: u32, extra: &str) -> PathBuf {
    std::fs::write(lab.dir.path().join("model.yml"), truth(gateway)).unwrap();
    let extra = format!("simulation: model.yml\n{MEASURED}\n{extra}");
    let experiment = lab.experiment(name, "simulated", shape, &extra);
    let results = lab.dir.path().join(format!("results-{name}"));
    let ended = swarmlab().arg("run").arg(&experiment).arg("--results").arg(&results).output().unwrap();
    assert!(ended.status.success(), "{}", stderr(&ended));
    let folders: Vec<PathBuf> = std::fs::read_dir(&results).unwrap().flatten().map(|e| e.path()).collect();
    assert_eq!(folders.len(), 1, "{folders:?}");
    folders[0].clone()
}

fn stdout(o: &Output) -> String {
    String::from_utf8_lossy(&o.stdout).into_owned()
}

fn stderr(o: &Output) -> String {
    String::from_utf8_lossy(&o.stderr).into_owned()
}

fn said(words: &[&str], paths: &[&Path]) -> Value {
    let ended = swarmlab().arg("--json").args(words).args(paths).output().unwrap();
    assert!(ended.status.success(), "{}{}", stdout(&ended), stderr(&ended));
    serde_json::from_str(stdout(&ended).lines().last().unwrap()).unwrap()
}

fn service<'a>(calibration: &'a Value, name: &str) -> &'a Value {
    let all = calibration["services"].as_array().unwrap();
    all.iter().find(|s| s["service"] == name).unwrap_or_else(|| panic!("no {name} in {calibration:#}"))
}

/// A figure of a validation is off by at most so many percent.
fn within(validation: &Value, key: &str, bar_percent: f64) {
    let all = validation["validation"].as_array().unwrap();
    let row = all.iter().find(|r| r["key"] == key).unwrap_or_else(|| panic!("no {key} in {validation:#}"));
    let off = row["error_percent"].as_f64().unwrap_or_else(|| panic!("{row}"));
    eprintln!("{key}: predicted {}, happened {}, off by {off:.1} %", row["predicted"], row["happened"]);
    assert!(off.abs() <= bar_percent, "{key} is off by {off:.1} %: {row}");
}

fn all_within_the_bars(validation: &Value) {
    within(validation, "throughput_per_s", 3.0);
    within(validation, "response_p95_ms", 20.0);
    for service in ["gateway", "ms-exercise", "ms-other"] {
        within(validation, &format!("cpu_cores:{service}"), 5.0);
        within(validation, &format!("replica_seconds:{service}"), 10.0);
    }
}

/// The run that all is fitted to: replicas come and go in it.
fn fitted(lab: &Lab) -> PathBuf {
    let acts = "actions: [{ at: 120s, scale: { gateway: 3 } }, { at: 200s, scale: { gateway: 1 } }]";
    run(lab, "fitted", STEPS, 1, acts)
}

#[test]
fn the_model_of_a_run_is_found_again_and_predicts_other_runs() {
    let lab = Lab::new();
    let folder = fitted(&lab);
    let file = lab.dir.path().join("found.yml");
    let found = said(&["calibrate", "-o"], &[&file, &folder]);
    assert_eq!(found["entry"], "gateway");
    assert_eq!(found["not_calibrated"], serde_json::json!([]), "{found:#}");
    for (name, ms) in [("gateway", 8.0), ("ms-exercise", 12.0), ("ms-other", 4.0)] {
        let ms_found = service(&found, name)["demand_s"].as_f64().unwrap() * 1e3;
        eprintln!("{name}: {ms_found:.3} ms of {ms} ms, {}", service(&found, name)["law"]);
        assert!((ms_found / ms - 1.0).abs() <= 0.05, "{name}: {ms_found} ms of {ms} ms");
    }
    let gateway = service(&found, "gateway");
    let calls = serde_json::json!([
        { "service": "ms-exercise", "times": 1.0 }, { "service": "ms-other", "times": 2.0 },
    ]);
    assert_eq!(gateway["calls"], calls);
    assert_eq!((gateway["cpu"].as_f64(), gateway["replicas"].as_u64()), (Some(0.5), Some(1)));
    assert!(!gateway["quota"].is_null() && service(&found, "ms-other")["quota"].is_null());
    assert_eq!(service(&found, "ms-exercise")["replicas"], 2);
    let starts: Vec<f64> =
        gateway["start_up"]["empirical"].as_array().unwrap().iter().map(|s| s.as_f64().unwrap()).collect();
    assert_eq!(starts.len(), 2, "{gateway:#}");
    assert!(starts.iter().all(|s| (1.0..=5.0).contains(s)), "{starts:?}");
    let wait_ms = service(&found, "ms-exercise")["wait"]["constant"]["mean_s"].as_f64().unwrap() * 1e3;
    eprintln!("wait of ms-exercise: {wait_ms:.2} ms of 5 ms, starts {starts:?}");
    assert!((wait_ms - 5.0).abs() < 1.5, "{wait_ms}");
    // What nothing says is said to be assumed, in the file as well.
    let text = std::fs::read_to_string(&file).unwrap();
    for part in ["drain, assumed:", "concurrency, assumed:", "calls, measured: ms-other: the stack file"] {
        assert!(
            text.split_whitespace().collect::<Vec<_>>().join(" ").contains(part),
            "{part} is not in\n{text}"
        );
    }
    let checked = swarmlab().arg("check").arg(&file).output().unwrap();
    assert!(checked.status.success(), "{}", stderr(&checked));
    let simulated = swarmlab()
        .arg("simulate")
        .arg(&file)
        .args(["--shape", "{ shape: constant, level: 3, duration: 20s }"])
        .output()
        .unwrap();
    assert!(simulated.status.success(), "{}", stderr(&simulated));

    // Another shape and another count of replicas, under more load than the model was fitted to.
    let spike = "shape: spike\nbase: 2\npeak: 9\nlead: 40s\nrise: 20s\nhold: 60s\nfall: 20s\ntail: 40s\n";
    let other = run(&lab, "other", spike, 3, "");
    all_within_the_bars(&said(&["what-if", "--seeds", "5", "--validate"], &[&other, &folder]));
    // The same of the file, and of a run that a controller scales.
    let scaled = "autoscale: { gateway: { max: 6, every: 5s, controller: { kind: hpa, metrics: \
                  [{ resource: cpu, utilization: 60% }], down_stabilization: 20s } } }";
    let controlled = run(&lab, "controlled", spike, 1, scaled);
    let of_file = said(
        &["what-if", "--seeds", "5", "--validate"],
        &[&controlled, Path::new("--model"), &file, &folder],
    );
    all_within_the_bars(&of_file);
    assert!(
        of_file["assumed"] == serde_json::json!([])
            && of_file["remarks"][0].as_str().unwrap().contains("found.yml")
    );
}

#[test]
fn what_if_changes_what_is_given_and_tells_intervals() {
    let lab = Lab::new();
    let folder = fitted(&lab);
    let model = lab.dir.path().join("model.yml");
    let model = model.to_str().unwrap();
    let figure = |event: &Value, key: &str| -> (f64, f64, f64) {
        let all = event["figures"].as_array().unwrap();
        let f = all.iter().find(|f| f["key"] == key).unwrap_or_else(|| panic!("no {key} in {event:#}"));
        let bound = |i: usize| f["interval"][i].as_f64().unwrap();
        (f["value"].as_f64().unwrap(), bound(0), bound(1))
    };
    let load = "{ shape: constant, level: 8, duration: 60s }";
    let one = said(&["what-if", "--model", model, "--shape", load, "--replicas", "gateway=1"], &[&folder]);
    let many = said(&["what-if", "--model", model, "--shape", load, "--replicas", "gateway=4"], &[&folder]);
    let again = said(&["what-if", "--model", model, "--shape", load, "--replicas", "gateway=4"], &[&folder]);
    assert_eq!(many, again, "the same seeds give the same");
    for event in [&one, &many] {
        assert_eq!(event["load_s"], 60.0);
        let (value, low, high) = figure(event, "response_p95_ms");
        assert!(low < value && value < high, "{event:#}");
    }
    // Half a core for 8 ms serves 62 requests a second, and 8 users would send more.
    assert!(figure(&one, "throughput_per_s").0 < 66.0, "{one:#}");
    assert!(figure(&many, "throughput_per_s").1 > figure(&one, "throughput_per_s").2, "{many:#}");
    assert!(figure(&many, "response_p95_ms").2 < figure(&one, "response_p95_ms").1);
    assert!((figure(&many, "replica_seconds:gateway").0 - 240.0).abs() < 1e-6);
    let words =
        swarmlab().arg("what-if").args(["--model", model, "--seeds", "2"]).arg(&folder).output().unwrap();
    let text = stdout(&words);
    for part in ["Response time p95", "95 % of runs", "in RUN", "CPU of ms-other", "remark: "] {
        assert!(text.contains(part), "{part} is not in\n{text}");
    }
    for (args, part) in [
        (vec!["--replicas", "nobody=2"], "no service `nobody`"),
        (vec!["--replicas", "gateway=many"], "SERVICE=N"),
        (vec!["--shape", "{ shape: nothing }"], "nothing"),
    ] {
        let ended =
            swarmlab().arg("what-if").args(["--model", model]).args(&args).arg(&folder).output().unwrap();
        assert_eq!(ended.status.code(), Some(2), "{}", stderr(&ended));
        assert!(stderr(&ended).contains(part), "{part} is not in\n{}", stderr(&ended));
    }
}

#[test]
fn what_the_run_does_not_tell_is_assumed_or_left_out_and_said() {
    let lab = Lab::new();
    // One user: too few requests reach ms-other, of which 2 % of the requests have one.
    let rare = truth(1).replace("times: 2 }", "times: 0.02 }");
    std::fs::write(lab.dir.path().join("model.yml"), rare).unwrap();
    let extra = format!("simulation: model.yml\n{MEASURED}");
    let shape = "shape: constant\nlevel: 2\nduration: 40s\n";
    let experiment = lab.experiment("rare", "simulated", shape, &extra);
    let results = lab.dir.path().join("results");
    let ran = swarmlab().arg("run").arg(&experiment).arg("--results").arg(&results).output().unwrap();
    assert!(ran.status.success(), "{}", stderr(&ran));
    let folder = std::fs::read_dir(&results).unwrap().flatten().next().unwrap().path();
    let found = said(&["calibrate"], &[&folder]);
    let out = &found["not_calibrated"][0];
    assert_eq!(out["service"], "ms-other", "{found:#}");
    assert!(out["why"].as_str().unwrap().contains("100 are needed"), "{out}");
    let notes = service(&found, "gateway")["notes"].as_array().unwrap();
    let assumed = |key: &str| notes.iter().any(|n| n["key"] == key && n["ground"] == "assumed");
    assert!(assumed("start_up") && assumed("idle") && assumed("balance"), "{notes:#?}");
    // Told otherwise: ms-exercise is called by nobody but who is told.
    let ended = swarmlab().args(["calibrate", "--calls", "gateway=nobody"]).arg(&folder).output().unwrap();
    assert_eq!(ended.status.code(), Some(2));
    assert!(stderr(&ended).contains("no service `nobody`"), "{}", stderr(&ended));
    let printed =
        swarmlab().args(["calibrate", "--calls", "gateway=ms-exercise"]).arg(&folder).output().unwrap();
    let text = stdout(&printed);
    assert!(
        text.contains("calls, measured: ms-exercise: as told") && text.contains("# not calibrated: ms-other"),
        "{text}"
    );

    // A run of some seconds has no bins to fit anything to.
    let short = lab.experiment("short", "simulated", "shape: constant\nlevel: 1\nduration: 3s\n", &extra);
    let results = lab.dir.path().join("short");
    assert!(swarmlab().arg("run").arg(&short).arg("--results").arg(&results).status().unwrap().success());
    let folder = std::fs::read_dir(&results).unwrap().flatten().next().unwrap().path();
    let ended = swarmlab().arg("calibrate").arg(&folder).output().unwrap();
    assert_eq!(ended.status.code(), Some(5), "{}", stderr(&ended));
    assert!(stderr(&ended).contains("E720") && stderr(&ended).contains("`gateway`"), "{}", stderr(&ended));
    // Recorded before folders had copies of their files: it goes with less.
    let old = root().join("crates/present/tests/golden/2-swarm/raw");
    let copy = lab.dir.path().join("old");
    std::fs::create_dir(&copy).unwrap();
    for entry in std::fs::read_dir(&old).unwrap().flatten() {
        std::fs::copy(entry.path(), copy.join(entry.file_name())).unwrap();
    }
    let ended = swarmlab().arg("calibrate").arg(&copy).output().unwrap();
    let told = stdout(&ended) + &stderr(&ended);
    assert!(told.contains("cannot be read") || told.contains("E720"), "{told}");
}
