//! Campaigns on the embedded testbed: killed, interrupted, gone on with, compared; and what is refused before anything starts.
#![allow(clippy::unwrap_used)]

mod support;

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use support::{Lab, swarmlab};

fn stdout(o: &Output) -> String {
    String::from_utf8_lossy(&o.stdout).into_owned()
}

fn stderr(o: &Output) -> String {
    String::from_utf8_lossy(&o.stderr).into_owned()
}

fn run(args: &[&str], dir: &Path) -> Output {
    swarmlab().args(args).current_dir(dir).env("NO_COLOR", "1").output().unwrap()
}

/// An experiment of four seconds, and a campaign over it.
fn lab(campaign: &str) -> Lab {
    let lab = Lab::new();
    lab.experiment("tiny", "embedded", "shape: constant\nlevel: 2\nduration: 4s\n", "");
    let text = format!("name: pools\nexperiment: experiment.yml\n{campaign}");
    std::fs::write(lab.dir.path().join("campaign.yml"), text).unwrap();
    lab
}

/// Folders of runs below a campaign's folder, and whether each is whole.
fn runs(lab: &Lab) -> Vec<(PathBuf, bool)> {
    let folders = |path: &Path| -> Vec<PathBuf> {
        let all = std::fs::read_dir(path).into_iter().flatten().flatten().map(|e| e.path());
        let mut all: Vec<PathBuf> = all.filter(|p| p.is_dir()).collect();
        all.sort();
        all
    };
    let root = lab.dir.path().join("results/pools");
    let blocks = folders(&root).into_iter().filter(|p| p.file_name().unwrap() != "inputs");
    let runs = blocks.flat_map(|block| folders(&block)).flat_map(|variant| folders(&variant));
    runs.map(|run| {
        let text = std::fs::read_to_string(run.join("manifest.json")).unwrap_or_default();
        let manifest: Value = serde_json::from_str(&text).unwrap_or_default();
        let whole = manifest["state"]["is"] == "complete";
        (run, whole)
    })
    .collect()
}

#[test]
fn a_campaign_that_was_killed_and_interrupted_goes_on_and_is_compared() {
    let lab = lab("axes: { GATEWAY_DEMAND_MS: [5, 10] }\nrepetitions: 2\n");
    let dir = lab.dir.path();
    let start = || {
        let mut child = swarmlab()
            .args(["--json", "campaign", "campaign.yml"])
            .current_dir(dir)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let lines = std::io::BufRead::lines(std::io::BufReader::new(child.stdout.take().unwrap()));
        (child, lines.map(|line| serde_json::from_str::<Value>(&line.unwrap()).unwrap()))
    };
    let is_loaded = |v: &Value| v["event"] == "load" && v["tick"]["phase"] == "load";
    // Killed during the load of the first trial.
    let (mut child, mut lines) = start();
    lines.find(is_loaded).unwrap();
    // Nobody else works on it meanwhile.
    let busy = run(&["campaign", "campaign.yml"], dir);
    assert_eq!(busy.status.code(), Some(3), "{}", stderr(&busy));
    assert!(stderr(&busy).contains("E757"), "{}", stderr(&busy));
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(runs(&lab).iter().map(|(_, whole)| *whole).collect::<Vec<_>>(), [false]);
    // Gone on with, and interrupted in the second trial.
    let (mut child, mut lines) = start();
    lines.find(|v| v["event"] == "trial_ended" && v["attempt"]["outcome"]["is"] == "done").unwrap();
    lines.find(is_loaded).unwrap();
    Command::new("kill").args(["-s", "INT", &child.id().to_string()]).status().unwrap();
    let told: Vec<Value> = lines.collect();
    assert_eq!(child.wait().unwrap().code(), Some(130));
    let message = told.last().unwrap()["message"].as_str().unwrap();
    assert_eq!(message, "interrupted: 1 of 4 trials are done");
    assert_eq!(runs(&lab).len(), 3);
    // To its end.
    let o = run(&["campaign", "campaign.yml"], dir);
    assert_eq!(o.status.code(), Some(0), "{}", stderr(&o));
    assert!(stderr(&o).contains("1 of 4 trials are done"), "{}", stderr(&o));
    assert!(stdout(&o).contains("swarmlab compare results/pools"), "{}", stdout(&o));
    let all = runs(&lab);
    assert_eq!((all.len(), all.iter().filter(|(_, whole)| *whole).count()), (6, 4), "{all:?}");
    // Nothing is left to be done.
    let again = run(&["campaign", "campaign.yml"], dir);
    assert_eq!((again.status.code(), runs(&lab).len()), (Some(0), 6), "{}", stderr(&again));
    let args = ["--json", "compare", "results/pools", "--figure", "response_p95_ms", "--allow", "invalid"];
    let o = run(&args, dir);
    assert_eq!(o.status.code(), Some(0), "{}", stderr(&o));
    let c: Value = serde_json::from_str(stdout(&o).lines().next().unwrap()).unwrap();
    let c = &c["comparison"];
    let variants = serde_json::json!([["GATEWAY_DEMAND_MS=5", 2], ["GATEWAY_DEMAND_MS=10", 2]]);
    assert_eq!((&c["variants"], &c["settings"]["paired"]), (&variants, &Value::Bool(false)));
    assert!(c["remarks"][0].as_str().unwrap().starts_with("Not paired by block: of 2 whole blocks"), "{c}");
    // Copied elsewhere the figures are the same bytes.
    std::fs::create_dir(dir.join("away")).unwrap();
    assert!(Command::new("cp").args(["-r", "results", "away/"]).current_dir(dir).status().unwrap().success());
    assert_eq!(stdout(&run(&args, &dir.join("away"))), stdout(&o));
    // A file that decides the runs was changed: none of it is mixed with what there is.
    std::fs::write(dir.join("shape.yml"), "shape: constant\nlevel: 3\nduration: 4s\n").unwrap();
    let changed = run(&["campaign", "campaign.yml"], dir);
    assert_eq!(changed.status.code(), Some(2), "{}", stderr(&changed));
    assert!(
        stderr(&changed).contains("E755") && stderr(&changed).contains("shape.yml"),
        "{}",
        stderr(&changed)
    );
}

