//! `replay` on the committed folder of a real run: what its controllers would have done, and what is refused.
#![allow(clippy::unwrap_used)]

mod support;

use std::path::Path;
use std::process::Output;

use serde_json::Value;
use support::{root, swarmlab};

/// 20 s of a closed load, four steps; one replica of each service, child processes without CPU limits.
const RUN: &str = "crates/present/tests/golden/2-embedded/raw";

const CONTROLLERS: &str = "autoscale:
  ms-exercise:
    max: 8
    every: 2s
    controller: { kind: hpa, metrics: [{ resource: cpu, average: 0.2 }] }
  gateway:
    max: 4
    every: 5s
    controller:
      kind: threshold
      cooldown: { up: 0s, down: 0s }
      rules: [{ metric: request_rate, above: 40, set: 3 }, { metric: ms-exercise.p95, above: 20ms, set: 2 }]
  ms-other:
    max: 4
    every: 10s
    controller: { kind: target-tracking, metric: cpu_utilization, target: 50% }
";

/// A folder with the run (a copy, as it is only read) and a controllers file.
fn lab(controllers: &str) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    copy(&root().join(RUN), &dir.path().join("run"));
    std::fs::write(dir.path().join("c.yml"), controllers).unwrap();
    dir
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        std::fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
}

fn replay(dir: &Path, args: &[&str]) -> Output {
    let mut c = swarmlab();
    c.args(["replay", "run", "--controllers", "c.yml"]).args(args);
    c.current_dir(dir).env("NO_COLOR", "1").env_remove("DOCKER_HOST").output().unwrap()
}

fn stdout(o: &Output) -> String {
    String::from_utf8_lossy(&o.stdout).into_owned()
}

fn stderr(o: &Output) -> String {
    String::from_utf8_lossy(&o.stderr).into_owned()
}

#[test]
fn controllers_are_asked_what_they_would_have_done() {
    let dir = lab(CONTROLLERS);
    let o = replay(dir.path(), &["-o", "d.jsonl"]);
    assert_eq!((o.status.code(), stderr(&o).as_str()), (Some(0), ""));
    assert_eq!(stdout(&o), TABLE);
    let text = std::fs::read_to_string(dir.path().join("d.jsonl")).unwrap();
    let lines: Vec<Value> = text.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    assert_eq!(lines.len(), 10 + 4 + 2);
    assert_eq!(text.lines().next().unwrap(), FIRST);
    let held = lines.iter().find(|l| l["service"] == "ms-other").unwrap();
    assert_eq!(held["outcome"]["cause"]["name"], "missing");
    assert_eq!(held["asked"], held["recorded"]["desired"]);
    for line in &lines {
        assert_eq!(line["recorded"]["running"], 1);
        assert!(!line["reason"].as_str().unwrap().is_empty());
        for seen in line["seen"].as_object().unwrap().values() {
            assert!((0.0..=2.0).contains(&seen["age_s"].as_f64().unwrap()), "{line}");
        }
    }
}

const TABLE: &str = "\
service      controller       decisions  acts      holds  reversals  least  most       first act
ms-exercise  hpa                     10     7          0          0      1     3   1 -> 2 at 8 s
gateway      threshold                4     3          0          0      1     3  1 -> 3 at 10 s
ms-other     target-tracking          2     0  2 missing          0      -     -               -

ms-exercise: at 8 s: `cpu` is 0.25 per replica, aimed at 0.2, which asks for 2
gateway: at 10 s: `request_rate` is 43.8717, above 40 for 0 s: up to 3
remark: ms-other: the run does not have `cpu_utilization`
remark: an open loop: the load and the services did not react to what a controller asked for, and each decision saw the replicas that the run had
";

const FIRST: &str = r#"{"t_s":2.0,"service":"ms-exercise","seen":{"cpu of tasks":{"v":0.11986549700860116,"age_s":0.0}},"recorded":{"desired":1,"running":1,"ready":1},"asked":1,"outcome":{"kind":"keep"},"reason":"`cpu` is 0.12 per replica, aimed at 0.2, which asks for 1"}"#;

