//! The clients of a simulation.

use std::sync::Arc;

use swarmlab_experiment::{Experiment, ModelKind, Play};
use swarmlab_loadgen::LoadError;
use swarmlab_record::topology::Target;
use swarmlab_simulate::{Clients as SimulatedClients, Load as SimulatedLoad};
use swarmlab_trial::{LoadId, Part};

use super::sending::Sending;
use super::world::{Load, Shared};
use crate::generator::{Generator, Outlet, Running};

/// Sends an experiment's loads into a simulation.
pub(super) struct Clients<'a> {
    world: Arc<Shared>,
    experiment: &'a Experiment,
    play: Play,
}

impl<'a> Clients<'a> {
    pub fn new(world: Arc<Shared>, experiment: &'a Experiment, play: Play) -> Self {
        Self { world, experiment, play }
    }
}

impl Generator for Clients<'_> {
    fn start(
        &mut self,
        id: LoadId,
        start_unix_s: f64,
        _: &Target,
        outlet: Outlet,
    ) -> Result<Box<dyn Running>, LoadError> {
        let load = &self.experiment.load;
        // As the load engine has it: each trial draws anew, and so does the warm-up.
        let seed = self.experiment.seed.wrapping_add(2 * id.trial as u64);
        let (shape, seed) = match (id.part, &load.warm_up) {
            (Part::WarmUp, Some(w)) => (w.shape(), seed ^ 1),
            _ => (load.shape.clone(), seed),
        };
        let length_s = shape.duration_s();
        let sent = match load.model {
            ModelKind::Closed { .. } => SimulatedLoad::Closed { shape, think: self.play.think.clone() },
            ModelKind::Open { arrivals } => SimulatedLoad::Open { shape, arrivals },
        };
        let bin_s = self.experiment.measure.bin.as_secs_f64();
        let sending = Sending::new(start_unix_s, length_s, bin_s, self.play.endpoints.clone());
        let load = Load {
            clients: SimulatedClients { load: sent, timeout_s: Some(load.timeout.as_secs_f64()) },
            errands: self.play.errands.clone(),
            seed,
            sending,
            start_unix_s,
            end_unix_s: start_unix_s + length_s,
            outlet,
        };
        self.world.with(|world, _| world.begin(load));
        Ok(Box::new(Sent(Arc::clone(&self.world))))
    }
}

struct Sent(Arc<Shared>);

impl Running for Sent {
    fn set_level(&mut self, level: f64) -> Result<(), LoadError> {
        let expected = "none: a simulated load follows its shape";
        Err(LoadError::Parameter { parameter: "level", expected, value: level.to_string() })
    }

    fn stop(&mut self) {
        self.0.with(|world, now_unix_s| world.stop(now_unix_s, false));
    }

    fn abort(&mut self) {
        self.0.with(|world, now_unix_s| world.stop(now_unix_s, true));
    }
}