/// A campaign in virtual time, over a load of twenty seconds.
fn simulated(campaign: &str) -> Lab {
    let lab = Lab::new();
    let simulation =
        format!("simulation: {}\n", support::root().join("simulations/quickstart.yml").display());
    lab.experiment("tiny", "simulated", "shape: constant\nlevel: 4\nduration: 20s\n", &simulation);
    let text = format!("name: pools\nexperiment: experiment.yml\n{campaign}");
    std::fs::write(lab.dir.path().join("campaign.yml"), text).unwrap();
    lab
}

#[test]
fn a_campaign_ends_once_its_figures_are_known_well_enough() {
    let axes = "axes: { slo.p95: [1s, 2s] }\nrepetitions: 12\n";
    let lab = simulated(&format!("{axes}until: {{ figure: throughput_per_s, half_width: 10 % }}\n"));
    let dir = lab.dir.path();
    let o = run(&["--json", "campaign", "campaign.yml"], dir);
    assert_eq!(o.status.code(), Some(0), "{}", stderr(&o));
    let ended: Value = serde_json::from_str(stdout(&o).lines().last().unwrap()).unwrap();
    let block = ended["enough_after_block"].as_u64().unwrap();
    assert!((5..12).contains(&block), "{ended}");
    let known = &ended["known"][0]["known"];
    assert!(known["half_width"].as_f64().unwrap() <= 0.1 * known["mean"].as_f64().unwrap(), "{ended}");
    assert_eq!((ended["done"].as_u64(), ended["trials"].as_u64()), (Some(2 * block), Some(2 * block)));
    assert_eq!(runs(&lab).len() as u64, 2 * block);
    // Started again it finds that it is over; what was spared is not missed; a narrower interval goes on.
    let again = run(&["campaign", "campaign.yml"], dir);
    assert_eq!(runs(&lab).len() as u64, 2 * block);
    assert!(stdout(&again).contains(&format!("known well enough after block {block}")), "{}", stdout(&again));
    let compared = run(&["compare", "results/pools"], dir);
    assert!(
        compared.status.success() && !stderr(&compared).contains("no run that counts"),
        "{}",
        stderr(&compared)
    );
    let narrower = std::fs::read_to_string(dir.join("campaign.yml")).unwrap().replace("10 %", "0.01 %");
    std::fs::write(dir.join("campaign.yml"), narrower).unwrap();
    let o = run(&["campaign", "campaign.yml"], dir);
    assert_eq!((o.status.code(), runs(&lab).len()), (Some(0), 24), "{}", stderr(&o));
    assert!(stdout(&o).contains("raise `repetitions`"), "{}", stdout(&o));
    // A figure that nobody has is told after the first block, not after the last.
    std::fs::remove_dir_all(dir.join("results")).unwrap();
    let unknown = format!(
        "name: pools\nexperiment: experiment.yml\n{axes}until: {{ figure: demand_ms:nobody, half_width: 3% }}\n"
    );
    std::fs::write(dir.join("campaign.yml"), unknown).unwrap();
    let o = run(&["campaign", "campaign.yml"], dir);
    assert_eq!((o.status.code(), runs(&lab).len()), (Some(2), 2), "{}", stderr(&o));
    assert!(stderr(&o).contains("E752") && stderr(&o).contains("`demand_ms:nobody`"), "{}", stderr(&o));
}

