//! The loop: what happens next, until a second is over.

use swarmlab_intervals::{HIGHEST_US, Histogram, new_histogram};

use crate::agenda::{Agenda, Next};
use crate::crowd::{Clients, Crowd, Sender, TICK_S};
use crate::journey::Task;
use crate::model::{MAX_REPLICAS, Model, ModelError};
use crate::patience::Patience;
use crate::pool::{Change, Pool};
use crate::second::{ClientSecond, Failure, Gauge, Second, micros};
use crate::visits::{Parent, VisitId, Visits};

/// Slot of the next arrival.
const ARRIVALS: u32 = 0;
/// Slot of the next look at the number of users.
const TICKS: u32 = 1;
/// First slot of the lines of those who wait.
const LINES: u32 = 2;

/// What is done to a service from outside.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Action {
    /// So many replicas are asked for.
    Scale {
        /// The service's place in the model.
        service: usize,
        /// Replicas.
        replicas: usize,
    },
    /// Every replica has another CPU limit, at once.
    Limit {
        /// The service's place in the model.
        service: usize,
        /// Cores of a replica.
        cores: f64,
    },
}

/// What happens once.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Event {
    /// A user sends again.
    Sends { user: u32 },
    /// A visit has waited.
    Waited(VisitId),
    /// A replica has started.
    Ready { replica: u32, age: u32 },
    /// A replica has had its time to finish.
    Drained { replica: u32, age: u32 },
    /// Somebody acts.
    Act(Action),
}

/// Counts of clients since they were taken.
#[derive(Debug)]
pub(crate) struct Counts {
    pub(crate) sent: u64,
    answered: u64,
    failures: [u64; Failure::ALL.len()],
    response: Histogram,
    response_sum_s: f64,
    pub(crate) in_flight: Gauge,
}

/// Services, replicas and clients in virtual time.
#[derive(Debug)]
pub struct Simulation {
    pub(crate) now_s: f64,
    seconds: u64,
    pub(crate) agenda: Agenda<Event>,
    pub(crate) pool: Pool,
    pub(crate) visits: Visits,
    pub(crate) patience: Patience,
    pub(crate) crowd: Crowd,
    pub(crate) counts: Counts,
    /// What is to be done at this moment, the last first.
    pub(crate) tasks: Vec<Task>,
    /// First line of each service's calls.
    pub(crate) first_line: Vec<u32>,
    pub(crate) entry: u32,
    services: usize,
}

impl Simulation {
    /// At the beginning of the load; all replicas of the model serve.
    ///
    /// # Errors
    /// What cannot be simulated of model or load.
    pub fn new(model: Model, clients: Clients, seed: u64) -> Result<Self, ModelError> {
        model.check()?;
        clients.check()?;
        let mut patience = Patience::default();
        // The clients' own is number 0.
        patience.add(clients.timeout_s);
        let mut first_line = Vec::new();
        for service in &model.services {
            first_line.push(patience.count());
            for call in service.steps.iter().flat_map(crate::model::Step::calls) {
                patience.add(call.timeout_s);
            }
        }
        let mut simulation = Self {
            now_s: 0.0,
            seconds: 0,
            agenda: Agenda::new(),
            pool: Pool::new(&model, seed),
            visits: Visits::default(),
            patience,
            crowd: Crowd::new(&clients.load, seed),
            counts: Counts {
                sent: 0,
                answered: 0,
                failures: Default::default(),
                response: new_histogram(),
                response_sum_s: 0.0,
                in_flight: Gauge::default(),
            },
            tasks: Vec::new(),
            first_line,
            entry: model.entry as u32,
            services: model.services.len(),
        };
        match simulation.crowd.sender {
            Sender::Open(_) => {
                let due_s = simulation.crowd.next_due_s();
                simulation.agenda.set(ARRIVALS, due_s);
            }
            Sender::Closed(_) => simulation.agenda.set(TICKS, 0.0),
        }
        Ok(simulation)
    }

    /// How far time has come, in seconds since the start.
    pub fn now_s(&self) -> f64 {
        self.now_s
    }

    /// Lets something be done at a moment; one that has passed is now.
    ///
    /// # Errors
    /// There is no such service, or the number cannot be.
    pub fn at(&mut self, at_s: f64, action: Action) -> Result<(), ModelError> {
        let (service, value, can) = match action {
            Action::Scale { service, replicas } => (service, replicas as f64, replicas <= MAX_REPLICAS),
            Action::Limit { service, cores } => (service, cores, cores.is_finite() && cores > 0.0),
        };
        if service >= self.services {
            return Err(ModelError::NoSuchService(service));
        }
        if !can {
            let what = if matches!(action, Action::Scale { .. }) { "replicas" } else { "cpu" };
            let service = self.pool.service(service as u32).name.clone();
            return Err(ModelError::Value { service, what, value: value.to_string() });
        }
        self.agenda.once(at_s.max(self.now_s), Event::Act(action));
        Ok(())
    }

