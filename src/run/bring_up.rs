//! Brings either testbed up for a run.

use swarmlab_stackfile::StackSpecs;

use super::error::RunError;
use super::prepare::RunOptions;
use swarmlab_experiment::Experiment;
use swarmlab_record::folder::RunFolder;
use swarmlab_testbed::embedded::{EmbeddedBeds, EmbeddedOptions};
use swarmlab_testbed::swarm::SwarmBeds;
use swarmlab_testbed::{Beds, Bounds, Kind};

/// The Engine's specifications of the experiment's stack.
pub fn specs(experiment: &Experiment, stack_name: &str) -> Result<StackSpecs, RunError> {
    swarmlab_stackfile::specs(&experiment.stack, stack_name).map_err(RunError::Stack)
}

/// The way to bring the run's testbed up.
pub fn beds(kind: Kind, options: &RunOptions, folder: &RunFolder) -> Box<dyn Beds> {
    let bounds = Bounds::default();
    match kind {
        Kind::Swarm => Box::new(SwarmBeds { engine: options.engine.clone(), wait: options.wait, bounds }),
        Kind::Embedded => Box::new(EmbeddedBeds::new(EmbeddedOptions {
            binary: options.binary.clone(),
            log_dir: folder.logs(),
            state_dir: folder.logs().join("state"),
            wait: options.wait,
            bounds,
        })),
    }
}
