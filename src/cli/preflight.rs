//! What is seen before anything starts: configuration that the sample application would refuse.

use std::path::Path;

use swarmlab_codes as codes;
use swarmlab_experiment::{Experiment, embedded_misfits};
use swarmlab_stackfile::{ServicePlan, StackSpecs};
use swarmlab_testbed::stack;

use super::{Global, demo, output};
use crate::exit::Exit;

/// The image of the sample application, without its tag.
const IMAGE: &str = "swarmlab/demo";

/// The exit code of an experiment whose services cannot start, if they cannot; all reasons are printed.
/// `is_embedded`: it is known to run as child processes.
pub fn refused(experiment: &Experiment, is_embedded: bool, global: &Global) -> Option<Exit> {
    if let Some(exit) = is_embedded.then(|| misfits(experiment, global)).flatten() {
        return Some(exit);
    }
    // What is wrong with the stack itself is told where it is deployed.
    let specs = swarmlab_stackfile::specs(&experiment.stack, &experiment.name).ok()?;
    let help = "see `variables` of the experiment, and `command` and `environment` of the service";
    services(&specs, &experiment.stack_path, help, global)
}

/// The same of a stack alone, whose variables the environment answers.
pub fn refused_stack(specs: &StackSpecs, file: &Path, global: &Global) -> Option<Exit> {
    let help = "see the variables of the stack file, and `command` and `environment` of the service";
    services(specs, file, help, global)
}

fn services(specs: &StackSpecs, file: &Path, help: &str, global: &Global) -> Option<Exit> {
    let reasons: Vec<String> = specs.services.iter().filter_map(reason).collect();
    let why = format!("{}: {}", file.display(), reasons.join("; "));
    (!reasons.is_empty()).then(|| output::fail(&why, Some(help), global.json, codes::DEMO_OPTION))
}

fn misfits(experiment: &Experiment, global: &Global) -> Option<Exit> {
    let all = embedded_misfits(experiment);
    let why = format!("{}: {}", experiment.path.display(), all.join("; "));
    let help = "use `testbed: swarm`, or leave it out";
    (!all.is_empty()).then(|| output::fail(&why, Some(help), global.json, codes::NOT_EMBEDDED))
}

fn reason(service: &ServicePlan) -> Option<String> {
    let image = stack::container(service)?.image.as_deref()?;
    if image.split([':', '@']).next() != Some(IMAGE) {
        return None;
    }
    let refused = demo::refused(&stack::command_line(service), &stack::environment(service))?;
    Some(format!("service {}: {refused}", service.short))
}
