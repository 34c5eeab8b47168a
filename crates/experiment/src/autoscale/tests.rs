//! `autoscale`: what is read, and what is said about what is wrong.
#![allow(clippy::unwrap_used, clippy::panic)]

use swarmlab_control::controllers::hpa::metric::{MetricSpec, Target};
use swarmlab_yaml::{Cx, load};

use super::*;

const STACK: &str = "services:
  gateway: { image: i }
  web: { image: i }
  agent: { image: i, deploy: { mode: global } }
  base: { image: i, volumes: ['data:/data'] }
volumes: { data: {} }
";

/// Reads a text as the value of `autoscale`, in a folder with a schedule and a program.
fn text(text: &str) -> Result<Vec<Autoscale>, String> {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("plan.csv"), "t,replicas\n0,1\n60,4\n").unwrap();
    std::fs::write(dir.path().join("bad.csv"), "t,replicas\n0,1\n60,many\n").unwrap();
    std::fs::write(dir.path().join("mine.py"), "").unwrap();
    std::fs::write(dir.path().join("stack.yml"), STACK).unwrap();
    let stack = swarmlab_stackfile::load_file(&dir.path().join("stack.yml"), &|_| None).unwrap();
    let document = load(text, "x.yml").unwrap();
    let cx = Cx::new(&document);
    let found = read(&cx.root(), Some(&stack), None, dir.path(), None);
    let shown = format!("{}/", dir.path().display());
    cx.finish(found).map(|(all, _)| all).map_err(|findings| findings.to_string().replace(&shown, ""))
}

/// One service `web` with this controller.
fn one(controller: &str) -> Result<Strategy, String> {
    let all = text(&format!("web: {{ min: 1, max: 8, every: 15s, controller: {{ {controller} }} }}\n"))?;
    match &all[0].controller {
        Decider::House(strategy) => Ok(strategy.clone()),
        Decider::Command(command) => panic!("{command:?}"),
    }
}

/// The least that each controller needs.
const LEAST: [&str; 10] = [
    "kind: fixed, replicas: 3",
    "kind: schedule, file: plan.csv",
    "kind: threshold, rules: [{ metric: cpu_utilization, above: 80%, for: 30s, change: +1 }]",
    "kind: step, metric: cpu_utilization, threshold: 60%, steps: [{ from: 0%, to: 20%, change: +1 }, { from: 20%, change: +50% }, { to: -20%, change: -1 }]",
    "kind: target-tracking, metric: cpu_utilization, target: 60%",
    "kind: hpa, metrics: [{ resource: cpu, utilization: 60% }]",
    "kind: pid, metric: p95, setpoint: 200ms, kp: 4",
    "kind: mmc, objective: { quantile: 95%, within: 250ms }",
    "kind: optctrl, target: 70%",
    "kind: predictive, metric: cpu_utilization, delay: 20s, season: 10m, around: { kind: target-tracking, metric: cpu_utilization, target: 60% }",
];

#[test]
fn each_controller_is_read_with_the_least_it_needs() {
    let mut names = Vec::new();
    for text in LEAST {
        names.push(one(text).unwrap_or_else(|e| panic!("{text}: {e}")).name());
    }
    assert_eq!(names, Strategy::NAMES, "in the order of the list");
    assert_eq!(WORDS.map(|(w, _)| w)[..names.len()], names[..], "the words are the controllers' names");
}

#[test]
fn bounds_and_times_have_their_defaults() {
    let all = text("web: { max: 4, controller: { kind: fixed, replicas: 2 } }\n").unwrap();
    assert_eq!((all[0].service.as_str(), all[0].every), ("web", Duration::from_secs(15)));
    assert_eq!(all[0].bounds, Bounds { min: 1, max: 4, ..Bounds::default() });
    let all = text("web: { max: 4, every: 1m, cpu: { max: 2 }, controller: { kind: fixed, replicas: 2 } }\n")
        .unwrap();
    assert_eq!((all[0].bounds.stale_after_s, all[0].bounds.max_cpu_cores), (120.0, 2.0));
}

