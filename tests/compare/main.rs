//! `compare`, `baseline`, `check-regression`, `list` and `open` on folders as runs leave them; only the figures are made up.
#![allow(clippy::unwrap_used)]

mod campaigns;
mod folders;
#[path = "../support/mod.rs"]
mod support;

use std::path::{Path, PathBuf};
use std::process::Output;

use serde_json::{Value, json};
use support::{Lab, root, swarmlab};

/// A committed folder of a real run.
const RUN: &str = "crates/present/tests/golden/2-embedded";

fn run(args: &[&str], dir: &Path) -> Output {
    let mut c = swarmlab();
    for var in ["BROWSER", "DISPLAY", "WAYLAND_DISPLAY", "DOCKER_HOST"] {
        c.env_remove(var);
    }
    c.args(args).current_dir(dir).env("NO_COLOR", "1").output().unwrap()
}

fn stdout(o: &Output) -> String {
    String::from_utf8_lossy(&o.stdout).into_owned()
}

fn stderr(o: &Output) -> String {
    String::from_utf8_lossy(&o.stderr).into_owned()
}

fn json_line(o: &Output) -> Value {
    serde_json::from_str(stdout(o).lines().next().unwrap()).unwrap()
}

fn file(name: &str) -> Value {
    serde_json::from_str(&std::fs::read_to_string(root().join(RUN).join(name)).unwrap()).unwrap()
}

/// A run of a variant, whose demand and p95 are given; every check passed.
fn write(dir: &Path, name: &str, pool: &str, demand_ms: Option<f64>, p95_ms: f64) -> PathBuf {
    let folder = dir.join(name);
    std::fs::create_dir_all(&folder).unwrap();
    let mut manifest = file("raw/manifest.json");
    manifest["plan"]["variables"] = json!({ "POOL": pool });
    // No two runs begin at the same moment.
    let moment = name.bytes().fold(0_u64, |sum, byte| (sum * 31 + u64::from(byte)) % 1_000_000);
    manifest["started_unix_s"] = json!(1_795_000_000.0 + p95_ms + moment as f64 * 1e-6);
    let mut summary = file("expected/summary.json");
    for list in ["headline", "figures"] {
        for figure in summary[list].as_array_mut().unwrap() {
            match figure["key"].as_str().unwrap() {
                "demand_ms:ms-exercise" => figure["number"] = json!(demand_ms),
                "response_p95_ms" => figure["number"] = json!(p95_ms),
                _ => {}
            }
        }
    }
    for verdict in summary["verdicts"].as_array_mut().unwrap() {
        verdict["status"] = json!("pass");
    }
    std::fs::write(folder.join("manifest.json"), manifest.to_string()).unwrap();
    std::fs::write(folder.join("summary.json"), summary.to_string()).unwrap();
    folder
}

/// Six runs with a pool of 4, six with 8 that cost 10 % more; the p95 varies alike in both.
fn campaign(dir: &Path) {
    let noise = [0.0, 0.01, -0.01, 0.004, -0.006, 0.008];
    for (i, e) in noise.iter().enumerate() {
        write(dir, &format!("four-{i}"), "4", Some(15.0 * (1.0 + e)), 24.0 + 40.0 * e);
        write(dir, &format!("eight-{i}"), "8", Some(16.5 * (1.0 - e)), 24.0 + 40.0 * e);
    }
}

fn names(prefix: &str, n: usize) -> Vec<String> {
    (0..n).map(|i| format!("{prefix}-{i}")).collect()
}

fn with<'a>(before: &[&'a str], names: &'a [String], after: &[&'a str]) -> Vec<&'a str> {
    before.iter().copied().chain(names.iter().map(String::as_str)).chain(after.iter().copied()).collect()
}

fn row<'a>(comparison: &'a Value, key: &str) -> &'a Value {
    comparison["comparison"]["rows"].as_array().unwrap().iter().find(|r| r["key"] == key).unwrap()
}

