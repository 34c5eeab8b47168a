//! `swarmlab check EXPERIMENT.yml`, also for a scenario alone

use std::path::{Path, PathBuf};

use clap::Args;

use super::{Global, output, preflight};
use crate::exit::Exit;
use swarmlab_experiment::{self as experiment, Experiment, TestbedChoice};
use swarmlab_lab::machine::{self, Machine};

/// Arguments of `check`.
#[derive(Debug, Args)]
#[command(after_help = "\
Reads the experiment and the stack, shape and scenario files it names, reports everything that is wrong with them at \
once, and starts nothing. Says, too, when this machine is too small for what is asked, or wakes too late. A file with \
`steps`, `tasks` or `classes` is checked as a scenario.

Examples:
  swarmlab check experiments/quickstart.yml
  swarmlab check loadshapes/scenarios/basic.yml")]
pub struct CheckArgs {
    /// Experiment file, or scenario file
    experiment: PathBuf,
}

/// Says whether this machine is large enough.
fn machine(experiment: &Experiment, global: &Global) {
    // A stack with mistakes in it was refused before.
    let Ok(specs) = swarmlab_stackfile::specs(&experiment.stack, &experiment.name) else { return };
    let engine = global.engine.clone().or_else(|| std::env::var("DOCKER_HOST").ok());
    let elsewhere = experiment.testbed != TestbedChoice::Embedded
        && engine.is_some_and(|address| !address.starts_with("unix://"));
    let seen = Machine::look(experiment.load.keep_awake);
    for remark in machine::remarks(experiment, &specs, &seen, !elsewhere) {
        output::remark(&remark, global.json);
    }
}

/// Checks a scenario alone.
fn scenario(path: &Path, global: &Global) -> Exit {
    match experiment::read_scenario(path) {
        Ok(scenario) => {
            let tasks: usize = scenario.classes.iter().map(|class| class.tasks.len()).sum();
            let (classes, steps) = (scenario.classes.len(), scenario.steps().count());
            let counts = [(classes, "class", "classes"), (tasks, "task", "tasks"), (steps, "step", "steps")];
            let counts = counts.map(|(n, one, more)| format!("{n} {}", if n == 1 { one } else { more }));
            output::say(
                global.json,
                &serde_json::json!({"event": "checked", "name": scenario.name, "classes": classes, "tasks": tasks, "steps": steps}),
                &format!("{}: fine; a scenario of {}", scenario.name, counts.join(", ")),
            );
            Exit::Success
        }
        Err(d) => output::bad_input(&d, global.json),
    }
}

/// Whether a file is a scenario; one that cannot be read is not.
fn is_scenario(path: &Path) -> bool {
    let Ok(text) = std::fs::read_to_string(path) else { return false };
    let Ok(document) = swarmlab_yaml::load(&text, "") else { return false };
    let has = |key: &str| document.root.get(key).is_some();
    ["steps", "tasks", "classes"].into_iter().any(has) && !["stack", "load"].into_iter().any(has)
}

/// Checks.
pub fn main(args: &CheckArgs, global: &Global) -> Exit {
    if is_scenario(&args.experiment) {
        return scenario(&args.experiment, global);
    }
    match experiment::read(&args.experiment, &|v| std::env::var(v).ok()) {
        Ok(loaded) => {
            for w in loaded.warnings.iter() {
                output::warning(w, global.json);
            }
            let e = &loaded.experiment;
            if let Some(exit) = preflight::refused(e, global) {
                return exit;
            }
            machine(e, global);
            let duration_s = e.load.shape.duration_s();
            let services = e.stack.services.len();
            output::say(
                global.json,
                &serde_json::json!({"event": "checked", "name": e.name, "services": services, "load_s": duration_s}),
                &format!(
                    "{}: fine; {services} services, {duration_s:.0} s of load on {}",
                    e.name, e.target.service
                ),
            );
            Exit::Success
        }
        Err(d) => output::bad_input(&d, global.json),
    }
}
