#![allow(clippy::unwrap_used)]
use swarmlab_experiment::Loaded;

use super::*;

const STACK: &str = "
services:
  door:
    image: envoy
    ports: ['8080:8080']
    deploy: { labels: { swarmlab.role: proxy, swarmlab.fronts: web } }
  web: { image: web, x-swarmlab: { demand: 20ms } }
  store: { image: store, x-swarmlab: { demand: 10ms } }
";

/// A load: its model, the level of its shape, its scenario.
type Wanted = (&'static str, f64, &'static str);

fn experiment((model, level, scenario): Wanted) -> (Experiment, StackSpecs) {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    write("stack.yml", STACK);
    write("shape.yml", &format!("shape: constant\nlevel: {level}\nduration: 30s\n"));
    write("scenario.yml", &format!("name: requests\n{scenario}"));
    let text = format!(
        "name: sized\ntestbed: embedded\nstack: stack.yml\ntarget: {{ service: door, port: 8080 }}\n\
         load: {{ model: {model}, shape: shape.yml, scenario: scenario.yml }}\nmeasure: {{ services: [web] }}\n"
    );
    write("experiment.yml", &text);
    let read = swarmlab_experiment::read(&folder.path().join("experiment.yml"), &|_| None);
    let Loaded { experiment, .. } = read.unwrap_or_else(|wrong| panic!("{wrong}"));
    let specs = swarmlab_stackfile::specs(&experiment.stack, "sized").unwrap();
    (experiment, specs)
}

fn open(rate: f64) -> Wanted {
    ("open", rate, "steps: [{ name: a, request: GET / }]")
}

fn closed(users: f64, scenario: &'static str) -> Wanted {
    ("closed", users, scenario)
}

const THINK_200_MS: &str =
    "wait: { constant: 200ms }\nsteps: [{ name: a, request: GET / }, { name: b, request: GET / }]";
const THINK_2_S: &str =
    "wait: { constant: 2s }\nsteps: [{ name: a, request: GET / }, { name: b, request: GET / }]";
const NO_THINK: &str = "wait: { constant: 0s }\nsteps: [{ name: a, request: GET / }]";

fn machine(cores: usize) -> Machine {
    Machine { cores, wake_p99_s: 0.2e-3, sleeps_because: None }
}

fn said(load: Wanted, cores: usize, shared: bool) -> String {
    let (experiment, specs) = experiment(load);
    remarks(&experiment, &specs, &machine(cores), shared).join("\n")
}

#[test]
fn an_open_load_keeps_rate_times_demand_busy() {
    // 110/s at 20 ms behind the door alone: 2.2 cores.
    assert!(said(open(110.0), 2, true).contains("keeps 2.2 cores busy behind door alone"));
    // 60/s at 30 ms altogether: 1.8 of 2 cores, of which a quarter is to be left.
    assert!(said(open(60.0), 2, true).contains("may keep 1.8 of this machine's 2 cores"));
    assert_eq!(said(open(49.0), 2, true), "");
    assert_eq!(said(open(60.0), 4, true), "");
}

#[test]
fn users_keep_at_most_their_share_of_time_busy() {
    // An iteration of two requests costs 60 ms at most: 10 users who think for 200 ms keep 10 * 60 / 260 = 2.3 cores.
    let busy = said(closed(10.0, THINK_200_MS), 3, true);
    assert!(busy.contains("may keep 2.3 of this machine's 3 cores"), "{busy}");
    assert_eq!(said(closed(10.0, THINK_2_S), 2, true), "");
    // Who does not think keeps a core each.
    assert!(said(closed(3.0, NO_THINK), 2, true).contains("keeps 3.0 cores busy"));
}

#[test]
fn services_elsewhere_do_not_compete() {
    assert_eq!(said(open(1000.0), 2, false), "");
}

#[test]
fn late_wake_ups_are_told_with_what_helps() {
    let late = Machine { wake_p99_s: 2.4e-3, ..machine(2) };
    let asleep = wake_ups(&late, false).join("\n");
    assert!(
        asleep.contains("2.4 ms late") && asleep.contains("below 24 ms") && asleep.contains("--keep-awake")
    );
    assert!(!wake_ups(&late, true).join("\n").contains("--keep-awake"));
    let refused = Machine { sleeps_because: Some("permission denied".to_owned()), ..machine(2) };
    assert_eq!(
        wake_ups(&refused, true),
        ["the CPUs cannot be kept awake (/dev/cpu_dma_latency: permission denied); root may"]
    );
}

#[test]
fn what_is_warned_of_before_is_what_is_not_judged_afterwards() {
    assert_eq!(swarmlab_experiment::LEAST_BINS, swarmlab_analysis::correlations::LEAST_BINS);
}

#[test]
fn this_machine_can_be_looked_at() {
    let seen = Machine::look(false);
    assert!(seen.cores >= 1 && seen.wake_p99_s > 0.0 && seen.sleeps_because.is_none(), "{seen:?}");
}