#[test]
fn the_kubernetes_autoscaler_is_read_whole() {
    let read = one(
        "kind: hpa, tolerance: { up: 5% }, cpu_initialization: 1m, behavior: { up: { select: min, stabilization: 30s, \
         policies: [{ pods: 2, period: 30s }, { percent: 50, period: 1m }] }, down: { select: disabled } }, metrics: \
         [{ resource: cpu, container: app, utilization: 120% }, { resource: memory, average: 1000000 }, \
         { pods: in_flight, average: 5 }, { object: gateway.request_rate, value: 100 }, { external: users, average: 20 }]",
    )
    .unwrap();
    let Strategy::Hpa(hpa) = read else { panic!("{read:?}") };
    assert_eq!((hpa.tolerances.up, hpa.tolerances.down, hpa.timing.cpu_initialization_s), (0.05, 0.1, 60.0));
    assert_eq!(hpa.metrics[0].target(), Target::Utilization(120));
    assert_eq!(
        hpa.metrics[3],
        MetricSpec::Object { metric: "gateway.request_rate".into(), target: Target::Value(100.0) }
    );
    let behavior = hpa.behavior.unwrap();
    assert_eq!((behavior.up.policies.len(), behavior.up.stabilization_s), (2, Some(30.0)));
    assert_eq!(
        behavior.down.policies,
        swarmlab_control::controllers::hpa::behavior::Rules::default_down().policies
    );
}

#[test]
fn a_command_is_found_before_the_run() {
    let all = text("web: { max: 4, controller: { kind: command, command: [./mine.py, '0.6'] } }\n").unwrap();
    let Decider::Command(command) = &all[0].controller else { panic!() };
    assert!(command.program.is_absolute() && command.program.ends_with("mine.py"));
    assert_eq!(
        (command.arguments.clone(), command.answer_within),
        (vec!["0.6".to_owned()], Duration::from_secs(1))
    );
}

/// The first lines of all findings: codes, messages and places.
#[track_caller]
fn said(result: Result<impl std::fmt::Debug, String>, parts: &[&str]) {
    let said = result.unwrap_err();
    for part in parts {
        assert!(said.contains(part), "{part:?} is not in:\n{said}");
    }
}

#[test]
fn all_that_is_wrong_is_said_at_once_with_its_place() {
    let wrong = "agent: { max: 3, controller: { kind: fixed, replicas: 3 } }
base: { max: 3, controller: { kind: fixed, replicas: 3 } }
wbe: { max: 3, controller: { kind: fixed, replicas: 3 } }
web:
  min: 9
  max: 3
  every: 10
  controller: { kind: target_tracking, metric: cpu, target: 60% }
gateway:
  max: 3
  controller: { kind: target-tracking, metric: cpu_utilisation, target: 60%, cooldwn: 3s }
";
    said(
        text(wrong),
        &[
            "x.yml:1:1",
            "`agent` cannot be scaled: it runs once on every node",
            "`base` cannot be scaled: it writes into the volume `data`",
            "the stack has no service `wbe`",
            "did you mean `web`?",
            "at least 9 and at most 3 replicas cannot be",
            "x.yml:5:8",
            "write the unit: 10s for seconds",
            "cannot be `target_tracking`",
            "did you mean `target-tracking`?",
            "no controller sees a metric `cpu_utilisation`",
            "did you mean `cpu_utilization`?",
            "cooldwn",
        ],
    );
}