#[test]
fn variants_are_found_by_what_differs_and_compared() {
    let lab = Lab::new();
    let dir = lab.dir.path();
    campaign(dir);
    let all = [names("four", 6), names("eight", 6)].concat();
    let o = run(&with(&["--json", "compare"], &all, &[]), dir);
    assert_eq!(o.status.code(), Some(0), "{}", stderr(&o));
    let c = json_line(&o);
    assert_eq!(c["comparison"]["variants"], json!([["POOL=4", 6], ["POOL=8", 6]]));
    let demand = row(&c, "demand_ms:ms-exercise");
    assert_eq!(demand["verdict"]["is"], "worse", "{demand}");
    let share = demand["distance"]["share"]["estimate"].as_f64().unwrap();
    assert!((share - 0.1).abs() < 0.01, "{share}");
    // What is the same in all runs is the same.
    assert_eq!(row(&c, "demand_ms:gateway")["verdict"]["is"], "same");
    assert_eq!(stdout(&o), stdout(&run(&with(&["--json", "compare"], &all, &[]), dir)));

    let turned = run(&with(&["--json", "compare"], &all, &["--by", "POOL", "--baseline", "8"]), dir);
    assert_eq!(row(&json_line(&turned), "demand_ms:ms-exercise")["verdict"]["is"], "better");

    let text = stdout(&run(&with(&["compare"], &all, &["--figure", "demand_ms:*"]), dir));
    assert!(text.lines().filter(|l| !l.starts_with("Median")).all(|l| l.chars().count() <= 100), "{text}");
    for option in ["--margin", "--margin=-5%"] {
        let o = run(&with(&["compare", option], &[], &["-5%", "a", "b"]), dir);
        assert!(o.status.code() == Some(2) && stderr(&o).contains("it is negative"), "{}", stderr(&o));
    }
    assert!(text.contains("baseline: POOL=4 (6 runs)") && text.contains("worse"), "{text}");
    assert!(text.contains("the same within 3 %") && !text.contains("response_p95_ms"), "{text}");
    let markdown = stdout(&run(&with(&["compare"], &all, &["--markdown"]), dir));
    assert!(markdown.contains("**worse**") && markdown.contains("<details>"), "{markdown}");
}

#[test]
fn one_run_is_one_sample_and_missing_is_not_zero() {
    let lab = Lab::new();
    let dir = lab.dir.path();
    write(dir, "a", "4", Some(15.0), 24.0);
    write(dir, "b", "8", None, 48.0);
    let o = run(&["compare", "a", "b"], dir);
    assert_eq!(o.status.code(), Some(0), "{}", stderr(&o));
    let text = stdout(&o);
    assert!(text.contains("one run is one sample") && text.contains("One run is one sample"), "{text}");
    assert!(text.contains("not known of one side") && text.contains("missing is not zero"), "{text}");
    assert!(!text.contains("worse") && !text.contains("better"), "{text}");
}

#[test]
fn what_must_not_be_compared_is_refused_by_name() {
    let lab = Lab::new();
    let dir = lab.dir.path();
    write(dir, "a", "4", Some(15.0), 24.0);
    write(dir, "b", "8", Some(15.0), 24.0);
    let change = |name: &str, to: &dyn Fn(&mut Value)| {
        let path = write(dir, name, "8", Some(15.0), 24.0).join("manifest.json");
        let mut manifest: Value = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
        to(&mut manifest);
        std::fs::write(path, manifest.to_string()).unwrap();
    };
    change("killed", &|m| m["state"] = json!({ "is": "running" }));
    change("wide", &|m| m["plan"]["bin_s"] = json!(5.0));
    change("other", &|m| m["plan"]["stack"] = json!("stacks/other.yml"));
    change("cut", &|m| m["files"] = json!({ "client.parquet": { "bytes": 9000, "sha256": "" } }));
    for (name, obstacle) in [("killed", "partial"), ("cut", "partial"), ("wide", "bin"), ("other", "stack")] {
        let o = run(&["compare", "a=a", &format!("b={name}")], dir);
        assert_eq!(o.status.code(), Some(2), "{name}");
        let told = stderr(&o);
        assert!(told.contains("E751") && told.contains(name), "{told}");
        assert!(told.contains(&format!("--allow {obstacle}")), "{told}");
        let o = run(&["compare", "a=a", &format!("b={name}"), "--allow", obstacle], dir);
        assert_eq!(o.status.code(), Some(0), "{}", stderr(&o));
    }
    let cases: [(&[&str], &str, &str); 7] = [
        (&["compare", "a", "b", "--figure", "demand_ms:nobody"], "E752", "demand_ms:nobody"),
        (&["compare", "a", "b", "--by", "POOLS"], "E753", "POOL"),
        (&["compare", "a", "b", "--baseline", "16"], "E753", "POOL=4, POOL=8"),
        (&["compare", "x=a", "y=a/"], "E753", "more than once"),
        (&["compare", "a"], "E753", "nothing to compare"),
        (&["compare", "x=a", "y="], "E753", "names no run"),
        (&["compare", "a", "nowhere"], "E703", "nowhere"),
    ];
    for (args, code, words) in cases {
        let o = run(args, dir);
        assert_eq!(o.status.code(), Some(2), "{args:?}");
        assert!(stderr(&o).contains(code) && stderr(&o).contains(words), "{args:?}: {}", stderr(&o));
    }
    std::fs::remove_file(dir.join("b/summary.json")).unwrap();
    let o = run(&["compare", "a", "b"], dir);
    assert!(stderr(&o).contains("E750") && stderr(&o).contains("swarmlab report b"), "{}", stderr(&o));
}

