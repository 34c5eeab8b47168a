//! Controllers in the loop: they see what comes out of a simulation, decide, and it reacts.

use serde::Serialize;
use swarmlab_control::{Autoscaler, Decision, Outcome, Replicas};

use crate::crowd::Clients;
use crate::engine::{Action, Simulation};
use crate::errands::Errands;
use crate::model::{MAX_REPLICAS, Model, ModelError};
use crate::second::Second;
use crate::seen::Seen;

/// A controller of a service.
#[derive(Debug, Clone)]
pub struct Controller {
    /// The service's place in the model.
    pub service: usize,
    /// How often there is a decision, in seconds.
    pub every_s: f64,
    /// Who decides.
    pub autoscaler: Autoscaler,
}

/// A decision that was taken: one line of `decisions.jsonl`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Taken {
    /// The decision; its times are seconds since the start of the simulation.
    #[serde(flatten)]
    pub decision: Decision,
    /// The replicas that there were.
    pub had: Replicas,
}

#[derive(Debug)]
struct Loop {
    controller: Controller,
    /// Decisions taken.
    taken: u64,
    desired: u64,
    limit_cores: f64,
}

impl Loop {
    fn next_s(&self) -> f64 {
        // Microseconds, as three times 1.1 s is 3.3 s.
        ((self.taken + 1) as f64 * self.controller.every_s * 1e6).round() / 1e6
    }
}

/// A simulation with controllers that act on it.
#[derive(Debug)]
pub struct Controlled {
    simulation: Simulation,
    loops: Vec<Loop>,
    seen: Seen,
}

impl Controlled {
    /// At the beginning of the load. A second is known to controllers `observed_after_s` after its end.
    ///
    /// # Errors
    /// What cannot be simulated, or a controller of no service or without a period.
    pub fn new(
        model: Model,
        clients: Clients,
        seed: u64,
        controllers: Vec<Controller>,
        observed_after_s: f64,
    ) -> Result<Self, ModelError> {
        Self::with_errands(model, clients, Errands::default(), seed, controllers, observed_after_s)
    }

    /// As [`Controlled::new`], with clients that run errands.
    ///
    /// # Errors
    /// As [`Controlled::new`].
    pub fn with_errands(
        model: Model,
        clients: Clients,
        errands: Errands,
        seed: u64,
        controllers: Vec<Controller>,
        observed_after_s: f64,
    ) -> Result<Self, ModelError> {
        let seen = Seen::new(
            model.services.iter().map(|s| s.name.clone()).collect(),
            model.entry,
            observed_after_s.max(0.0),
        );
        let mut loops = Vec::new();
        for controller in controllers {
            let service = model
                .services
                .get(controller.service)
                .ok_or(ModelError::NoSuchService(controller.service))?;
            if !(controller.every_s.is_finite() && controller.every_s >= 1e-3) {
                let value = controller.every_s.to_string();
                return Err(ModelError::Value { service: service.name.clone(), what: "every", value });
            }
            let (desired, limit_cores) = (service.replicas as u64, service.limit_cores);
            loops.push(Loop { controller, taken: 0, desired, limit_cores });
        }
        let mut simulation = Simulation::at_rest(model, seed)?;
        simulation.begin(clients, errands, seed)?;
        Ok(Self { simulation, loops, seen })
    }

    /// Lets something be done at a moment, whatever controllers decide. Those of the service go on from what they asked for
    /// themselves.
    ///
    /// # Errors
    /// There is no such service, or the number cannot be.
    pub fn at(&mut self, at_s: f64, action: Action) -> Result<(), ModelError> {
        self.simulation.at(at_s, action)
    }

    /// Goes on for a second: what was in it, and the decisions that were taken in it. One that is due at its end belongs to
    /// the next.
    ///
    /// # Errors
    /// A decision that cannot be carried out.
    pub fn next_second(&mut self) -> Result<(Second, Vec<Taken>), ModelError> {
        let end_s = self.simulation.now_s().round() + 1.0;
        let mut taken = Vec::new();
        // All of a moment see the same; whoever is first in the file is first.
        while let Some(next) = self.due_before(end_s) {
            taken.push(self.decide(next)?);
        }
        let second = self.simulation.next_second();
        self.seen.add(&second);
        Ok((second, taken))
    }

    /// Places for requests under way that were ever needed at a time: what memory depends on.
    pub fn places(&self) -> usize {
        self.simulation.places()
    }

    fn due_before(&self, end_s: f64) -> Option<usize> {
        let due = self.loops.iter().enumerate().filter(|(_, l)| l.next_s() < end_s);
        due.min_by(|(_, a), (_, b)| a.next_s().total_cmp(&b.next_s())).map(|(i, _)| i)
    }

    fn decide(&mut self, index: usize) -> Result<Taken, ModelError> {
        let own = &mut self.loops[index];
        let (t_s, service) = (own.next_s(), own.controller.service);
        let mut observation = self.seen.observation(service, t_s, own.desired, own.limit_cores);
        observation.seq = own.taken;
        own.taken += 1;
        let had = observation.replicas;
        let decision = own.controller.autoscaler.decide(&observation, t_s);
        if decision.outcome == Outcome::Change {
            if decision.replicas != own.desired {
                let replicas = usize::try_from(decision.replicas).unwrap_or(MAX_REPLICAS + 1);
                self.simulation.at(t_s, Action::Scale { service, replicas })?;
                own.desired = decision.replicas;
            }
            if let Some(cores) = decision.cpu_limit_cores {
                self.simulation.at(t_s, Action::Limit { service, cores })?;
                own.limit_cores = cores;
            }
        }
        Ok(Taken { decision, had })
    }
}
