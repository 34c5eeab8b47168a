//! One experiment from nothing to a report: up, warm-up, settle, load, drain, collect, down, analyse.

use std::sync::Arc;

use swarmlab_catalogue::Catalogues;

use swarmlab_experiment::Experiment;
use swarmlab_present::recompute;
use swarmlab_record::folder::RunFolder;
use swarmlab_record::manifest::{Manifest, Origin, State};
use swarmlab_record::summary::Summary;
use swarmlab_record::topology::Topology;
use swarmlab_stackfile::StackSpecs;
use swarmlab_swarm::CancellationToken;
use swarmlab_telemetry::clock::unix_now_s;
use swarmlab_testbed::{Kind, stack};
use swarmlab_trial::rules;

use crate::beds::{self, StackSite};
use crate::bus::{Bus, Sink, Unheard};
use crate::error::RunError;
use crate::inputs;
use crate::machine::{self, Machine};
use crate::message::{Message, News};
use crate::plan::{self, RunOptions};
use crate::session::{self, Cast};
use crate::simulated;
use crate::sinks::FolderSink;
use crate::threads::Threads;

/// How a run ended.
#[derive(Debug)]
pub struct Finished {
    /// Where everything is.
    pub folder: RunFolder,
    /// Figures and verdicts; none when nothing was measured.
    pub summary: Option<Summary>,
    /// Why it did not come to its end, if it did not.
    pub failure: Option<RunError>,
    /// Who was told but did not listen to everything.
    pub unheard: Vec<Unheard>,
}

/// Runs an experiment. Whatever happens, the testbed is taken down (unless it is to be kept), and what was measured
/// is written and analysed. `left` is told what would be left behind if the command were killed now; `watcher` sees
/// everything that happens, on a thread of its own.
///
/// # Errors
/// Only when not even a folder could be made; everything later is in [`Finished::failure`].
pub async fn run(
    experiment: &Experiment,
    (kind, reason): (Kind, &str),
    options: &RunOptions,
    cancel: &CancellationToken,
    left: &(dyn Fn(Vec<String>) + Sync),
    watcher: Box<dyn Sink>,
) -> Result<Finished, RunError> {
    let started = unix_now_s();
    let folder = RunFolder::create(&options.results, &experiment.name, started)
        .map_err(RunError::io(format!("create a folder in {}", options.results.display())))?;
    let mut bus = Bus::new();
    bus.attach_beside("progress", watcher).map_err(RunError::io("start a thread"))?;
    // Only the folder is awaited, and it is not there yet: nothing can fail.
    let _ = bus.tell(Message {
        t_unix_s: started,
        news: News::Started {
            name: experiment.name.clone(),
            folder: folder.root().to_owned(),
            testbed: kind,
            reason: reason.to_owned(),
            measured: experiment.measure.services.clone(),
        },
    });
    let measured = match swarmlab_stackfile::specs(&experiment.stack, &options.stack_name) {
        Ok(specs) => {
            let mut manifest = manifest(experiment, kind, reason, &specs, started);
            if options.no_scaling {
                // As the command line has it, for who runs it again, and compares.
                manifest.plan.overrides.push("--no-scaling".to_owned());
            }
            let answer =
                |name: &str| experiment.variables.get(name).or(experiment.environment.get(name)).cloned();
            match inputs::keep(&experiment.path, &experiment.with, &folder.inputs(), &answer) {
                Ok(kept) => manifest.inputs = Some(kept),
                Err(e) => {
                    let why =
                        format!("the experiment's files could not be kept, so it cannot be run again: {e}");
                    // Only the folder is awaited, and it is not there yet: nothing can fail.
                    let _ = bus.tell(Message { t_unix_s: unix_now_s(), news: News::Warning(why) });
                }
            }
            measure(experiment, kind, specs, manifest, options, &folder, cancel, left, &mut bus).await
        }
        Err(diagnostics) => Err(RunError::Stack(diagnostics)),
    };
    let (state, failure) = match measured {
        Ok(()) => (State::Complete, None),
        Err(e) => (State::Partial { reason: e.to_string() }, Some(e)),
    };
    let analysed = recompute::seal(&folder, state).and_then(|()| recompute::analyse(&folder));
    let unheard = bus.finish();
    let (summary, failure) = match analysed {
        Ok(summary) => (Some(summary), failure),
        // Without a load window there is nothing to show; the first failure says why.
        Err(e) => (None, Some(failure.unwrap_or(e.into()))),
    };
    Ok(Finished { folder, summary, failure, unheard })
}