#[test]
fn a_baseline_is_kept_and_guards() {
    let lab = Lab::new();
    let dir = lab.dir.path();
    campaign(dir);
    let four = names("four", 6);
    let saved = run(&with(&["baseline", "save", "main"], &four, &[]), dir);
    assert_eq!(saved.status.code(), Some(0), "{}", stderr(&saved));
    assert_eq!(stderr(&saved), "");
    let mixed = run(&["baseline", "save", "mixed", "four-0", "eight-0"], dir);
    assert!(
        stderr(&mixed).contains("not repetitions") && stderr(&mixed).contains("POOL=8 (1 run)"),
        "{}",
        stderr(&mixed)
    );
    assert_eq!(run(&["baseline", "rm", "mixed"], dir).status.code(), Some(0));
    let again = run(&with(&["baseline", "save", "main"], &four, &[]), dir);
    assert!(stderr(&again).contains("E754") && stderr(&again).contains("--replace"), "{}", stderr(&again));
    assert!(stdout(&run(&["baseline", "list"], dir)).contains("main"));
    assert!(stdout(&run(&["baseline", "show", "main"], dir)).contains("demand_ms:ms-exercise"));
    // The same run again would only make the noise look small.
    let twice = run(&["baseline", "save", "twice", "four-0", "./four-0/"], dir);
    assert!(
        twice.status.code() == Some(2) && stderr(&twice).contains("more than once"),
        "{}",
        stderr(&twice)
    );
    // The folders may go, but a run of the baseline is no new one, wherever it lies.
    std::fs::rename(dir.join("four-0"), dir.join("moved")).unwrap();
    let o = run(&["check-regression", "moved", "--baseline", "main"], dir);
    assert!(o.status.code() == Some(2) && stderr(&o).contains("also as four-0"), "{}", stderr(&o));
    for name in &four[1..] {
        std::fs::remove_dir_all(dir.join(name)).unwrap();
    }
    let o = run(&["check-regression", "eight-0", "--baseline", "main", "--margin", "5%"], dir);
    assert_eq!(o.status.code(), Some(6), "{}", stdout(&o));
    assert!(
        stdout(&o).contains("REGRESSION in 1") && stdout(&o).contains("The smallest change"),
        "{}",
        stdout(&o)
    );
    let markdown = stdout(&run(&["check-regression", "eight-0", "--baseline", "main", "--markdown"], dir));
    assert!(markdown.starts_with("### Regression against main"), "{markdown}");
    write(dir, "fine", "4", Some(15.05), 24.1);
    let o = run(&["--json", "check-regression", "fine", "--baseline", "main"], dir);
    assert_eq!(o.status.code(), Some(0), "{}", stdout(&o));
    assert_eq!(json_line(&o)["regressed"], false);
    assert!(json_line(&o)["sees"].as_f64().unwrap() > 0.0);
    // A new run in the folder of an old one is a new run.
    write(dir, "four-1", "4", Some(15.05), 24.3);
    let o = run(&["check-regression", "four-1", "--baseline", "main"], dir);
    assert_eq!(o.status.code(), Some(0), "{}", stderr(&o));
    let o = run(&["check-regression", "fine", "--baseline", "old"], dir);
    assert!(o.status.code() == Some(2) && stderr(&o).contains("there are: main"), "{}", stderr(&o));
    assert_eq!(run(&["baseline", "rm", "main"], dir).status.code(), Some(0));
    assert!(!dir.join("baselines/main.json").exists());
}

