//! `swarmlab check EXPERIMENT.yml`

use std::path::PathBuf;

use clap::Args;

use super::{Global, output};
use crate::exit::Exit;
use swarmlab_experiment as experiment;

/// Arguments of `check`.
#[derive(Debug, Args)]
#[command(after_help = "\
Reads the experiment and the stack, shape and scenario files it names, reports everything that is wrong with them at
once, and starts nothing.

Example:
  swarmlab check experiments/quickstart.yml")]
pub struct CheckArgs {
    /// Experiment file
    experiment: PathBuf,
}

/// Checks.
pub fn main(args: &CheckArgs, global: &Global) -> Exit {
    match experiment::read(&args.experiment, &|v| std::env::var(v).ok()) {
        Ok(loaded) => {
            for w in loaded.warnings.iter() {
                output::warning(w, global.json);
            }
            let e = &loaded.experiment;
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
