//! What became of runs is read off their folders, whatever ended the command that made them.
#![allow(clippy::unwrap_used)]

use std::path::{Path, PathBuf};

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use serde_json::{Value, json};
use swarmlab_campaign::ledger::{Attempt, Expected, Outcome, attempts};
use swarmlab_campaign::progress::{Next, Standing, next, standing};

/// A committed folder of a real run.
fn golden(name: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../present/tests/golden/2-embedded").join(name);
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn expected(words: &[&str], seed: u64) -> Expected {
    let text = golden("raw/manifest.json")["plan"]["text"].as_str().unwrap_or_default().to_owned();
    let words = words.iter().map(|w| (*w).to_owned()).collect();
    Expected { words, seed, text, require_valid: false, figures: Vec::new() }
}

/// A run's folder as it is when its run has come so far.
struct Runs {
    dir: tempfile::TempDir,
    manifest: Value,
    summary: Value,
    made: usize,
}

impl Runs {
    fn new() -> Self {
        let (mut manifest, mut summary) = (golden("raw/manifest.json"), golden("expected/summary.json"));
        if manifest["plan"].is_null() {
            let plan = manifest["experiment"].take();
            manifest["plan"] = plan;
            manifest.as_object_mut().unwrap().remove("experiment");
        }
        for verdict in summary["verdicts"].as_array_mut().unwrap() {
            verdict["status"] = json!("pass");
        }
        Self { dir: tempfile::tempdir().unwrap(), manifest, summary, made: 0 }
    }

    fn trial(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn run(&mut self, trial: &str, expected: &Expected, state: Option<Value>, with_summary: bool) -> PathBuf {
        self.made += 1;
        let folder = self.trial(trial).join(format!("run-{:04}", self.made));
        std::fs::create_dir_all(&folder).unwrap();
        if let Some(state) = state {
            let mut manifest = self.manifest.clone();
            manifest["state"] = state;
            manifest["plan"]["overrides"] = json!(expected.words);
            manifest["plan"]["seed"] = json!(expected.seed);
            std::fs::write(folder.join("manifest.json"), manifest.to_string()).unwrap();
        }
        if with_summary {
            std::fs::write(folder.join("summary.json"), self.summary.to_string()).unwrap();
        }
        folder
    }
}

fn complete() -> Option<Value> {
    Some(json!({ "is": "complete" }))
}

#[test]
fn what_ended_a_run_is_told_apart() {
    let mut runs = Runs::new();
    let expected = expected(&["--set POOL=4", "--seed 7"], 7);
    let partial = |reason: &str| Some(json!({ "is": "partial", "reason": reason }));
    assert_eq!(attempts(&runs.trial("t"), &expected).unwrap(), []);
    runs.run("t", &expected, None, false);
    runs.run("t", &expected, Some(json!({ "is": "running" })), false);
    runs.run("t", &expected, partial("interrupted"), true);
    runs.run("t", &expected, partial("ms-other did not become ready"), false);
    runs.run("t", &expected, complete(), false);
    runs.run("t", &expected, complete(), true);
    runs.summary["counts"]["completed"] = json!(0);
    runs.run("t", &expected, complete(), true);
    let told: Vec<Outcome> =
        attempts(&runs.trial("t"), &expected).unwrap().into_iter().map(|a| a.outcome).collect();
    let failed = |why: &str| Outcome::Failed { why: why.to_owned() };
    assert_eq!(told[0], failed("it ended before anything was measured"));
    assert_eq!(told[1..3], [Outcome::Cut, Outcome::Cut]);
    assert_eq!(told[3], failed("ms-other did not become ready"));
    assert_eq!(told[4], Outcome::Unanalysed);
    assert!(matches!(told[5], Outcome::Done { took_s: Some(s), .. } if s > 1.0), "{:?}", told[5]);
    assert_eq!(told[6], failed("no request was answered"));
}

#[test]
fn a_run_that_is_not_valid_is_a_failure_only_where_that_is_asked_for() {
    let mut runs = Runs::new();
    let lenient = expected(&["--seed 7"], 7);
    runs.summary["verdicts"][0]["status"] = json!("fail");
    let code = runs.summary["verdicts"][0]["code"].as_str().unwrap().to_owned();
    runs.run("t", &lenient, complete(), true);
    let outcome = |expected: &Expected| attempts(&runs.trial("t"), expected).unwrap().remove(0).outcome;
    assert!(matches!(outcome(&lenient), Outcome::Done { .. }));
    let strict = Expected { require_valid: true, ..lenient };
    assert_eq!(outcome(&strict), Outcome::Failed { why: format!("not valid: {code} failed") });
}

#[test]
fn a_run_of_something_else_is_never_counted() {
    let mut runs = Runs::new();
    let four = expected(&["--set POOL=4", "--seed 7"], 7);
    let eight = expected(&["--set POOL=8", "--seed 7"], 7);
    let later = expected(&["--set POOL=4", "--seed 8"], 8);
    runs.run("t", &four, complete(), true);
    let told = |expected: &Expected| attempts(&runs.trial("t"), expected).unwrap_err();
    for (other, words) in [(&eight, "POOL=8"), (&later, "its seed is 7, not 8")] {
        let told = told(other);
        assert!(told.to_string().contains(words), "{told}");
        assert_eq!(told.code().short(), "E755");
    }
    let changed = Expected { text: "name: x\n".to_owned(), ..four };
    assert!(told(&changed).to_string().contains("another one then"));
}

/// Campaigns of twelve trials, each killed at random moments some thirty times or failed by the world: what a kill leaves is a
/// folder without a manifest, one that says that it is running, one that is whole but not analysed, or a whole one.
#[test]
fn whatever_kills_a_campaign_no_trial_is_lost_or_doubled() {
    let (mut kills, mut given_up) = (0, 0);
    for seed in 0..5 {
        let mut rng = StdRng::seed_from_u64(seed);
        let mut runs = Runs::new();
        let trials: Vec<(String, Expected)> = (0..12)
            .map(|at| (format!("t{at}"), expected(&[&format!("--set POOL={}", at % 3)], 7 + at / 3)))
            .collect();
        let look = |runs: &Runs| -> Vec<Vec<Attempt>> {
            trials.iter().map(|(name, e)| attempts(&runs.trial(name), e).unwrap()).collect()
        };
        loop {
            // As after each start: what was not analysed is.
            for attempt in look(&runs).into_iter().flatten().filter(|a| a.outcome == Outcome::Unanalysed) {
                std::fs::write(attempt.folder.join("summary.json"), runs.summary.to_string()).unwrap();
            }
            let standings: Vec<Standing> = look(&runs).iter().map(|a| standing(a, 3)).collect();
            let Next::Run(at) = next(&standings) else { break };
            assert!(standings[..at].iter().all(|s| !matches!(s, Standing::Open { .. })), "in order");
            let (name, e) = &trials[at];
            let killed = rng.random::<f64>() < 0.8;
            kills += u32::from(killed);
            match (killed, rng.random_range(0..10_u8)) {
                (true, 0) => runs.run(name, e, Some(json!({ "is": "running" })), true),
                (true, 1) => runs.run(name, e, complete(), false),
                (true, _) => runs.run(name, e, Some(json!({ "is": "running" })), false),
                (false, 0) => runs.run(name, e, Some(json!({ "is": "partial", "reason": "no" })), false),
                (false, _) => runs.run(name, e, complete(), true),
            };
        }
        for attempts in look(&runs) {
            let done = attempts.iter().filter(|a| matches!(a.outcome, Outcome::Done { .. })).count();
            let is_given_up = standing(&attempts, 3) == Standing::GivenUp;
            given_up += u32::from(is_given_up);
            assert_eq!(done, usize::from(!is_given_up), "{attempts:?}");
        }
    }
    assert!(kills > 5 * 30, "{kills}");
    assert!(given_up < 3, "{given_up}");
}
