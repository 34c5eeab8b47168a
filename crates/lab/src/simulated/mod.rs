//! A run in virtual time: the same session, with a simulation in the place of services, proxies and clients.
//!
//! Time is tokio's, paused: it jumps to the next moment at which somebody waits, so the core, the executor, controllers
//! and the run folder are those of every run. A [`world`] owns the simulation; its [`site`] and its [`generator`] are what a
//! session sees of it. Everything begins at [`EPOCH_UNIX_S`], so that the same experiment, model and seed give the same
//! events.

mod generator;
mod plant;
mod sending;
mod shared;
mod site;
mod world;

use std::collections::BTreeMap;
use std::sync::Arc;

use swarmlab_experiment::{Experiment, Simulated, simulated_play};
use swarmlab_record::metric::Meaning;
use swarmlab_record::topology::Topology;
use swarmlab_simulate::Model;
use swarmlab_swarm::CancellationToken;
use swarmlab_testbed::Bounds;
use swarmlab_trial::{Plan, Source, rules};
use tokio::time::Instant;

use crate::bus::Bus;
use crate::error::RunError;
use crate::scaling::Controllers;
use crate::session::{self, Cast};
use generator::Clients;
use shared::Shared;
use site::SimulatedSite;
use world::World;

/// When simulated time begins: the first second of the year 2000 in UTC, so that nobody takes it for now.
pub(crate) const EPOCH_UNIX_S: f64 = 946_684_800.0;

/// A topology as the model has it: no images, and its replicas.
pub(crate) fn stands(model: &Model, mut topology: Topology) -> Topology {
    for service in &mut topology.services {
        service.image.clear();
        let modelled = model.services.iter().find(|s| s.name == service.name);
        service.replicas = modelled.map_or(service.replicas, |s| s.replicas as u64);
    }
    topology
}

/// What one request costs each service by the model, seconds of CPU: the truth that a report compares with.
pub(crate) fn declared_demands(model: &Model) -> BTreeMap<String, f64> {
    model.services.iter().map(|s| (s.name.clone(), s.before.mean_s() + s.after.mean_s())).collect()
}

/// What must have been sampled once before load begins.
pub(crate) fn sources(model: &Model, topology: &Topology) -> Vec<Source> {
    let of = |service: &str, meaning| Source { service: service.to_owned(), meaning };
    let mut out = Vec::new();
    for service in model.services.iter().filter(|s| s.replicas > 0) {
        out.push(of(&service.name, Meaning::CPU));
        out.extend(topology.before(&service.name).next().map(|p| of(p, Meaning::PROXY_DOWNSTREAM)));
    }
    out
}

/// Runs a session on a simulation. It blocks the thread, which must be none of a runtime's.
#[allow(clippy::too_many_arguments)]
pub(crate) fn execute(
    experiment: &Experiment,
    simulated: &Simulated,
    topology: &Topology,
    bounds: Bounds,
    plan: Plan,
    bus: &mut Bus<'_>,
    cancel: &CancellationToken,
    controllers: Option<Controllers>,
) -> Result<(), RunError> {
    let play =
        simulated_play(&experiment.load.scenario).map_err(|why| RunError::Simulation(why.join("; ")))?;
    let world = World::new(&simulated.file, topology, experiment.seed)
        .map_err(|e| RunError::Simulation(e.to_string()))?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .map_err(RunError::io("start simulated time"))?;
    runtime.block_on(async move {
        let began = Instant::now();
        let clock = move || EPOCH_UNIX_S + began.elapsed().as_secs_f64();
        let world = Shared::new(world, began);
        let target = (experiment.target.service.clone(), experiment.target.port);
        let cast = Cast {
            site: Box::new(SimulatedSite::new(Arc::clone(&world), target, bounds, simulated)),
            generator: &mut Clients::new(Arc::clone(&world), experiment, play),
            bus,
            cancel,
            left: &|_| {},
            left_while_starting: Vec::new(),
            clock: &clock,
            rules: rules::all,
            thresholds: experiment.checks.clone(),
            controllers,
        };
        session::execute(plan, cast).await
    })
}
