//! The whole job on the embedded testbed: real processes, real sockets, real CPU.
#![allow(clippy::unwrap_used)]

mod support;

use support::{Lab, TWO_SECRETS, column, json, swarmlab, verdict};

const STAIRS: &str = "shape: step\nfirst: 1\nincrement: 1\nsteps: 3\nhold: 4s\ndown: false\n";

/// Children of a run are told by the `--exit-with-parent` of their command lines.
fn children_of(folder: &std::path::Path) -> usize {
    let needle = folder.join("logs").display().to_string();
    std::fs::read_dir("/proc")
        .unwrap()
        .flatten()
        .filter(|e| {
            let line = std::fs::read(e.path().join("cmdline")).unwrap_or_default();
            let env = std::fs::read(e.path().join("environ")).unwrap_or_default();
            let text = [line, env].concat();
            String::from_utf8_lossy(&text).contains(&needle)
        })
        .count()
}

#[test]
fn a_run_counts_exactly_writes_everything_and_is_recomputed_identically() {
    let lab = Lab::new();
    let experiment = lab.experiment("whole", "embedded", STAIRS, "slo: { p95: 2s, error_rate: 1% }");
    let ended = lab.run(&experiment, &[]).end();
    assert!(ended.status.success(), "{:#?}", ended.line("error"));
    let folder = ended.folder();
    for file in [
        "manifest.json",
        "events.jsonl",
        "client.parquet",
        "series.parquet",
        "samples.parquet",
        "histograms.hlog",
        "frame.parquet",
        "frame.csv",
        "correlations.csv",
        "summary.json",
        "report.html",
        "charts/timeline.svg",
    ] {
        assert!(folder.join(file).metadata().is_ok_and(|m| m.len() > 0), "{file}");
    }
    assert!(!folder.join("client.jsonl").exists() && !folder.join("server.journal").exists());
    let summary = ended.summary();
    assert_eq!(verdict(&summary, "counts-agree")["status"], "pass", "{summary:#}");
    assert_eq!(verdict(&summary, "littles-law")["status"], "pass", "{summary:#}");
    let sent = summary["counts"]["sent"].as_u64().unwrap();
    assert!(sent > 100);
    for c in summary["counts"]["servers"].as_array().unwrap() {
        if c["comparable"] == true {
            assert_eq!(c["count"].as_f64().unwrap(), sent as f64, "{c}");
        }
    }
    // What was burned is what was declared: the oracle itself.
    for d in summary["demands"].as_array().unwrap() {
        let (burned, declared) = (d["burned_s"].as_f64().unwrap(), d["declared_s"].as_f64().unwrap());
        assert!((burned / declared - 1.0).abs() < 0.01, "{d}");
    }
    // Of the stack's images none ran.
    let services = ended.manifest()["topology"]["services"].as_array().unwrap().clone();
    assert!(!services.is_empty() && services.iter().all(|s| s["image"] == ""), "{services:?}");
    let replicas = column(&folder, "ms_exercise_replicas_healthy");
    assert!(replicas.iter().all(|(_, v)| *v == Some(1.0)), "{replicas:?}");
    let files = ["summary.json", "frame.csv", "correlations.csv", "report.html"];
    let before: Vec<_> = files.iter().map(|f| std::fs::read(folder.join(f)).unwrap()).collect();
    let again = swarmlab().args(["report"]).arg(&folder).output().unwrap();
    assert!(again.status.success(), "{}", String::from_utf8_lossy(&again.stderr));
    for (f, old) in files.iter().zip(before) {
        assert!(std::fs::read(folder.join(f)).unwrap() == old, "{f} changed when it was computed again");
    }
    assert_eq!(children_of(&folder), 0, "processes of the run are left");
}

