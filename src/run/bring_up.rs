//! Brings either testbed up for a run.

use std::collections::BTreeMap;
use std::sync::Arc;

use swarmlab_catalogue::Catalogues;
use swarmlab_stackfile::StackSpecs;
use swarmlab_swarm::CancellationToken;

use super::error::RunError;
use super::prepare::RunOptions;
use swarmlab_experiment::Experiment;
use swarmlab_record::folder::RunFolder;
use swarmlab_testbed::bed::Bed;
use swarmlab_testbed::embedded::{EmbeddedBed, EmbeddedOptions};
use swarmlab_testbed::swarm::SwarmBed;
use swarmlab_testbed::{Kind, Note, TestbedError};

/// The Engine's specifications of the experiment's stack.
pub fn specs(experiment: &Experiment, stack_name: &str) -> Result<StackSpecs, RunError> {
    swarmlab_stackfile::specs(&experiment.stack, stack_name).map_err(RunError::Stack)
}

/// What is collected: the catalogues that are compiled in, and those that the experiment names.
pub fn catalogues(experiment: &Experiment) -> Arc<Catalogues> {
    Arc::new(Catalogues::builtin().with(experiment.measure.catalogues.iter().cloned()))
}

/// What would be left if the command were killed while the testbed comes up.
pub fn left_while_starting(kind: Kind, options: &RunOptions) -> Vec<String> {
    match kind {
        Kind::Swarm => vec![format!(
            "the stack {name:?} (remove it with `swarmlab down {name}`)",
            name = options.stack_name
        )],
        Kind::Embedded => Vec::new(),
    }
}

/// Brings the testbed up; on failure nothing of it is left. Also returns what it is made of.
pub async fn up(
    kind: Kind,
    specs: &StackSpecs,
    options: &RunOptions,
    catalogues: Arc<Catalogues>,
    folder: &RunFolder,
    cancel: &CancellationToken,
    note: &mut (dyn FnMut(Note) + Send),
) -> Result<(Bed, BTreeMap<String, String>), TestbedError> {
    match kind {
        Kind::Swarm => {
            let engine = swarmlab_swarm::connect(options.engine.as_deref()).await?;
            let bed = SwarmBed::up(engine, specs, catalogues, options.wait, cancel, note).await?;
            let provenance = bed.provenance().await;
            Ok((Bed::Swarm(Box::new(bed)), provenance))
        }
        Kind::Embedded => {
            let state_dir = folder.logs().join("state");
            std::fs::create_dir_all(&state_dir).map_err(|source| TestbedError::Io {
                what: format!("create {}", state_dir.display()),
                source,
            })?;
            let embedded = EmbeddedOptions {
                binary: options.binary.clone(),
                log_dir: folder.logs(),
                state_dir,
                wait: options.wait,
                catalogues,
            };
            let bed = EmbeddedBed::up(specs, &embedded, cancel, note).await?;
            Ok((Bed::Embedded(bed), host()))
        }
    }
}

/// Kernel and processor of this machine.
fn host() -> BTreeMap<String, String> {
    let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
    let mut out = BTreeMap::new();
    out.insert("kernel".to_owned(), read("/proc/sys/kernel/osrelease").trim().to_owned());
    let cpu = read("/proc/cpuinfo");
    if let Some(model) =
        cpu.lines().find_map(|l| l.strip_prefix("model name")).and_then(|l| l.split_once(':'))
    {
        out.insert("processor".to_owned(), model.1.trim().to_owned());
    }
    if let Ok(n) = std::thread::available_parallelism() {
        out.insert("cores".to_owned(), n.to_string());
    }
    out
}
