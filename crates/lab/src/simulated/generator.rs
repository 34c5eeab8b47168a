//! The clients of a simulation.

use std::sync::Arc;

use swarmlab_experiment::{Experiment, Play};
use swarmlab_loadgen::LoadError;
use swarmlab_record::topology::Target;
use swarmlab_trial::LoadId;

use super::sending::Sending;
use super::shared::Shared;
use super::world::Load;
use crate::generator::{Generator, Outlet, Running};
use crate::plan;

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
        let (shape, seed) = plan::drawn(self.experiment, id);
        let length_s = shape.duration_s();
        let bin_s = self.experiment.measure.bin.as_secs_f64();
        let sending = Sending::new(start_unix_s, bin_s, self.play.endpoints.clone());
        let load = Load {
            clients: self.play.clients(load, shape),
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