#[test]
fn the_same_run_and_file_give_the_same_bytes() {
    let dir = lab(CONTROLLERS);
    let before = std::fs::read_dir(dir.path().join("run")).unwrap().count();
    let [first, second] = ["a.jsonl", "b.jsonl"].map(|file| {
        let o = replay(dir.path(), &["--json", "-o", file]);
        assert_eq!(o.status.code(), Some(0), "{}", stderr(&o));
        (o.stdout, std::fs::read(dir.path().join(file)).unwrap())
    });
    assert!(first == second);
    let last: Value =
        serde_json::from_str(String::from_utf8(first.0).unwrap().lines().last().unwrap()).unwrap();
    assert_eq!(
        (last["event"].as_str(), last["services"][0]["decisions"].as_u64()),
        (Some("replay"), Some(10))
    );
    assert_eq!(std::fs::read_dir(dir.path().join("run")).unwrap().count(), before, "the run is only read");
}

#[test]
fn one_service_can_be_chosen() {
    let dir = lab(CONTROLLERS);
    let o = replay(dir.path(), &["--service", "gateway"]);
    assert_eq!(o.status.code(), Some(0));
    let said = stdout(&o);
    assert!(
        said.contains("threshold") && !said.contains("hpa") && !said.contains("target-tracking"),
        "{said}"
    );
    let o = replay(dir.path(), &["--service", "gatway"]);
    assert_eq!(o.status.code(), Some(2));
    assert!(
        stderr(&o).contains("no service `gatway`") && stderr(&o).contains("ms-exercise, gateway, ms-other")
    );
}

#[test]
fn what_cannot_be_replayed_is_refused() {
    let web = |controller: &str| {
        format!("autoscale: {{ gateway: {{ max: 4, controller: {{ {controller} }} }} }}\n")
    };
    for (text, parts) in [
        ("name: a\nload: 3\n".to_owned(), vec!["c.yml:1:1", "this is an experiment, not a controllers file"]),
        ("autoscale: {}\nstacks: a\n".to_owned(), vec!["c.yml:2:1", "unknown key `stacks`", "autoscale"]),
        ("autoscale: [".to_owned(), vec!["c.yml:1"]),
        (
            "autoscale: { gatway: { max: 4, controller: { kind: fixed, replicas: 2 } } }\n".to_owned(),
            vec!["c.yml:1:14", "no service `gatway`", "did you mean `gateway`?"],
        ),
        (
            web("kind: target-tracking, metric: cpu_utilisation, target: 50%"),
            vec![
                "c.yml:1",
                "no controller sees a metric `cpu_utilisation`",
                "did you mean `cpu_utilization`?",
            ],
        ),
        (web("kind: pid, metric: nowhere.p95, setpoint: 200ms, kp: 4"), vec!["nowhere.p95", "of no service"]),
        (
            web("kind: command, command: [sh, -c, 'exit 1']"),
            vec!["of `gateway` is a `command`", "cannot be replayed"],
        ),
    ] {
        let dir = lab(&text);
        let o = replay(dir.path(), &["-o", "d.jsonl"]);
        let said = stderr(&o);
        assert_eq!(o.status.code(), Some(2), "{said}");
        assert_eq!(stdout(&o), "");
        for part in parts {
            assert!(said.contains(part), "{part:?} is not in\n{said}");
        }
        assert!(!dir.path().join("d.jsonl").exists());
    }
    let dir = lab(CONTROLLERS);
    std::fs::remove_file(dir.path().join("c.yml")).unwrap();
    let o = replay(dir.path(), &[]);
    assert!(o.status.code() == Some(2) && stderr(&o).contains("c.yml cannot be read"), "{}", stderr(&o));
    std::fs::remove_file(dir.path().join("run/manifest.json")).unwrap();
    assert_ne!(replay(dir.path(), &[]).status.code(), Some(0));
    // A load alone has no services.
    let alone = root().join("crates/present/tests/golden/2-load/raw");
    std::fs::remove_dir_all(dir.path().join("run")).unwrap();
    copy(&alone, &dir.path().join("run"));
    let o = replay(dir.path(), &[]);
    assert!(o.status.code() == Some(2) && stderr(&o).contains("a load alone"), "{}", stderr(&o));
}

#[test]
fn the_example_is_of_the_quickstarts_stack_and_acts() {
    let dir = lab(&std::fs::read_to_string(root().join("controllers/hpa.yml")).unwrap());
    let o = replay(dir.path(), &["--json"]);
    assert_eq!(o.status.code(), Some(0), "{}", stderr(&o));
    let last: Value = serde_json::from_str(stdout(&o).lines().last().unwrap()).unwrap();
    let service = &last["services"][0];
    assert_eq!((service["decisions"].as_u64(), service["holds"].as_object().unwrap().len()), (Some(4), 0));
    assert!(service["acts"].as_u64().unwrap() > 0, "{service}");
}
