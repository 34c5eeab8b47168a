//! The loop: what happens next, until a second is over.

use swarmlab_intervals::HIGHEST_US;

use crate::agenda::{Agenda, Next};
use crate::crowd::{Clients, Crowd, Sender, TICK_S, Then};
use crate::errands::Errands;
use crate::journey::Task;
use crate::model::{MAX_REPLICAS, Model, ModelError};
use crate::patience::Patience;
use crate::pool::{Change, Pool};
use crate::second::{ClientSecond, EndpointSecond, Failure, Gauge, Life, Second, ServiceSecond, micros};
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
    endpoints: Vec<EndpointSecond>,
    in_flight: Gauge,
}

impl Counts {
    fn new(endpoints: usize, now_s: f64) -> Self {
        let endpoints = (0..endpoints).map(|_| EndpointSecond::new()).collect();
        Self { endpoints, in_flight: Gauge::starting(now_s) }
    }

    pub(crate) fn sent(&mut self, now_s: f64, endpoint: u32) {
        self.endpoints[endpoint as usize].sent += 1;
        self.in_flight.add(now_s, 1.0);
    }
}

/// Services, replicas and clients in virtual time.
#[derive(Debug)]
pub struct Simulation {
    pub(crate) now_s: f64,
    /// Since when clients, and services, were not taken.
    clients_since_s: f64,
    services_since_s: f64,
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
        let mut simulation = Self::at_rest(model, seed)?;
        simulation.begin(clients, Errands::default(), seed)?;
        Ok(simulation)
    }

    /// Without clients; all replicas of the model serve.
    ///
    /// # Errors
    /// What cannot be simulated of the model.
    pub fn at_rest(model: Model, seed: u64) -> Result<Self, ModelError> {
        model.check()?;
        let mut patience = Patience::default();
        // The clients' own is number 0.
        patience.add(None);
        let mut first_line = Vec::new();
        for service in &model.services {
            first_line.push(patience.count());
            for call in service.steps.iter().flat_map(crate::model::Step::calls) {
                patience.add(call.timeout_s);
            }
        }
        Ok(Self {
            now_s: 0.0,
            clients_since_s: 0.0,
            services_since_s: 0.0,
            agenda: Agenda::new(),
            pool: Pool::new(&model, seed),
            visits: Visits::default(),
            patience,
            crowd: Crowd::nobody(),
            counts: Counts::new(1, 0.0),
            tasks: Vec::new(),
            first_line,
            entry: model.entry as u32,
            services: model.services.len(),
        })
    }

    /// A load begins now. Of one that went before nobody is left: what it still waited for counts for nobody.
    ///
    /// # Errors
    /// What cannot be of the load.
    pub fn begin(&mut self, clients: Clients, errands: Errands, seed: u64) -> Result<(), ModelError> {
        clients.check()?;
        self.visits.forget_clients();
        self.agenda.forget(|event| matches!(event, Event::Sends { .. }));
        self.agenda.set(LINES, f64::INFINITY);
        self.patience.renew(0, clients.timeout_s);
        self.counts = Counts::new(errands.endpoints(), self.now_s);
        self.clients_since_s = self.now_s;
        self.crowd = Crowd::new(&clients.load, errands, self.now_s, seed);
        let due_s = self.crowd.next_due_s();
        self.agenda.set(ARRIVALS, due_s);
        let ticks_s = if matches!(self.crowd.sender, Sender::Closed(_)) { self.now_s } else { f64::INFINITY };
        self.agenda.set(TICKS, ticks_s);
        Ok(())
    }

    /// Nothing more is sent; who waits is still answered.
    pub fn stop(&mut self) {
        self.crowd.stop();
        self.agenda.set(ARRIVALS, f64::INFINITY);
        self.agenda.set(TICKS, f64::INFINITY);
    }

    /// Requests that clients wait for.
    pub fn in_flight(&self) -> u64 {
        self.counts.in_flight.value() as u64
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
        let start_s = self.clients_since_s;
        self.go_on_until(start_s + 1.0);
        self.pool.forget_lives();
        Second { start_s, clients: self.take_clients(), services: self.take_services() }
    }

    /// Goes on until a moment; what happens at it is yet to come. One that has passed changes nothing.
    pub fn go_on_until(&mut self, end_s: f64) {
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
        self.now_s = self.now_s.max(end_s);
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
    pub(crate) fn client_answered(
        &mut self,
        client: u32,
        endpoint: u32,
        sent_s: f64,
        failed: Option<Failure>,
    ) {
        self.counts.in_flight.add(self.now_s, -1.0);
        let counts = &mut self.counts.endpoints[endpoint as usize];
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
        if let Then::SendsAt(at_s) = self.crowd.answered(self.now_s, client, sent_s, failed.is_some()) {
            self.agenda.once(at_s, Event::Sends { user: client });
        }
    }

    /// What clients felt since it was taken last.
    pub fn take_clients(&mut self) -> ClientSecond {
        let length_s = self.now_s - std::mem::replace(&mut self.clients_since_s, self.now_s);
        let (users, think_s, errands) = self.crowd.take(self.now_s, length_s);
        let fresh = (0..self.crowd.endpoints()).map(|_| EndpointSecond::new()).collect();
        let endpoints = std::mem::replace(&mut self.counts.endpoints, fresh);
        let sum = EndpointSecond::sum(&endpoints);
        ClientSecond {
            sent: sum.sent,
            answered: sum.answered,
            failures: sum.failures,
            response: sum.response,
            response_sum_s: sum.response_sum_s,
            in_flight: self.counts.in_flight.mean(self.now_s, length_s),
            in_flight_end: self.in_flight(),
            users,
            think_s,
            errands,
            endpoints,
        }
    }

    /// What there was of services since it was taken last, in the order of the model.
    pub fn take_services(&mut self) -> Vec<ServiceSecond> {
        let length_s = self.now_s - std::mem::replace(&mut self.services_since_s, self.now_s);
        self.pool.take(self.now_s, length_s)
    }

    /// What happened in the lives of replicas since it was taken last, in order of time.
    pub fn take_lives(&mut self) -> Vec<Life> {
        self.pool.take_lives()
    }
}