#[test]
fn what_cannot_be_is_refused() {
    for (controller, part) in [
        ("kind: fixed, replicas: 20", "1 to 8 replicas"),
        ("kind: schedule, file: bad.csv", "bad.csv:3"),
        ("kind: schedule, file: none.csv", "none.csv"),
        ("kind: threshold, rules: [{ metric: cpu_utilization, change: +1 }]", "above"),
        (
            "kind: threshold, rules: [{ metric: p95, above: 1s, below: 2s, change: +1 }]",
            "both `above` and `below`",
        ),
        ("kind: threshold, rules: [{ metric: p95, above: 1, change: +1 }]", "a duration such as 200ms"),
        ("kind: threshold, rules: [{ metric: p95, above: 1s }]", "change"),
        ("kind: threshold, rules: [{ metric: p95, above: 1s, change: many }]", "is no change of a count"),
        (
            "kind: threshold, rules: [{ metric: p95, above: 1s, change: -2147483648 }]",
            "is no change of a count",
        ),
        ("kind: threshold, rules: [{ metric: p95, above: 1s, change: +1, set: 3 }]", "cannot both be"),
        ("kind: threshold, rules: []", "at least one rule"),
        ("kind: step, metric: cpu, threshold: 2, steps: []", "at least one step"),
        (
            "kind: step, metric: cpu, threshold: 2, steps: [{ from: 3, to: 1, change: +1 }]",
            "ends before it begins",
        ),
        ("kind: target-tracking, metric: cpu_utilization, target: 0%", "more than nothing"),
        ("kind: target-tracking, metric: nowhere.cpu, target: 2", "is of no service of the stack"),
        ("kind: hpa, metrics: []", "is empty"),
        ("kind: hpa, metrics: [{ utilization: 60% }]", "of which one kind"),
        ("kind: hpa, metrics: [{ resource: cpu, value: 60 }]", "needs one target"),
        ("kind: hpa, metrics: [{ resource: cpu, utilization: 60.5% }]", "whole percentage"),
        ("kind: hpa, metrics: [{ resource: disk, average: 60 }]", "cannot be `disk`"),
        (
            "kind: hpa, metrics: [{ resource: cpu, utilization: 60% }], behavior: { up: { policies: [{ period: 15s }] } }",
            "is no policy",
        ),
        (
            "kind: hpa, metrics: [{ resource: cpu, utilization: 60% }], behavior: { up: { policies: [] } }",
            "at least one policy",
        ),
        ("kind: mmc, objective: {}", "needs one objective"),
        ("kind: mmc, objective: { quantile: 100%, within: 1s }", "can never be met"),
        ("kind: mmc, objective: { quantile: 95% }", "within"),
        (
            "kind: predictive, metric: cpu, delay: 20s, season: 20s, around: { kind: fixed, replicas: 1 }",
            "a multiple of `every`",
        ),
        (
            "kind: predictive, metric: cpu, delay: 20d, model: ar, around: { kind: fixed, replicas: 1 }",
            "longer than a day",
        ),
        (
            "kind: predictive, metric: cpu, delay: 20s, around: { kind: command, command: [./mine.py] }",
            "cannot be a command",
        ),
        ("kind: command, command: [./nowhere.py]", "there is no program `./nowhere.py`"),
        ("kind: command, command: [./mine.py], answer_within: 20s", "longer than the time between decisions"),
    ] {
        let text = format!("web: {{ max: 8, controller: {{ {controller} }} }}\n");
        said(
            super::tests::text(&text),
            &[part, "x.yml:1"].map(|p| if part.contains(".csv:") { part } else { p }),
        );
    }
}

/// A controllers file beside the stack, for a run with these services.
fn whole_file(text: &str, services: Option<&[String]>) -> Result<Vec<Autoscale>, String> {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("stack.yml"), STACK).unwrap();
    let path = dir.path().join("controllers.yml");
    std::fs::write(&path, text).unwrap();
    let shown = format!("{}/", dir.path().display());
    read_file(&path, &|_| None, services)
        .map(|read| read.services)
        .map_err(|findings| findings.to_string().replace(&shown, ""))
}

#[test]
fn a_controllers_file_is_compared_with_the_run_or_its_stack() {
    let of = |service: &str| {
        format!("autoscale: {{ {service}: {{ max: 4, controller: {{ kind: fixed, replicas: 2 }} }} }}\n")
    };
    // Nothing says which services there are.
    assert_eq!(whole_file(&of("anything"), None).unwrap()[0].service, "anything");
    let run = ["web".to_owned(), "db".to_owned()];
    assert_eq!(whole_file(&of("db"), Some(&run)).unwrap().len(), 1);
    said(
        whole_file(&of("wbe"), Some(&run)),
        &["controllers.yml:1:14", "no service `wbe`", "did you mean `web`?"],
    );
    let with_stack = |service: &str| format!("stack: stack.yml\n{}", of(service));
    said(whole_file(&with_stack("db"), None), &["controllers.yml:2:14", "no service `db`"]);
    said(whole_file(&with_stack("agent"), None), &["`agent` cannot be scaled"]);
}

#[test]
fn what_is_no_controllers_file_is_refused() {
    for (text, parts) in [
        ("autoscale: {}\n", ["controllers.yml:1:12", "is empty"]),
        ("{}\n", ["controllers.yml", "autoscale"]),
        ("autoscal: {}\n", ["controllers.yml:1:1", "unknown key `autoscal`"]),
        ("stack: none.yml\nautoscale: {}\n", ["controllers.yml:1:8", "none.yml cannot be read"]),
    ] {
        said(whole_file(text, None), &parts);
    }
    let missing = read_file(Path::new("nowhere/controllers.yml"), &|_| None, None).unwrap_err();
    assert!(missing.to_string().contains("cannot be read"));
}