#[test]
fn an_interrupt_during_the_load_reports_what_was_measured() {
    let lab = Lab::new();
    let shape = "shape: constant\nlevel: 2\nduration: 60s\n";
    let experiment = lab.experiment("cut", "embedded", shape, "");
    let mut running = lab.run(&experiment, &[]);
    running.until_load(4.0);
    // Whoever looks too early takes nothing away from it.
    let folder = running.seen.iter().find(|v| v["event"] == "started").unwrap()["folder"].clone();
    let early = swarmlab().args(["--json", "report", folder.as_str().unwrap()]).output().unwrap();
    assert_eq!(early.status.code(), Some(3), "{}", String::from_utf8_lossy(&early.stdout));
    assert!(String::from_utf8_lossy(&early.stdout).contains("E717-run-goes-on"));
    running.signal("INT");
    let ended = running.end();
    assert_eq!(ended.status.code(), Some(130), "{:#?}", ended.line("error"));
    let manifest = ended.manifest();
    assert_eq!(manifest["state"]["is"], "partial");
    let window = &manifest["windows"];
    let load_s = window["load_end_unix_s"].as_f64().unwrap() - window["load_start_unix_s"].as_f64().unwrap();
    assert!((3.0..20.0).contains(&load_s), "{load_s}");
    assert_eq!(verdict(&ended.summary(), "counts-agree")["status"], "pass");
    let html = std::fs::read_to_string(ended.folder().join("report.html")).unwrap();
    assert!(html.contains("interrupted"));
    assert_eq!(children_of(&ended.folder()), 0);
}

/// The children see their standard input close; they are given the time that a graceful stop may take.
fn until_no_child_is_left(folder: &std::path::Path) {
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(15);
    while children_of(folder) > 0 {
        assert!(std::time::Instant::now() < deadline, "children outlive their parent");
        std::thread::yield_now();
    }
}

#[test]
fn a_second_interrupt_leaves_at_once_and_the_folder_can_be_completed() {
    let lab = Lab::new();
    let shape = "shape: constant\nlevel: 2\nduration: 60s\n";
    let experiment = lab.experiment("twice", "embedded", shape, "");
    let mut running = lab.run(&experiment, &[]);
    running.until_load(2.0);
    running.signal("INT");
    // Here it would wait for the last samples, take the services down and analyse.
    running.until_phase("collect");
    running.signal("INT");
    let ended = running.end();
    assert_eq!(ended.status.code(), Some(130));
    assert!(ended.line("finished").is_none() && !ended.folder().join("summary.json").exists());
    until_no_child_is_left(&ended.folder());
    let report = swarmlab().args(["report"]).arg(ended.folder()).output().unwrap();
    assert!(report.status.success(), "{}", String::from_utf8_lossy(&report.stderr));
    assert!(ended.folder().join("report.html").exists());
}

#[test]
fn a_killed_run_is_completed_from_its_journals_and_leaves_no_process() {
    let lab = Lab::new();
    let shape = "shape: constant\nlevel: 2\nduration: 60s\n";
    let experiment = lab.experiment("killed", "embedded", shape, "");
    let mut running = lab.run(&experiment, &[]);
    running.until_load(4.0);
    running.signal("KILL");
    let ended = running.end();
    assert!(!ended.status.success());
    let folder = ended.folder();
    let report = swarmlab().args(["report"]).arg(&folder).output().unwrap();
    assert!(report.status.success(), "{}", String::from_utf8_lossy(&report.stderr));
    let users = column(&folder, "client_users");
    let measured = users.iter().filter(|(t, v)| *t >= 0.0 && v.is_some()).count();
    assert!(measured >= 3, "at most a second may be lost: {users:?}");
    assert_eq!(json(&folder.join("manifest.json"))["state"]["is"], "killed");
    let summary = json(&folder.join("summary.json"));
    assert_eq!(summary["state"]["is"], "killed");
    // Per second of what was measured, not of the minute that was planned; and nothing is drawn behind it.
    let all = summary["endpoints"].as_array().unwrap().last().unwrap();
    let (completed, per_s) = (all["completed"].as_f64().unwrap(), all["throughput_per_s"].as_f64().unwrap());
    let by_hand = completed / measured as f64;
    assert!((per_s / by_hand - 1.0).abs() < 0.3, "{per_s} against {by_hand}");
    for name in ["client_users", "ms_exercise_replicas_running"] {
        let last_s = column(&folder, name).last().unwrap().0;
        assert!(last_s <= measured as f64 + 1.0, "{name} goes on to {last_s} s");
    }
    // What cannot be judged any more is said, and not left out.
    let known = verdict(&summary, "generator-valid");
    assert!(known["title"].as_str().unwrap().len() > 10, "{known}");
    until_no_child_is_left(&folder);
}

