//! What the stack subcommands share: the engine, the stack file, how a failure is printed.

use std::path::Path;

use swarmlab_experiment::FileKind;
use swarmlab_stackfile::StackSpecs;
use swarmlab_swarm::{Engine, SwarmError};

use super::{Global, output, preflight};
use crate::exit::Exit;
use crate::variables;
use swarmlab_testbed::TestbedError;
use swarmlab_weave::{Front, Wishes};
use swarmlab_yaml::Diagnostics;

/// Connects, or prints why not.
pub async fn engine(global: &Global) -> Result<Engine, Exit> {
    swarmlab_swarm::connect(global.engine.as_deref()).await.map_err(|e| failed(&e.into(), global))
}

/// Prints a testbed's failure.
pub fn failed(e: &TestbedError, global: &Global) -> Exit {
    output::fail(e, e.help().as_deref(), global.json, e.code())
}

/// Prints the stack engine's failure.
pub fn swarm_failed(e: SwarmError, global: &Global) -> Exit {
    failed(&e.into(), global)
}

/// Sees that a stack file can be read and is one, or prints why not: before an engine is asked for.
pub fn readable(path: &Path, global: &Global) -> Result<(), Exit> {
    swarmlab_stackfile::text_of(path)
        .and_then(|text| FileKind::Stack.expect(path, &text))
        .map_err(|d| output::bad_input(&d, global.json))
}

/// Reads a stack file with the variables that this engine's local images give, and weaves in what is wished for; prints
/// warnings and errors.
pub async fn stack(
    path: &Path,
    name: &str,
    wishes: Option<&Wishes>,
    engine: &Engine,
    global: &Global,
) -> Result<(StackSpecs, Vec<Front>), Exit> {
    let variables = variables::for_engine(engine).await;
    let answer = |v: &str| variables.answer(v);
    let read = || {
        let stack = swarmlab_experiment::read_stack(path, &answer)?;
        let Some(wishes) = wishes else {
            return Ok((swarmlab_stackfile::specs(&stack, name)?, Vec::new(), Vec::new()));
        };
        let woven = swarmlab_weave::weave(&stack, wishes, &answer)?;
        Ok((swarmlab_stackfile::specs(&woven.stack, name)?, woven.fronts, woven.remarks))
    };
    let (specs, fronts, remarks) = read().map_err(|d: Diagnostics| output::bad_input(&d, global.json))?;
    for w in specs.warnings.iter().chain(&remarks) {
        output::warning(w, global.json);
    }
    match preflight::refused_stack(&specs, path, global) {
        Some(exit) => Err(exit),
        None => Ok((specs, fronts)),
    }
}