/// Thresholds of a run on figures and on columns of its servers, computed from its raw files.
#[test]
fn thresholds_are_verdicts_of_a_run() {
    let lab = Lab::new();
    let folder = lab.dir.path().join("run");
    std::fs::create_dir_all(&folder).unwrap();
    for entry in std::fs::read_dir(root().join(RUN).join("raw")).unwrap() {
        let entry = entry.unwrap();
        std::fs::copy(entry.path(), folder.join(entry.file_name())).unwrap();
    }
    let checks = [
        ("p95(response) < 250ms", "pass"),
        ("max(ms-exercise.cpu) < 0.9 cores", "pass"),
        ("max(ms-exercise.cpu) < 1 mcores", "fail"),
        ("errors / sent < 1 %", "pass"),
        ("throughput >= 90 % of offered", "pass"),
        ("p99(response:nobody) < 1 s", "not_judged"),
        ("min(gateway.replicas_running) >= 1", "pass"),
    ];
    let mut manifest = file("raw/manifest.json");
    manifest["plan"]["checks"] = checks.iter().map(|(text, _)| *text).collect();
    std::fs::write(folder.join("manifest.json"), manifest.to_string()).unwrap();
    let o = run(&["--json", "report", "run"], lab.dir.path());
    assert_eq!(o.status.code(), Some(0), "{}", stderr(&o));
    let verdicts = json_line(&o)["summary"]["verdicts"].clone();
    // Each figure that a run has may be written in a check.
    let figures = json_line(&o)["summary"]["figures"].clone();
    let keys: Vec<&str> = figures.as_array().unwrap().iter().map(|f| f["key"].as_str().unwrap()).collect();
    for stem in ["sent", "demand_ms:", "idle_cores:", "users", "response_p999_ms"] {
        assert!(keys.iter().any(|key| key.starts_with(stem)), "{stem}: {keys:?}");
    }
    for key in keys {
        assert!(swarmlab_checks::is_figure(key), "{key}");
    }
    for (at, (text, status)) in checks.iter().enumerate() {
        let code = format!("check-{}", at + 1);
        let verdict = verdicts.as_array().unwrap().iter().find(|v| v["code"] == code.as_str()).unwrap();
        assert_eq!(verdict["status"], *status, "{text}: {verdict}");
        assert!(verdict["title"].as_str().unwrap().starts_with(text), "{verdict}");
    }
}

#[test]
fn keys_that_the_command_line_set_tell_variants_apart_and_seeds_do_not() {
    let lab = Lab::new();
    let dir = lab.dir.path();
    for (i, e) in [0.0, 0.01, -0.01].iter().enumerate() {
        for (name, controller) in [("hpa", "hpa"), ("pid", "pid")] {
            let folder = write(dir, &format!("{name}-{i}"), "4", Some(15.0 * (1.0 + e)), 24.0 + 40.0 * e);
            let path = folder.join("manifest.json");
            let mut manifest: Value = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
            let with = format!("--with autoscale.web.controller={controller}");
            manifest["plan"]["overrides"] = json!([with, "--with slo.p95=2s", format!("--seed {i}")]);
            std::fs::write(path, manifest.to_string()).unwrap();
        }
    }
    let all = [names("hpa", 3), names("pid", 3)].concat();
    let o = run(&with(&["--json", "compare"], &all, &["--baseline", "pid"]), dir);
    assert_eq!(o.status.code(), Some(0), "{}", stderr(&o));
    let told = json_line(&o)["comparison"]["variants"].clone();
    assert_eq!(told, json!([["autoscale.web.controller=hpa", 3], ["autoscale.web.controller=pid", 3]]));
}
