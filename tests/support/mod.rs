//! What the end-to-end tests share: experiments in a temporary folder, the command's JSON lines, its results.
#![allow(dead_code, clippy::unwrap_used, clippy::expect_used)]

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};

use serde_json::Value;

/// The repository's root.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The command under test.
pub fn swarmlab() -> Command {
    let mut c = Command::new(env!("CARGO_BIN_EXE_swarmlab"));
    c.stdin(Stdio::null());
    c
}

/// Text of the repository's stack, what it is replaced by, and what `ms-exercise` says then: it is given its secret in two
/// ways, which only it can see. A stack that does not start.
pub const TWO_SECRETS: (&str, &str, &str) = (
    "      DEMO_DEMAND_MS: ${EXERCISE_DEMAND_MS:-15}\n",
    "      DEMO_DEMAND_MS: ${EXERCISE_DEMAND_MS:-15}\n      DEMO_TOKEN_SECRET: twice\n",
    "`DEMO_TOKEN_SECRET` is set as well",
);

/// A folder with an experiment on the repository's stack.
pub struct Lab {
    pub dir: tempfile::TempDir,
}

impl Lab {
    pub fn new() -> Self {
        Self { dir: tempfile::tempdir().unwrap() }
    }

    /// Writes `experiment.yml` with a shape of its own; `extra` goes to the experiment's top level.
    pub fn experiment(&self, name: &str, testbed: &str, shape: &str, extra: &str) -> PathBuf {
        std::fs::write(self.dir.path().join("shape.yml"), shape).unwrap();
        let root = root().display();
        // The shipped journey, with less thinking: these loads last for seconds.
        let journey = std::fs::read_to_string(format!("{root}/loadshapes/scenarios/exercise.yml")).unwrap();
        let hasty = journey.replace("constant: 800ms", "constant: 200ms");
        assert_ne!(hasty, journey);
        std::fs::write(self.dir.path().join("scenario.yml"), hasty).unwrap();
        let text = format!(
            "name: {name}\ntestbed: {testbed}\nstack: {root}/stacks/exercise.yml\n\
             target: {{ service: gateway-envoy, port: 8080 }}\n\
             load:\n  model: closed\n  shape: shape.yml\n  scenario: scenario.yml\n  \
             warmup: {{ duration: 3s, level: 2 }}\n{extra}\n"
        );
        let path = self.dir.path().join("experiment.yml");
        std::fs::write(&path, text).unwrap();
        path
    }

    /// Puts an experiment onto a copy of the repository's stack in which one piece of text is another.
    pub fn change_stack(&self, experiment: &Path, from: &str, to: &str) {
        let shipped = root().join("stacks/exercise.yml");
        let text = std::fs::read_to_string(&shipped).unwrap();
        assert_eq!(text.matches(from).count(), 1, "{from}");
        // Its files stand where they stood.
        let (above, beside) =
            (format!("{}/", root().display()), format!("{}/stacks/exercise.", root().display()));
        let text = text.replace(from, to).replace("../", &above).replace("./exercise.", &beside);
        let copy = self.dir.path().join("stack.yml");
        std::fs::write(&copy, text).unwrap();
        let of = std::fs::read_to_string(experiment).unwrap();
        let of = of.replace(&shipped.display().to_string(), &copy.display().to_string());
        std::fs::write(experiment, of).unwrap();
    }

    /// Starts `run --json` on an experiment.
    pub fn run(&self, experiment: &Path, args: &[&str]) -> Running {
        let mut child = swarmlab()
            .arg("--json")
            .arg("run")
            .arg(experiment)
            .arg("--results")
            .arg(self.dir.path().join("results"))
            .args(args)
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap());
        Running { child, lines, seen: Vec::new() }
    }
}

/// A run under way.
pub struct Running {
    child: Child,
    lines: BufReader<std::process::ChildStdout>,
    pub seen: Vec<Value>,
}

impl Running {
    /// Reads JSON lines until one fits.
    pub fn until(&mut self, what: &str, fits: impl Fn(&Value) -> bool) -> Value {
        loop {
            let mut line = String::new();
            assert!(
                self.lines.read_line(&mut line).unwrap() > 0,
                "the command ended before {what}: {:#?}",
                self.seen.last()
            );
            let value: Value = serde_json::from_str(&line).unwrap_or_else(|e| panic!("{e}: {line}"));
            self.seen.push(value.clone());
            if fits(&value) {
                return value;
            }
        }
    }

    /// Until a phase begins.
    pub fn until_phase(&mut self, phase: &str) {
        self.until(phase, |v| v["event"] == "phase" && v["phase"] == phase);
    }

    /// Until so many seconds of the load are over.
    pub fn until_load(&mut self, elapsed_s: f64) {
        self.until("load", |v| {
            v["event"] == "load"
                && v["tick"]["phase"] == "load"
                && v["tick"]["elapsed_s"].as_f64().unwrap() >= elapsed_s
        });
    }

    /// Sends a signal to the command.
    pub fn signal(&self, signal: &str) {
        let done = Command::new("kill").args(["-s", signal, &self.child.id().to_string()]).status().unwrap();
        assert!(done.success());
    }

    /// Reads the rest and waits for the end.
    pub fn end(mut self) -> Ended {
        loop {
            let mut line = String::new();
            if self.lines.read_line(&mut line).unwrap() == 0 {
                break;
            }
            self.seen.push(serde_json::from_str(&line).unwrap_or_else(|e| panic!("{e}: {line}")));
        }
        let status = self.child.wait().unwrap();
        Ended { status, lines: self.seen }
    }
}

/// A run that ended.
pub struct Ended {
    pub status: ExitStatus,
    pub lines: Vec<Value>,
}

impl Ended {
    /// The last line of a kind.
    pub fn line(&self, event: &str) -> Option<&Value> {
        self.lines.iter().rev().find(|v| v["event"] == event)
    }

    /// The run's folder.
    pub fn folder(&self) -> PathBuf {
        PathBuf::from(self.line("started").expect("started")["folder"].as_str().unwrap())
    }

    /// `summary.json`.
    pub fn summary(&self) -> Value {
        json(&self.folder().join("summary.json"))
    }

    /// `manifest.json`.
    pub fn manifest(&self) -> Value {
        json(&self.folder().join("manifest.json"))
    }
}

pub fn json(path: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(path).unwrap_or_else(|e| panic!("{}: {e}", path.display())))
        .unwrap()
}

/// A verdict of a summary.
pub fn verdict<'a>(summary: &'a Value, code: &str) -> &'a Value {
    summary["verdicts"]
        .as_array()
        .unwrap()
        .iter()
        .find(|v| v["code"] == code)
        .unwrap_or_else(|| panic!("no verdict {code}"))
}

/// A column of `frame.csv`: time since the load began, value.
pub fn column(folder: &Path, name: &str) -> Vec<(f64, Option<f64>)> {
    let text = std::fs::read_to_string(folder.join("frame.csv")).unwrap();
    let mut lines = text.lines();
    let header: Vec<&str> = lines.next().unwrap().split(',').collect();
    let i =
        header.iter().position(|h| *h == name).unwrap_or_else(|| panic!("no column {name} in {header:?}"));
    let t = header.iter().position(|h| *h == "t_s").unwrap();
    lines
        .map(|l| {
            let cells: Vec<&str> = l.split(',').collect();
            (cells[t].parse().unwrap(), cells[i].parse().ok())
        })
        .collect()
}