    /// Goes on for a second and tells what was in it.
    pub fn next_second(&mut self) -> Second {
        let start_s = self.seconds as f64;
        self.seconds += 1;
        let end_s = self.seconds as f64;
        while let Some((at_s, next)) = self.agenda.next_before(end_s) {
            self.now_s = at_s;
            match next {
                Next::Slot(ARRIVALS) => {
                    self.send(None);
                    let due_s = self.crowd.next_due_s();
                    self.agenda.set(ARRIVALS, due_s);
                }
                Next::Slot(TICKS) => self.tick(),
                Next::Slot(slot) => self.fire(slot - LINES),
                Next::Once(event) => self.happen(event),
            }
            self.work();
        }
        self.now_s = end_s;
        let clients = self.take_clients(end_s - start_s);
        Second { start_s, clients, services: self.pool.take(end_s, end_s - start_s) }
    }

    /// Places for requests under way that were ever needed at a time: what memory depends on.
    pub fn places(&self) -> usize {
        self.visits.places()
    }

    fn tick(&mut self) {
        while let Some(user) = self.crowd.newcomer(self.now_s) {
            self.send(Some(user));
        }
        // Not by adding: the moments of ticks do not drift.
        let next = (self.now_s / TICK_S).round() + 1.0;
        self.agenda.set(TICKS, next * TICK_S);
    }

    /// A line of those who wait, or the processor of a replica.
    fn fire(&mut self, number: u32) {
        if number < self.patience.count() {
            while let Some(visit) = self.patience.expired(number, self.now_s) {
                self.give_up(visit);
            }
            self.look_at_line(number);
            return;
        }
        let replica = number - self.patience.count();
        let (ended, due_s) = self.pool.fire(self.now_s, replica);
        self.set_processor(replica, due_s);
        self.tasks.extend(ended.map(Task::Went));
    }

    /// Sets the moment at which a line of those who wait is looked at.
    fn look_at_line(&mut self, line: u32) {
        let visits = &mut self.visits;
        let next_s =
            self.patience.next_s(line, |v| visits.get(v).is_some_and(|v| v.parent != Parent::Nobody));
        self.agenda.set(LINES + line, next_s);
    }

    pub(crate) fn set_processor(&mut self, replica: u32, due_s: f64) {
        self.agenda.set(LINES + self.patience.count() + replica, due_s);
    }

    /// Begins to wait for a visit's answer.
    pub(crate) fn wait_for(&mut self, line: u32, visit: VisitId) {
        if let Some(until_s) = self.patience.wait(line, self.now_s, visit) {
            self.agenda.set(LINES + line, until_s);
        }
    }

    fn happen(&mut self, event: Event) {
        match event {
            Event::Sends { user } => {
                if !self.crowd.leaves(self.now_s, user) {
                    self.send(Some(user));
                }
            }
            Event::Waited(visit) => self.tasks.push(Task::Went(visit)),
            Event::Ready { replica, age } => self.pool.make_ready(self.now_s, replica, age),
            Event::Drained { replica, age } => self.cut(replica, age),
            Event::Act(Action::Limit { service, cores }) => {
                for (replica, due_s) in self.pool.set_limit(self.now_s, service as u32, cores) {
                    self.set_processor(replica, due_s);
                }
            }
            Event::Act(Action::Scale { service, replicas }) => {
                for change in self.pool.scale(self.now_s, service as u32, replicas) {
                    match change {
                        Change::Starts { replica, age, ready_s } => {
                            self.agenda.once(ready_s, Event::Ready { replica, age });
                        }
                        Change::Drains { replica, age, until_s } => {
                            self.agenda.once(until_s, Event::Drained { replica, age });
                        }
                    }
                }
            }
        }
    }

    /// Ends a replica that had its time to finish, and with it what it still had.
    fn cut(&mut self, replica: u32, age: u32) {
        if !self.pool.cut(self.now_s, replica, age) {
            return;
        }
        self.set_processor(replica, f64::INFINITY);
        for id in self.visits.at_replica(replica) {
            let Some(visit) = self.visits.remove(id) else { continue };
            self.pool.count(visit.service, None);
            self.tell(visit.parent, visit.arrived_s, Some(Failure::Stopped));
        }
    }

    /// A client has its answer.
    pub(crate) fn client_answered(&mut self, user: Option<u32>, sent_s: f64, failed: Option<Failure>) {
        let counts = &mut self.counts;
        counts.in_flight.add(self.now_s, -1.0);
        match failed {
            Some(failure) => counts.failures[failure as usize] += 1,
            None => {
                let time_s = self.now_s - sent_s;
                counts.answered += 1;
                counts.response_sum_s += time_s;
                // Cannot fail: it grows, and no value is larger than the largest.
                let _ = counts.response.record(micros(time_s).min(HIGHEST_US));
            }
        }
        if let Some(user) = user.filter(|u| !self.crowd.leaves(self.now_s, *u)) {
            let at_s = self.crowd.sends_again_s(self.now_s, user, sent_s);
            self.agenda.once(at_s, Event::Sends { user });
        }
    }

    fn take_clients(&mut self, length_s: f64) -> ClientSecond {
        let crowd = self.crowd.take(self.now_s, length_s);
        let counts = &mut self.counts;
        ClientSecond {
            sent: std::mem::take(&mut counts.sent),
            answered: std::mem::take(&mut counts.answered),
            failures: std::mem::take(&mut counts.failures),
            response: std::mem::replace(&mut counts.response, new_histogram()),
            response_sum_s: std::mem::take(&mut counts.response_sum_s),
            in_flight: counts.in_flight.take(self.now_s) / length_s,
            in_flight_end: counts.in_flight.value() as u64,
            users: crowd.map(|c| c.0),
            think_s: crowd.map_or(0.0, |c| c.1),
        }
    }
}
