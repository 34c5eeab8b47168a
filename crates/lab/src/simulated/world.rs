//! The simulation, and what of it is told when.

use std::collections::{BTreeMap, VecDeque};

use swarmlab_experiment::SimulationFile;
use swarmlab_intervals::Interval;
use swarmlab_record::topology::{ReplicaEvent, TaskLife, Topology};
use swarmlab_simulate::{Action, Clients, Errands, Life, ModelError, Simulation, Turn};
use swarmlab_testbed::observation::Observation;

use super::EPOCH_UNIX_S;
use super::plant::Plant;
use super::sending::Sending;
use crate::generator::Outlet;
use crate::threads::DRAIN_S;

/// Services are sampled this often, seconds.
const SAMPLE_S: f64 = 1.0;
/// Moments are sums; so near they are the same, seconds.
const SAME_S: f64 = 1e-6;

/// A load to come, or under way.
pub(super) struct Load {
    pub clients: Clients,
    pub errands: Errands,
    pub seed: u64,
    pub sending: Sending,
    pub start_unix_s: f64,
    /// Nothing is sent from here on.
    pub end_unix_s: f64,
    pub outlet: Outlet,
}

/// How far a load is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Waits,
    Sends,
    Aborted,
}

/// Something to be told.
pub(super) enum Said {
    Interval(Outlet, Box<Interval>),
    Ended(Outlet),
    Observed(Observation),
}

/// Replicas of a service.
#[derive(Debug, Clone, Copy)]
pub(super) struct Replicas {
    pub desired: u64,
    pub running: u64,
    pub ready: u64,
    /// Told to stop, and still there.
    pub stopping: u64,
    limit_cores: f64,
    /// When something happened to them last.
    changed_unix_s: f64,
}

impl std::fmt::Display for Replicas {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { desired, running, ready, stopping, .. } = self;
        write!(f, "{ready} of {desired} replicas serve, {running} run, {stopping} stop")
    }
}

pub(super) struct World {
    simulation: Simulation,
    plant: Plant,
    observed_after_s: f64,
    load: Option<(Load, Stage)>,
    /// When services are sampled next; none while nobody observes.
    next_sample_unix_s: Option<f64>,
    /// Rounds of samples, and from when they are known.
    rounds: VecDeque<(f64, Observation)>,
    replicas: Vec<Replicas>,
    lives: BTreeMap<(usize, u64), TaskLife>,
    said: Vec<Said>,
}

impl World {
    /// All replicas of the model serve, nobody sends.
    pub fn new(file: &SimulationFile, topology: &Topology, seed: u64) -> Result<Self, ModelError> {
        let simulation = Simulation::at_rest(file.model.clone(), seed)?;
        let mut world = Self {
            simulation,
            plant: Plant::new(&file.model, topology),
            observed_after_s: file.observed_after_s,
            load: None,
            next_sample_unix_s: None,
            rounds: VecDeque::new(),
            replicas: file.model.services.iter().map(replicas).collect(),
            lives: BTreeMap::new(),
            said: Vec::new(),
        };
        world.live();
        world.said.clear();
        Ok(world)
    }

    /// The place of a service in the model.
    pub fn place(&self, name: &str) -> Option<usize> {
        self.plant.place(name)
    }

    /// Names of the services.
    pub fn names(&self) -> Vec<String> {
        (0..self.replicas.len()).map(|i| self.plant.name(i).to_owned()).collect()
    }

    /// The replicas of a service that the model has.
    pub fn replicas(&self, service: usize) -> Replicas {
        self.replicas[service]
    }

    /// When something happened to the replicas of a service last.
    pub fn changed_unix_s(&self, service: usize) -> f64 {
        self.replicas[service].changed_unix_s
    }

    /// From now on services are sampled; first comes what is there.
    pub fn observe(&mut self, now_unix_s: f64) {
        self.next_sample_unix_s = Some(now_unix_s.ceil());
        let lives = self.lives.values().filter(|l| l.died_unix_s.is_none()).cloned();
        self.said.extend(lives.map(Observation::Task).map(Said::Observed));
        for service in 0..self.replicas.len() {
            self.count(service, now_unix_s, "as found");
        }
    }

    pub fn stop_observing(&mut self) {
        self.next_sample_unix_s = None;
        self.rounds.clear();
    }

    pub fn begin(&mut self, load: Load) {
        self.load = Some((load, Stage::Waits));
    }

    /// Nothing more is sent; with `aborts` nothing more is waited for either.
    pub fn stop(&mut self, now_unix_s: f64, aborts: bool) {
        let Some((load, stage)) = &mut self.load else { return };
        load.end_unix_s = load.end_unix_s.min(now_unix_s);
        self.simulation.stop();
        // What has not begun does not begin.
        if aborts || *stage == Stage::Waits {
            *stage = Stage::Aborted;
        }
    }

    /// Acts now, and says whether that changes anything; what comes of it is seen when time goes on.
    pub fn act(&mut self, now_unix_s: f64, action: Action) -> Result<bool, ModelError> {
        self.simulation.at(now_unix_s - EPOCH_UNIX_S, action)?;
        Ok(match action {
            Action::Scale { service, replicas } => {
                let before = std::mem::replace(&mut self.replicas[service].desired, replicas as u64);
                self.count(service, now_unix_s, "asked for");
                before != replicas as u64
            }
            Action::Limit { service, cores } => {
                std::mem::replace(&mut self.replicas[service].limit_cores, cores) != cores
            }
        })
    }