#[test]
fn a_service_that_cannot_start_is_named_with_its_last_words() {
    let lab = Lab::new();
    let experiment = lab.experiment("broken", "embedded", STAIRS, "");
    lab.change_stack(&experiment, TWO_SECRETS.0, TWO_SECRETS.1);
    let ended = lab.run(&experiment, &["--wait", "10s"]).end();
    assert_eq!(ended.status.code(), Some(4), "{:#?}", ended.lines);
    let error = ended.line("error").unwrap()["message"].as_str().unwrap();
    assert!(error.contains("ms-exercise.1 ended") && error.contains(TWO_SECRETS.2), "{error}");
    assert_eq!(children_of(&ended.folder()), 0);
}

#[test]
fn a_run_that_sends_nothing_is_told_before_and_proves_nothing() {
    let lab = Lab::new();
    let shape = "shape: constant\nlevel: 0\nduration: 4s\n";
    let experiment = lab.experiment("nothing", "embedded", shape, "slo: { p95: 250ms, error_rate: 1% }");
    let checked = swarmlab().arg("check").arg(&experiment).output().unwrap();
    let warned = String::from_utf8_lossy(&checked.stderr).into_owned();
    assert!(checked.status.success() && warned.contains("W111-no-evidence"), "{warned}");
    let ended = lab.run(&experiment, &[]).end();
    assert_eq!(ended.status.code(), Some(5), "{:#?}", ended.line("error"));
    assert_eq!(ended.line("error").unwrap()["message"], "no request was sent");
    let summary = ended.summary();
    for code in ["counts-agree", "littles-law", "generator-valid", "slo-p95", "slo-errors"] {
        assert_eq!(verdict(&summary, code)["status"], "not_judged", "{code}: {:#}", summary["verdicts"]);
    }
    let passed = |v: &&serde_json::Value| v["status"] == "pass";
    let passed =
        summary["verdicts"].as_array().unwrap().iter().filter(passed).map(|v| v["code"].as_str().unwrap());
    // What there is, is there.
    let passed: Vec<&str> = passed.collect();
    assert!(passed.iter().all(|code| ["data-complete", "files-agree"].contains(code)), "{passed:?}");
}

#[test]
fn auto_says_which_testbed_and_why() {
    let lab = Lab::new();
    let shape = "shape: constant\nlevel: 1\nduration: 2s\n";
    let experiment = lab.experiment("auto", "auto", shape, "");
    let ended = lab.run(&experiment, &["--engine", "unix:///nowhere/docker.sock"]).end();
    assert!(ended.status.success(), "{:#?}", ended.line("error"));
    let started = ended.line("started").unwrap();
    assert_eq!(started["testbed"], "embedded");
    assert!(started["reason"].as_str().unwrap().contains("/nowhere/docker.sock"), "{started}");
}

#[test]
fn a_run_is_run_again_from_its_folder_alone() {
    let lab = Lab::new();
    let shape = "shape: constant\nlevel: 2\nduration: 20s\n";
    let experiment = lab.experiment("again", "embedded", shape, "variables: { OTHER_DEMAND_MS: \"3\" }");
    let changes = ["--set", "EXERCISE_DEMAND_MS=4", "--duration", "3s"];
    let first = lab.run(&experiment, &changes).end();
    assert!(first.status.success(), "{:#?}", first.line("error"));
    let plan = |manifest: &serde_json::Value| {
        ["variables", "environment", "overrides", "duration_s", "seed", "text", "declared_demand_s"]
            .map(|key| manifest["plan"][key].clone())
    };
    let before = plan(&first.manifest());
    assert_eq!(before[2], serde_json::json!(["--set EXERCISE_DEMAND_MS=4", "--duration 3s"]));
    assert_eq!((before[3].as_f64(), before[6]["ms-exercise"].as_f64()), (Some(3.0), Some(0.004)));
    // What the run was made from is gone; its folder has it.
    for file in ["experiment.yml", "shape.yml", "scenario.yml"] {
        std::fs::remove_file(lab.dir.path().join(file)).unwrap();
    }
    let rerun = |changes: &[&str]| {
        let results = lab.dir.path().join("results-again");
        let mut command = swarmlab();
        command.args(["--json", "rerun"]).arg(first.folder()).arg("--results").arg(results).args(changes);
        let output = command.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let finished = String::from_utf8(output.stdout).unwrap();
        let finished: serde_json::Value = serde_json::from_str(finished.lines().last().unwrap()).unwrap();
        json(&std::path::Path::new(finished["folder"].as_str().unwrap()).join("manifest.json"))
    };
    let again = rerun(&[]);
    assert_eq!(plan(&again), before);
    assert_eq!(again["inputs"], first.manifest()["inputs"]);
    assert_eq!(plan(&rerun(&["--duration", "2s"]))[3].as_f64(), Some(2.0));
}

