//! The generator of this program: the load engine, on threads of its own.

use swarmlab_experiment::Experiment;
use swarmlab_intervals::Outcome;
use swarmlab_loadgen::{LoadControl, LoadError, LoadHandle, LoadSpec};
use swarmlab_record::topology::Target;
use swarmlab_trial::LoadId;

use crate::generator::{Generator, Outlet, Report, Running};
use crate::plan;

/// How long answers under way are waited for after the last request, at most, seconds.
pub(crate) const DRAIN_S: f64 = 30.0;

/// Sends an experiment's loads.
pub(crate) struct Threads<'a>(pub &'a Experiment);

impl Generator for Threads<'_> {
    fn start(
        &mut self,
        load: LoadId,
        start_unix_s: f64,
        target: &Target,
        out: Outlet,
    ) -> Result<Box<dyn Running>, LoadError> {
        start(spec(self.0, load, start_unix_s, target), out)
    }
}

/// Starts a load; a thread passes on what comes of it.
fn start(spec: LoadSpec, out: Outlet) -> Result<Box<dyn Running>, LoadError> {
    start_and(spec, out, |_| {})
}

/// Starts a load; a thread passes on what comes of it, and before its end hands the sums to `keep`.
pub(crate) fn start_and(
    spec: LoadSpec,
    out: Outlet,
    keep: impl FnOnce(&Outcome) + Send + 'static,
) -> Result<Box<dyn Running>, LoadError> {
    let handle = swarmlab_loadgen::start(spec)?;
    let control = handle.control();
    std::thread::Builder::new()
        .name("load-intervals".to_owned())
        .spawn(move || out.ended(forward(handle, &out).inspect(keep).map(Report::from)))
        .map_err(|source| LoadError::System { what: "start a thread", source })?;
    Ok(Box::new(Sending(control)))
}

fn forward(handle: LoadHandle, out: &Outlet) -> Result<Outcome, LoadError> {
    while let Ok(interval) = handle.intervals().recv() {
        if !out.interval(interval) {
            handle.abort();
        }
    }
    handle.join()
}

struct Sending(LoadControl);

impl Running for Sending {
    fn set_level(&mut self, level: f64) -> Result<(), LoadError> {
        self.0.set_level(level).map(drop)
    }

    fn stop(&mut self) {
        self.0.stop();
    }

    fn abort(&mut self) {
        self.0.abort();
    }
}

/// The engine's specification of an experiment's load.
fn spec(experiment: &Experiment, id: LoadId, start_unix_s: f64, target: &Target) -> LoadSpec {
    let load = &experiment.load;
    let (shape, seed) = plan::drawn(experiment, id);
    let mut spec = load.spec(shape, target.addresses.clone(), &target.host);
    spec.seed = seed;
    spec.interval_s = experiment.measure.bin.as_secs_f64();
    spec.start_unix_s = Some(start_unix_s);
    spec.drain_s = DRAIN_S;
    spec
}