    /// What there is to be told.
    pub fn take_said(&mut self) -> Vec<Said> {
        std::mem::take(&mut self.said)
    }

    /// When something is to be told next.
    pub fn next_unix_s(&self) -> f64 {
        let load_s = self.load.as_ref().map_or(f64::INFINITY, |(load, stage)| match stage {
            Stage::Waits => load.start_unix_s,
            // At once.
            Stage::Aborted => f64::NEG_INFINITY,
            Stage::Sends => load.sending.edge_unix_s(),
        });
        let known_s = self.rounds.front().map_or(f64::INFINITY, |(t, _)| *t);
        load_s.min(self.next_sample_unix_s.unwrap_or(f64::INFINITY)).min(known_s)
    }

    /// Goes on until now.
    pub fn advance(&mut self, now_unix_s: f64) {
        loop {
            let next_unix_s = self.next_unix_s();
            if next_unix_s > now_unix_s + SAME_S {
                break;
            }
            self.go_on(next_unix_s);
            self.loads(next_unix_s);
            self.samples(next_unix_s);
        }
    }

    /// Goes on until a moment, whether something is told then or not.
    pub fn go_on(&mut self, until_unix_s: f64) {
        self.simulation.go_on_until(until_unix_s - EPOCH_UNIX_S);
        self.live();
    }

    fn loads(&mut self, now_unix_s: f64) {
        let Some((load, stage)) = &mut self.load else { return };
        match stage {
            Stage::Waits if load.start_unix_s <= now_unix_s + SAME_S => {
                *stage = Stage::Sends;
                let begun = self.simulation.begin(load.clients.clone(), load.errands.clone(), load.seed);
                // They were looked at before anything began (`simulated_misfits`).
                debug_assert!(begun.is_ok(), "{begun:?}");
            }
            Stage::Waits => {}
            Stage::Sends if load.sending.edge_unix_s() > now_unix_s + SAME_S => {}
            Stage::Sends | Stage::Aborted => {
                let is_over = now_unix_s >= load.end_unix_s - SAME_S;
                let gives_up = *stage == Stage::Aborted || now_unix_s >= load.end_unix_s + DRAIN_S - SAME_S;
                let seen = self.simulation.take_clients();
                let interval = load.sending.interval(&seen, gives_up);
                self.said.push(Said::Interval(load.outlet.clone(), Box::new(interval)));
                if gives_up || (is_over && seen.in_flight_end == 0) {
                    self.simulation.stop();
                    self.said.push(Said::Ended(load.outlet.clone()));
                    self.load = None;
                }
            }
        }
    }

    fn samples(&mut self, now_unix_s: f64) {
        if let Some(next) = self.next_sample_unix_s.filter(|t| *t <= now_unix_s + SAME_S) {
            self.next_sample_unix_s = Some(next + SAMPLE_S);
            let readings = self.plant.sample(next, &self.simulation.take_services());
            self.rounds.push_back((next + self.observed_after_s, Observation::Samples(readings)));
        }
        while self.rounds.front().is_some_and(|(known_s, _)| *known_s <= now_unix_s + SAME_S) {
            let round = self.rounds.pop_front();
            self.said.extend(round.map(|(_, round)| Said::Observed(round)));
        }
    }

    /// Takes what happened in the lives of replicas.
    fn live(&mut self) {
        for Life { at_s, service, number, turn } in self.simulation.take_lives() {
            let t_unix_s = EPOCH_UNIX_S + at_s;
            let replicas = &mut self.replicas[service];
            replicas.changed_unix_s = t_unix_s;
            let life = self.lives.entry((service, number)).or_insert_with(|| TaskLife {
                service: self.plant.name(service).to_owned(),
                task: self.plant.task(service, number),
                born_unix_s: Some(t_unix_s),
                died_unix_s: None,
            });
            let cause = match turn {
                Turn::Asked => {
                    replicas.running += 1;
                    "started"
                }
                Turn::Ready => {
                    replicas.ready += 1;
                    "ready"
                }
                Turn::Stopping { was_ready } => {
                    replicas.running -= 1;
                    replicas.ready -= u64::from(was_ready);
                    replicas.stopping += 1;
                    "told to stop"
                }
                Turn::Gone => {
                    replicas.stopping -= 1;
                    life.died_unix_s = Some(t_unix_s);
                    "gone"
                }
            };
            let tells = matches!(turn, Turn::Asked | Turn::Gone).then(|| life.clone());
            self.said.extend(tells.map(Observation::Task).map(Said::Observed));
            if turn == Turn::Gone {
                self.lives.remove(&(service, number));
            }
            self.count(service, t_unix_s, cause);
        }
    }

    /// Tells how many replicas there are.
    fn count(&mut self, service: usize, t_unix_s: f64, cause: &str) {
        let Replicas { desired, running, ready, .. } = self.replicas(service);
        self.said.push(Said::Observed(Observation::Replicas(ReplicaEvent {
            t_unix_s,
            service: self.plant.name(service).to_owned(),
            desired,
            running,
            healthy: ready,
            health_checked: Some(true),
            cause: cause.to_owned(),
        })));
    }
}

/// Those of the beginning; the model's own are counted as they come.
fn replicas(service: &swarmlab_simulate::Service) -> Replicas {
    Replicas {
        desired: service.replicas as u64,
        running: 0,
        ready: 0,
        stopping: 0,
        limit_cores: service.limit_cores,
        changed_unix_s: EPOCH_UNIX_S,
    }
}

#[cfg(test)]
mod tests;
