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

#[test]
fn the_page_of_a_load_is_that_of_its_folder() {
    let app = Role::start("target-app");
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name).to_str().unwrap().to_owned();
    let (page, out, alone) = (path("page.html"), path("r"), path("alone.html"));
    let (health, temporary) = (app.url("/health"), path("tmp"));
    std::fs::create_dir(&temporary).unwrap();
    let send = |args: &[&str]| {
        let args = [&["load", &health, "--rate", "40", "-d", "2s"], args].concat();
        swarmlab().env("TMPDIR", &temporary).args(args).output().unwrap()
    };
    assert!(send(&["--html", &page, "--out", &out]).status.success());
    let read = |file: &str| std::fs::read_to_string(file).unwrap();
    assert_eq!(read(&page), read(&format!("{out}/report.html")));
    assert!(swarmlab().args(["report", &out]).output().unwrap().status.success());
    assert_eq!(read(&page), read(&format!("{out}/report.html")), "`report` writes the same page");
    let output = send(&["--html", &alone, "--connection-max-requests", "10"]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert!(read(&alone).contains("none: a load alone"));
    // 80 requests, ten a connection.
    assert!(read(&alone).contains("by max_requests."), "connections that ended are told on the page");
    assert!(text(&output.stdout).contains(" opened, of them ended: "), "{}", text(&output.stdout));
    assert_eq!(std::fs::read_dir(&temporary).unwrap().count(), 0, "nothing is left behind");
}

#[test]
fn what_decided_a_load_is_in_its_folder_and_no_secret() {
    let app = Role::start("target-app");
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name).to_str().unwrap().to_owned();
    std::fs::write(path("users.csv"), "name\nada\n").unwrap();
    let scenario = "name: s\nfeeders: { who: { file: users.csv } }\nsteps: [{ name: a, request: 'GET /health?n={{who.name}}' }]\n";
    std::fs::write(path("scenario.yml"), scenario).unwrap();
    std::fs::write(path("shape.yml"), "shape: constant\nlevel: 20\nduration: 1s\n").unwrap();
    let (scenario, shape, out) = (path("scenario.yml"), path("shape.yml"), path("r"));
    let output = load(&[
        &app.url(""),
        "--scenario",
        &scenario,
        "--shape",
        &shape,
        "--arrivals",
        "uniform",
        "--target",
        "unused=redis://me:open-sesame@127.0.0.1:1",
        "-H",
        "Authorization: Bearer open-sesame",
        "--out",
        &out,
    ]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    for file in ["scenario.yml", "users.csv", "shape.yml"] {
        assert!(dir.path().join("r/inputs").join(file).is_file(), "{file} is not kept");
    }
    let manifest: Value =
        serde_json::from_str(&std::fs::read_to_string(path("r/manifest.json")).unwrap()).unwrap();
    let known = manifest["provenance"].as_object().unwrap();
    for what in ["generator: host", "generator: cores", "generator: memory", "generator: kernel"] {
        assert!(known.contains_key(what), "{what} is not in {known:?}");
    }
    let command = known["command"].as_str().unwrap();
    assert!(command.contains("--shape") && command.contains("--arrivals uniform"), "{command}");
    let mut waiting = vec![dir.path().join("r")];
    while let Some(folder) = waiting.pop() {
        for entry in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            if entry.is_dir() {
                waiting.push(entry);
            } else {
                let held = String::from_utf8_lossy(&std::fs::read(&entry).unwrap()).contains("open-sesame");
                assert!(!held, "{} holds a secret", entry.display());
            }
        }
    }
    // Where rerun cannot help it says what can.
    let again = swarmlab().args(["rerun", &out]).output().unwrap();
    assert!(text(&again.stderr).contains("swarmlab load"), "{}", text(&again.stderr));
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
    // What one of them saw first is known of all.
    let first = figures["failures"][0].as_str().unwrap();
    assert!(first.starts_with("The first 404 (unexpected_status) was an answer of /nowhere"), "{figures}");
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
