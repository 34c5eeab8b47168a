//! Folders that loads leave, and several of them added up.

use std::path::PathBuf;

use serde_json::Value;

use crate::programs::Role;
use crate::support::swarmlab;
use crate::{json_load, load, text};

#[test]
fn results_are_written_and_never_overwritten() {
    let app = Role::start("target-app");
    let dir = tempfile::tempdir().unwrap();
    let out: PathBuf = dir.path().join("r");
    let args = [&app.url("/health"), "-c", "2", "-d", "2s", "--out", out.to_str().unwrap()];
    let (output, _, s) = json_load(&args);
    assert!(output.status.success());
    let summary: Value = serde_json::from_slice(&std::fs::read(out.join("load.json")).unwrap()).unwrap();
    assert_eq!(summary, s);
    let rows = swarmlab_frame::store::read_client(&out.join("client.parquet")).unwrap();
    let completed: u64 = rows
        .iter()
        .filter(|r| r.endpoint == swarmlab_record::client::ALL_ENDPOINTS)
        .map(|r| r.completed)
        .sum();
    assert_eq!(s["counts"]["completed"], completed);
    let log = swarmlab_intervals::log::read(&std::fs::read(out.join("histograms.hlog")).unwrap()).unwrap();
    let merged = swarmlab_intervals::log::merge(&log);
    let responses: u64 = merged
        .iter()
        .filter(|((q, _), _)| *q == swarmlab_intervals::log::Quantity::Response)
        .map(|(_, h)| h.len())
        .sum();
    assert_eq!(responses, completed);
    let again = load(&args);
    assert_eq!(again.status.code(), Some(2));
    assert!(text(&again.stderr).contains("never overwritten"));
}

/// A figure of `summary.json`, by its key.
fn figure(summary: &Value, key: &str) -> f64 {
    let figures = summary["figures"].as_array().unwrap();
    let found = figures.iter().find(|f| f["key"] == key);
    found.unwrap_or_else(|| panic!("{key} is not in {figures:?}"))["number"].as_f64().unwrap()
}

#[test]
fn several_generators_are_added_up_exactly() {
    let app = Role::start("target-app");
    let dir = tempfile::tempdir().unwrap();
    let folders = ["one", "two"].map(|name| dir.path().join(name));
    let [one, two] = folders.each_ref().map(|folder| folder.to_str().unwrap());
    let (health, missing) = (app.url("/health"), app.url("/nowhere"));
    let (first, second) = std::thread::scope(|scope| {
        let first = scope.spawn(|| json_load(&[&health, "--rate", "40", "-d", "3s", "--out", one]).2);
        let second = json_load(&[&missing, "--rate", "20", "-d", "3s", "--out", two]).2;
        (first.join().unwrap(), second)
    });
    let merge = |folders: &[&str]| swarmlab().args(["--json", "merge"]).args(folders).output().unwrap();
    let output = merge(&[one, two]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let merged: Value = serde_json::from_slice(&output.stdout).unwrap();
    let merged = &merged["summary"];
    for count in ["offered", "sent", "completed", "succeeded", "failed", "bytes_sent", "bytes_received"] {
        let sum = first["counts"][count].as_u64().unwrap() + second["counts"][count].as_u64().unwrap();
        assert_eq!(merged["counts"][count], sum, "{count}");
    }
    assert_eq!(merged["counts"]["status"], serde_json::json!({"200": 120, "404": 60}));
    assert_eq!(merged["overlap"], true);
    // Quantiles of all 180 values, from the logs themselves.
    let logs = folders.each_ref().map(|folder| std::fs::read(folder.join("histograms.hlog")).unwrap());
    let mut values: Vec<u64> = Vec::new();
    for log in &logs {
        for entry in swarmlab_intervals::log::read(log).unwrap() {
            if entry.quantity == swarmlab_intervals::log::Quantity::Response {
                for value in entry.histogram.unpack().iter_recorded() {
                    values.extend(std::iter::repeat_n(
                        value.value_iterated_to(),
                        value.count_at_value() as usize,
                    ));
                }
            }
        }
    }
    values.sort_unstable();
    assert_eq!(values.len(), 180);
    for (name, rank) in [("p50_ms", 90), ("p90_ms", 162), ("p99_ms", 179)] {
        let expected_ms = values[rank - 1] as f64 / 1e3;
        assert_eq!(merged["times"]["response"][name], expected_ms, "{name}");
    }
    // The same as a folder that `report` works on.
    let both = dir.path().join("both");
    let both = both.to_str().unwrap();
    let output = merge(&[one, two, "--out", both]);
    assert!(output.status.success(), "{}", text(&output.stdout));
    let summary = || std::fs::read_to_string(format!("{both}/summary.json")).unwrap();
    let written = summary();
    let figures: Value = serde_json::from_str(&written).unwrap();
    assert_eq!(figure(&figures, "failed"), 60.0);
    let p95_ms = values[171 - 1] as f64 / 1e3;
    assert!((figure(&figures, "response_p95_ms") - p95_ms).abs() < 1e-6, "{figures}");
    assert!(swarmlab().args(["report", both]).output().unwrap().status.success());
    assert_eq!(summary(), written);
    let again = merge(&[one, two, "--out", both]);
    assert_eq!(again.status.code(), Some(2), "results are never overwritten");
    let shown = text(&swarmlab().arg("merge").args([one, two]).output().unwrap().stdout);
    assert!(shown.contains("180 due, 180 sent, 180 answered, 120 as expected, 60 failed"), "{shown}");
    for (folders, words) in
        [(vec![one, one], "given twice"), (vec![dir.path().to_str().unwrap()], "load --out")]
    {
        let refused = merge(&folders);
        assert_eq!(refused.status.code(), Some(2));
        assert!(text(&refused.stdout).contains(words), "{}", text(&refused.stdout));
    }
    // A log that was cut is told, by folder and file; what is left is added up.
    let log = folders[1].join("histograms.hlog");
    let half = std::fs::metadata(&log).unwrap().len() / 2;
    std::fs::File::options().write(true).open(&log).unwrap().set_len(half).unwrap();
    let cut = swarmlab().arg("merge").args([one, two]).output().unwrap();
    let told = format!("{}{}", text(&cut.stdout), text(&cut.stderr));
    for words in ["histograms.hlog lacks", "when the run ended", two] {
        assert!(told.contains(words), "{words} is not in:\n{told}");
    }
}