/// Says before anything starts whether this machine is large enough. It is no remark on the data: what came of it the
/// generator's own figures say.
async fn remark(
    experiment: &Experiment,
    specs: &StackSpecs,
    shared: bool,
    bus: &mut Bus<'_>,
) -> Result<Vec<String>, RunError> {
    let keep_awake = experiment.load.keep_awake;
    let looking = tokio::task::spawn_blocking(move || Machine::look(keep_awake)).await;
    let machine = looking.map_err(|e| RunError::io("look at this machine")(e.into()))?;
    let mut said = Vec::new();
    for remark in machine::remarks(experiment, specs, &machine, shared) {
        // Only the folder is awaited, and it is not there yet: nothing can fail.
        let _ = bus.tell(Message { t_unix_s: unix_now_s(), news: News::Warning(remark.clone()) });
        said.push(remark);
    }
    Ok(said)
}

/// The error of a simulated run that names no model.
fn no_model() -> RunError {
    RunError::Simulation("`simulation: FILE` is missing".to_owned())
}

/// Does something on a thread of its own, and waits for it.
fn apart<T: Send>(work: impl FnOnce() -> Result<T, RunError> + Send) -> Result<T, RunError> {
    let done = std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().name("simulation".to_owned()).spawn_scoped(scope, work);
        thread.map(|t| t.join())
    });
    match done.map_err(RunError::io("start a thread"))? {
        Ok(done) => done,
        Err(panic) => std::panic::resume_unwind(panic),
    }
}

/// Only a Swarm runs the images that the stack names; the embedded testbed runs this program instead.
fn ran(kind: Kind, mut topology: Topology) -> Topology {
    if kind == Kind::Embedded {
        topology.services.iter_mut().for_each(|service| service.image.clear());
    }
    topology
}

fn manifest(
    experiment: &Experiment,
    kind: Kind,
    reason: &str,
    specs: &StackSpecs,
    started_unix_s: f64,
) -> Manifest {
    let mut topology = ran(kind, stack::topology(specs));
    let mut plan = plan::resolved(experiment, specs);
    if let Some(simulated) = experiment.simulation.as_ref().filter(|_| kind == Kind::Simulated) {
        topology = simulated::stands(&simulated.file.model, topology);
        plan.declared_demand_s = simulated::declared_demands(&simulated.file.model);
    }
    Manifest {
        testbed: Some(kind),
        testbed_reason: reason.to_owned(),
        topology,
        provenance: machine::describe(&experiment.path),
        ..Manifest::begun(Origin::Run, &experiment.name, started_unix_s, plan)
    }
}

#[allow(clippy::too_many_arguments)]
async fn measure(
    experiment: &Experiment,
    kind: Kind,
    specs: StackSpecs,
    manifest: Manifest,
    options: &RunOptions,
    folder: &RunFolder,
    cancel: &CancellationToken,
    left: &(dyn Fn(Vec<String>) + Sync),
    bus: &mut Bus<'_>,
) -> Result<(), RunError> {
    let remarks = match kind {
        Kind::Simulated => Vec::new(),
        Kind::Swarm | Kind::Embedded => remark(experiment, &specs, options.shares_machine, bus).await?,
    };
    let topology = manifest.topology.clone();
    let controllers = plan::controllers(experiment, &manifest, options.no_scaling);
    bus.attach(FolderSink::create(folder, manifest).map_err(RunError::io("create the run's files"))?);
    for remark in remarks {
        let message = Message { t_unix_s: unix_now_s(), news: News::Log(remark) };
        bus.tell(message).map_err(RunError::io("write the run's events"))?;
    }
    let mut plan = plan::session(experiment, kind, &specs, options);
    let catalogues = Arc::new(
        Catalogues::builtin()
            .with(experiment.measure.catalogues.iter().cloned())
            .asking(experiment.measure.queries.clone()),
    );
    let elsewhere = experiment.observe.as_ref().and_then(|observe| observe.prometheus.clone());
    let bounds = plan::bounds(experiment);
    let Some(beds) = beds::beds(kind, options, folder, catalogues, bounds.clone(), elsewhere) else {
        let simulated = experiment.simulation.as_ref().ok_or_else(no_model)?;
        plan.sources = simulated::sources(&simulated.file.model, &topology);
        return apart(|| {
            simulated::execute(experiment, simulated, &topology, bounds, plan, bus, cancel, controllers)
        });
    };
    let left_while_starting = beds.left_while_starting(&specs);
    let target = (experiment.target.service.clone(), experiment.target.port);
    let site = StackSite { beds, specs, target, bed: None };
    let cast = Cast {
        site: Box::new(site),
        generator: &mut Threads(experiment),
        bus,
        cancel,
        left,
        left_while_starting,
        clock: &unix_now_s,
        rules: rules::all,
        thresholds: experiment.checks.clone(),
        controllers,
    };
    session::execute(plan, cast).await
}
