//! What is seen before anything starts: configuration that the sample application would refuse.

use std::path::Path;

use swarmlab_codes as codes;
use swarmlab_experiment::{Experiment, embedded_misfits, simulated_misfits};
use swarmlab_record::topology::Bed;
use swarmlab_stackfile::{ServicePlan, StackSpecs};
use swarmlab_testbed::stack;

use super::{Global, demo, output};
use crate::exit::Exit;

/// The image of the sample application, without its tag.
const IMAGE: &str = "swarmlab/demo";

/// The exit code of an experiment whose services cannot start, if they cannot; all reasons are printed.
/// `bed`: where it runs, if that is known.
pub fn refused(experiment: &Experiment, bed: Option<Bed>, global: &Global) -> Option<Exit> {
    if let Some(exit) = bed.and_then(|bed| misfits(experiment, bed, global)) {
        return Some(exit);
    }
    // What the services are started with is nothing to a simulation.
    if bed == Some(Bed::Simulated) {
        return None;
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

fn misfits(experiment: &Experiment, bed: Bed, global: &Global) -> Option<Exit> {
    let (all, help, code) = match bed {
        Bed::Swarm => return None,
        Bed::Embedded => {
            (embedded_misfits(experiment), "use `testbed: swarm`, or leave it out", codes::NOT_EMBEDDED)
        }
        Bed::Simulated => (
            simulated_misfits(experiment),
            "docs/simulation.md says what is played; other testbeds play everything",
            codes::NOT_SIMULATED,
        ),
    };
    let why = format!("{}: {}", experiment.path.display(), all.join("; "));
    (!all.is_empty()).then(|| output::fail(&why, Some(help), global.json, code))
}

fn reason(service: &ServicePlan) -> Option<String> {
    let image = stack::container(service)?.image.as_deref()?;
    if image.split([':', '@']).next() != Some(IMAGE) {
        return None;
    }
    let refused = demo::refused(&stack::command_line(service), &stack::environment(service))?;
    Some(format!("service {}: {refused}", service.short))
}