#[test]
fn trials_that_fail_are_tried_again_and_named() {
    // This process may not open as many files as the one wants connections; the other is run first.
    let lab = lab("axes: { load.connections: [5000, 50] }\nrepetitions: 1\nattempts: 2\n");
    let o = Command::new("sh")
        .args(["-c", "ulimit -n 1024 && exec \"$0\" campaign campaign.yml --wait 10s"])
        .arg(swarmlab().get_program())
        .current_dir(lab.dir.path())
        .env("NO_COLOR", "1")
        .output()
        .unwrap();
    assert_eq!(o.status.code(), Some(5), "{}{}", stdout(&o), stderr(&o));
    let told = stderr(&o);
    assert!(told.contains("E756") && told.contains("1 trial failed 2 times"), "{told}");
    assert!(told.contains("trial 2 (load.connections=5000") && told.contains("attempt 2 of 2"), "{told}");
    assert!(stdout(&o).contains("1 of 2 trials done"), "{}", stdout(&o));
    assert_eq!(runs(&lab).iter().filter(|(_, whole)| *whole).count(), 1);
    assert_eq!(runs(&lab).len(), 3, "two attempts failed");
    // What was given up stays so until somebody does something about it.
    let again = run(&["campaign", "campaign.yml"], lab.dir.path());
    assert_eq!((again.status.code(), runs(&lab).len()), (Some(5), 3), "{}", stderr(&again));
}

#[test]
fn every_variant_is_checked_before_anything_starts() {
    let lab = lab("axes:\n  load.model: [closed, opn]\n  GATEWAY_DEMAND: [5, 10]\nrepetitions: 2\n");
    let o = run(&["campaign", "campaign.yml"], lab.dir.path());
    assert_eq!(o.status.code(), Some(2), "{}", stderr(&o));
    let told = stderr(&o);
    assert!(told.contains("campaign.yml:4:24") && told.contains("load.model cannot be `opn`"), "{told}");
    assert!(told.contains("campaign.yml:5:20") && told.contains("GATEWAY_DEMAND_MS"), "{told}");
    assert!(!lab.dir.path().join("results").exists());
}

#[test]
fn a_dry_run_tells_variants_orders_and_time_and_writes_nothing() {
    let axes = "axes: { GATEWAY_DEMAND_MS: [5, 10], OTHER_DEMAND_MS: [1, 2] }\n";
    let lab = lab(&format!("{axes}exclude: [{{ GATEWAY_DEMAND_MS: 10, OTHER_DEMAND_MS: 2 }}]\n"));
    let dir = lab.dir.path();
    let o = run(&["campaign", "campaign.yml", "--dry-run"], dir);
    assert_eq!(o.status.code(), Some(0), "{}", stderr(&o));
    let told = stdout(&o);
    assert!(told.contains("=10, OTHER_DEMAND_MS=1") && !told.contains("=10, OTHER_DEMAND_MS=2"), "{told}");
    // Fifteen times four seconds and three of warm-up.
    assert!(told.contains("15 trials of 3 variants: 1 min 45 s of load"), "{told}");
    assert!(!dir.join("results").exists());
    let o = run(&["--json", "campaign", "campaign.yml", "--dry-run"], dir);
    let planned: Value = serde_json::from_str(stdout(&o).lines().last().unwrap()).unwrap();
    assert_eq!((planned["trials"].as_array().unwrap().len(), &planned["done"]), (15, &Value::from(0)));
    // A folder that is somebody else's stays as it is.
    std::fs::create_dir_all(dir.join("results/pools/quickstart-1")).unwrap();
    let o = run(&["campaign", "campaign.yml"], dir);
    assert!(o.status.code() == Some(2) && stderr(&o).contains("it has no campaign.json"), "{}", stderr(&o));
}
