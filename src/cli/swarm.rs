//! What the stack subcommands share: the engine, the stack file, how a failure is printed.

use std::path::Path;

use swarmlab_stackfile::{Stack, StackSpecs};
use swarmlab_swarm::{Engine, SwarmError};
use swarmlab_yaml::Diagnostics;

use super::{Global, output};
use crate::exit::{Exit, testbed_exit};
use crate::variables;
use swarmlab_testbed::TestbedError;

/// Connects, or prints why not.
pub async fn engine(global: &Global) -> Result<Engine, Exit> {
    swarmlab_swarm::connect(global.engine.as_deref()).await.map_err(|e| failed(&e.into(), global))
}

/// Prints a testbed's failure.
pub fn failed(e: &TestbedError, global: &Global) -> Exit {
    output::fail(e, e.help().as_deref(), global.json, testbed_exit(e))
}

/// Prints the stack engine's failure.
pub fn swarm_failed(e: SwarmError, global: &Global) -> Exit {
    failed(&e.into(), global)
}

/// Reads a stack file with the variables that this engine's local images give; prints warnings and errors.
pub async fn stack(
    path: &Path,
    name: &str,
    engine: &Engine,
    global: &Global,
) -> Result<(Stack, StackSpecs), Exit> {
    let variables = variables::for_engine(engine).await;
    let read = || -> Result<(Stack, StackSpecs), Diagnostics> {
        let stack = swarmlab_experiment::read_stack(path, &|v| variables.answer(v))?;
        let specs = swarmlab_stackfile::specs(&stack, name)?;
        Ok((stack, specs))
    };
    let (stack, specs) = read().map_err(|d| output::bad_input(&d, global.json))?;
    for w in &specs.warnings {
        output::warning(w, global.json);
    }
    Ok((stack, specs))
}