#[test]
fn the_shipped_experiment_is_run_again_with_its_secrets_where_they_are() {
    let results = tempfile::tempdir().unwrap();
    let folder_of = |args: &[&str]| {
        let mut command = swarmlab();
        command.current_dir(support::root()).arg("--json").args(args).arg("--results").arg(results.path());
        let output = command.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let finished = String::from_utf8(output.stdout).unwrap();
        let finished: serde_json::Value = serde_json::from_str(finished.lines().last().unwrap()).unwrap();
        std::path::PathBuf::from(finished["folder"].as_str().unwrap())
    };
    let first = folder_of(&["run", "experiments/quickstart.yml", "--duration", "2s"]);
    let secret = first.join("inputs/stacks/exercise.password.example");
    assert!(first.join("inputs/stacks/exercise.yml").is_file() && !secret.exists(), "a secret was copied");
    let again = folder_of(&["rerun", first.to_str().unwrap()]);
    assert!(secret.is_symlink());
    let manifest = |folder: &std::path::Path| json(&folder.join("manifest.json"));
    assert_eq!(manifest(&again)["inputs"], manifest(&first)["inputs"]);
}

#[test]
fn actions_change_the_bed_while_load_goes_on_and_the_report_tells_when() {
    let lab = Lab::new();
    let actions = "actions:
  - { at: 2s, scale: { ms-exercise: 2 } }
  - { at: 4s, restart: ms-exercise }
  - { at: 8s, scale: { ms-exercise: 1 } }
measure: { services: [gateway, ms-exercise] }";
    let shape = "shape: constant\nlevel: 2\nduration: 14s\n";
    let experiment = lab.experiment("acts", "embedded", shape, actions);
    let ended = lab.run(&experiment, &[]).end();
    assert!(ended.status.success(), "{:#?}", ended.line("error"));
    let start = ended.manifest()["windows"]["load_start_unix_s"].as_f64().unwrap();
    let events = std::fs::read_to_string(ended.folder().join("events.jsonl")).unwrap();
    let events: Vec<serde_json::Value> = events
        .lines()
        .map(|l| serde_json::from_str(l).unwrap())
        .filter(|e: &serde_json::Value| e["event"] == "action")
        .collect();
    let of = |is: &str| events.iter().filter(|e| e["is"] == is).collect::<Vec<_>>();
    let asked: Vec<f64> = of("asked").iter().map(|e| e["t_unix_s"].as_f64().unwrap() - start).collect();
    assert_eq!(asked.len(), 3);
    for (asked, planned) in asked.iter().zip([2.0, 4.0, 8.0]) {
        assert!((planned..planned + 1.0).contains(asked), "{asked} for {planned}");
    }
    assert_eq!(of("in_force").len(), 3, "{events:#?}");
    for e in of("in_force") {
        let t = |key: &str| e[key].as_f64().unwrap();
        assert!(t("accepted_unix_s") <= t("done_unix_s") && e["changed"] == true, "{e}");
    }
    let replicas = column(&ended.folder(), "ms_exercise_replicas_healthy");
    assert!(replicas.iter().any(|(_, v)| *v == Some(2.0)), "{replicas:?}");
    assert_eq!(replicas.iter().rfind(|(t, _)| *t < 14.0).unwrap().1, Some(1.0));
    let summary = ended.summary();
    assert_eq!(verdict(&summary, "counts-agree")["status"], "pass", "{summary:#}");
    let html = std::fs::read_to_string(ended.folder().join("report.html")).unwrap();
    assert!(html.contains("scale ms-exercise to 2") && html.contains("in force"));
    assert_eq!(children_of(&ended.folder()), 0, "processes of the run are left");
}

