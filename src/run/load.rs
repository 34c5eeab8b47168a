//! The load engine beside the dispatcher: one thread owns the engine's handle and passes its intervals on.

use swarmlab_intervals::Outcome;
use swarmlab_loadgen::{Limits, LoadControl, LoadError, LoadHandle, LoadSpec, Model};
use swarmlab_shapes::Shape;
use tokio::sync::mpsc;

use super::message::Message;
use crate::testbed::Target;
use swarmlab_experiment::{Experiment, ModelKind};

/// How long answers under way are waited for after the last request, at most.
const DRAIN_S: f64 = 30.0;

/// Starts a load whose intervals and end arrive as messages.
pub fn start(spec: LoadSpec, out: mpsc::UnboundedSender<Message>) -> Result<LoadControl, LoadError> {
    let handle = swarmlab_loadgen::start(spec)?;
    let stopper = handle.control();
    std::thread::Builder::new()
        .name("load-intervals".to_owned())
        .spawn(move || {
            let ended = forward(handle, &out);
            // Nobody listens any more only when the run itself was given up.
            let _ = out.send(Message::LoadEnded(Box::new(ended)));
        })
        .map_err(|source| LoadError::System { what: "start a thread", source })?;
    Ok(stopper)
}

fn forward(handle: LoadHandle, out: &mpsc::UnboundedSender<Message>) -> Result<Outcome, LoadError> {
    while let Ok(interval) = handle.intervals().recv() {
        if out.send(Message::Interval(Box::new(interval))).is_err() {
            handle.abort();
        }
    }
    handle.join()
}

/// The engine's specification of an experiment's load.
pub fn spec(
    experiment: &Experiment,
    target: &Target,
    shape: Shape,
    start_unix_s: f64,
    seed: u64,
) -> LoadSpec {
    let load = &experiment.load;
    let model = match load.model {
        ModelKind::Closed { spawn_rate_per_s } => Model::Closed { users: shape, spawn_rate_per_s },
        ModelKind::Open { arrivals } => Model::Open { rate_per_s: shape, arrivals },
    };
    let mut spec = LoadSpec::new(target.addresses.clone(), target.host.clone(), model, load.scenario.clone());
    spec.targets[0].lifetime = load.lifetime;
    spec.targets.extend(load.targets.iter().cloned());
    spec.seed = seed;
    spec.threads = load.threads;
    spec.limits =
        Limits { max_connections: load.connections, max_in_flight: load.connections, ..Limits::default() };
    spec.timeout_s = load.timeout.as_secs_f64();
    spec.interval_s = experiment.measure.bin.as_secs_f64();
    spec.start_unix_s = Some(start_unix_s);
    spec.drain_s = DRAIN_S;
    spec
}
