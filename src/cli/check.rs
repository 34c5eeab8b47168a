//! `swarmlab check EXPERIMENT.yml`

use std::path::PathBuf;

use clap::Args;

use super::{Global, output, preflight};
use crate::exit::Exit;
use swarmlab_experiment::{self as experiment, Experiment, TestbedChoice};
use swarmlab_lab::machine::{self, Machine};

/// Arguments of `check`.
#[derive(Debug, Args)]
#[command(after_help = "\
Reads the experiment and the stack, shape and scenario files it names, reports everything that is wrong with them at
once, and starts nothing. Says, too, when this machine is too small for what is asked, or wakes too late.

Example:
  swarmlab check experiments/quickstart.yml")]
pub struct CheckArgs {
    /// Experiment file
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

/// Checks.
pub fn main(args: &CheckArgs, global: &Global) -> Exit {
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