/// Two users for each replica: how many there are, a busy machine does not change.
const SCALED: &str = "autoscale:
  ms-exercise:
    max: 3
    every: 1s
    controller:
      kind: target-tracking
      metric: users
      target: 2
      cooldown: { up: 0s, down: 0s }
";

/// One user, then six, then one.
const UP_AND_DOWN: &str = "shape: sequence\nparts:\n  - { shape: constant, level: 1, duration: 5s }\n  - { shape: constant, level: 6, \
     duration: 8s }\n  - { shape: constant, level: 1, duration: 7s }\n";

#[test]
fn a_controller_scales_a_service_up_and_down_and_its_log_replays_byte_for_byte() {
    let lab = Lab::new();
    let experiment = lab.experiment("scaled", "embedded", UP_AND_DOWN, SCALED);
    let ended = lab.run(&experiment, &[]).end();
    assert!(ended.status.success(), "{:#?}", ended.line("error"));
    let folder = ended.folder();
    let replicas = column(&folder, "ms_exercise_replicas_healthy");
    let at = |from: f64, to: f64| {
        let within = replicas.iter().filter(|(t, _)| (from..to).contains(t));
        within.filter_map(|(_, v)| *v).collect::<Vec<f64>>()
    };
    assert_eq!(at(0.0, 1.0), [1.0], "{replicas:?}");
    assert!(at(5.0, 14.0).iter().any(|n| *n >= 2.0), "{replicas:?}");
    assert!(at(15.0, 20.0).contains(&1.0), "{replicas:?}");
    let log = std::fs::read_to_string(folder.join("decisions.jsonl")).unwrap();
    let lines: Vec<serde_json::Value> = log.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    assert_eq!(lines[0]["is"], "controller");
    let decisions = &lines[1..];
    assert!((15..=19).contains(&decisions.len()), "every second, and none at the end: {}", decisions.len());
    let seen = |d: &serde_json::Value| d["decision"]["seen"]["users"]["age_s"].as_f64();
    let ages: Vec<f64> = decisions.iter().filter_map(seen).collect();
    assert!(ages.len() > 10 && ages.iter().all(|a| (0.0..5.0).contains(a)), "{ages:?}");
    // Who wanted what: the journal has the number of the decision.
    let events = std::fs::read_to_string(folder.join("events.jsonl")).unwrap();
    let wanted = decisions.iter().find(|d| d["wants"] != serde_json::json!([])).unwrap();
    assert!(events.contains(&format!("\"decision\":{}", wanted["id"])), "{wanted}");
    let manifest = ended.manifest();
    assert!(manifest["files"]["decisions.jsonl"]["sha256"].is_string(), "it is sealed");
    let summary = std::fs::read_to_string(folder.join("summary.md")).unwrap();
    assert!(summary.contains("## Autoscaling\n") && summary.contains("## Autoscaling: delays"), "{summary}");
    let html = std::fs::read_to_string(folder.join("report.html")).unwrap();
    assert!(html.contains("Autoscaling of ms-exercise"));
    // The same controllers on what they saw.
    let out = lab.dir.path().join("again.jsonl");
    let replay =
        |folder: &std::path::Path| swarmlab().arg("replay").arg(folder).arg("-o").arg(&out).output().unwrap();
    let again = replay(&folder);
    assert!(again.status.success(), "{}", String::from_utf8_lossy(&again.stderr));
    assert_eq!(std::fs::read_to_string(&out).unwrap(), log);
    // One of its lines is changed: it is named.
    let changed = log.replacen("\"desired\":1", "\"desired\":2", 1);
    assert_ne!(changed, log);
    std::fs::write(folder.join("decisions.jsonl"), changed).unwrap();
    let again = replay(&folder);
    let said = String::from_utf8_lossy(&again.stderr);
    assert_eq!(again.status.code(), Some(6), "{said}");
    assert!(said.contains("decisions.jsonl:2: decided otherwise"), "{said}");
    assert_eq!(children_of(&folder), 0);
}

#[test]
fn a_controller_of_ones_own_decides_in_a_dry_run_and_is_replayed_without_it() {
    let lab = Lab::new();
    // It wants two replicas, and says nothing to its third question.
    let program = "#!/bin/sh
read hello
echo '{\"type\":\"ready\",\"protocol\":1,\"name\":\"two\"}'
n=0
while read question; do
  if [ $n -ne 2 ]; then echo \"{\\\"type\\\":\\\"decide\\\",\\\"seq\\\":$n,\\\"replicas\\\":2,\\\"reason\\\":\\\"two are enough\\\"}\"; fi
  n=$((n+1))
done
";
    let path = lab.dir.path().join("two.sh");
    std::fs::write(&path, program).unwrap();
    std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let scaled = "autoscale: { gateway: { max: 3, every: 2s, controller: { kind: command, command: [./two.sh], \
                  answer_within: 1500ms } } }";
    let shape = "shape: constant\nlevel: 1\nduration: 12s\n";
    let experiment = lab.experiment("own", "embedded", shape, scaled);
    let ended = lab.run(&experiment, &["--no-scaling"]).end();
    assert!(ended.status.success(), "{:#?}", ended.line("error"));
    let folder = ended.folder();
    assert!(column(&folder, "gateway_replicas_running").iter().all(|(_, v)| *v == Some(1.0)));
    let decisions: Vec<&serde_json::Value> =
        ended.lines.iter().filter(|l| l["event"] == "decision").collect();
    assert_eq!(decisions.len(), 5);
    let kinds: Vec<&str> =
        decisions.iter().map(|d| d["decision"]["outcome"]["kind"].as_str().unwrap()).collect();
    // On a busy machine it may be late oftener, and nothing else.
    let late = |d: &&&serde_json::Value| d["decision"]["outcome"]["cause"]["name"] == "late";
    let changes: Vec<_> = decisions.iter().filter(|d| !late(d)).collect();
    assert!(
        !changes.is_empty() && changes.iter().all(|d| d["decision"]["outcome"]["kind"] == "change"),
        "{kinds:?}"
    );
    assert_eq!(decisions[2]["decision"]["outcome"]["cause"]["name"], "late");
    // Whoever is late was late by the log: an answer that was heard within its time is taken, also after the one that never
    // came.
    let log = std::fs::read_to_string(folder.join("decisions.jsonl")).unwrap();
    let said: Vec<serde_json::Value> = log
        .lines()
        .map(|l| serde_json::from_str::<serde_json::Value>(l).unwrap())
        .filter(|l| l["is"] == "exchange")
        .collect();
    let at_s = |way: &str, seq: usize| {
        said.iter().find_map(|l| {
            let line: serde_json::Value = serde_json::from_str(l["exchange"]["line"].as_str()?).ok()?;
            let is = l["exchange"]["way"] == way && line["seq"] == seq;
            is.then(|| l["exchange"]["at_s"].as_f64()).flatten()
        })
    };
    for (seq, decision) in decisions.iter().enumerate() {
        let took_s = at_s("heard", seq).map(|heard| heard - at_s("sent", seq).unwrap());
        let in_time = took_s.is_some_and(|s| s <= 1.5);
        assert_eq!(in_time, !late(&decision), "question {seq} was answered after {took_s:?} s: {kinds:?}");
    }
    assert_eq!(changes[0]["wants"][0]["replicas"], 2);
    assert_eq!(ended.manifest()["plan"]["overrides"], serde_json::json!(["--no-scaling"]));
    std::fs::remove_file(&path).unwrap();
    let again = swarmlab().arg("replay").arg(&folder).output().unwrap();
    assert!(again.status.success(), "{}", String::from_utf8_lossy(&again.stderr));
}
