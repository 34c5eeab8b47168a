//! A request from step to step: called, admitted, on the processor, calling others, answered.
//!
//! What follows from something at the same moment is done by a list of tasks and not by one function in another, so that a
//! deep tree of calls needs no deep stack.

use crate::crowd::Request;
use crate::engine::{Event, Simulation};
use crate::model::{Call, Step};
use crate::replica::Admission;
use crate::second::Failure;
use crate::stream::{Purpose, Stream, sub_key};
use crate::visits::{Parent, Phase, Visit, VisitId};

/// Something to be done at this moment.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Task {
    /// A service is called.
    Call { parent: Parent, line: u32, service: u32, key: u64 },
    /// A visit begins on its replica.
    Begins(VisitId),
    /// What a visit waited for, CPU or time, is over.
    Went(VisitId),
    /// A visit's call was answered, or has failed.
    Returned(VisitId, Option<Failure>),
}

impl Simulation {
    /// A client sends a request.
    pub(crate) fn send(&mut self, user: Option<u32>) {
        let Request { client, endpoint, key } = self.crowd.request(user);
        self.counts.sent(self.now_s, endpoint);
        let parent = Parent::Client { client, endpoint };
        self.tasks.push(Task::Call { parent, line: 0, service: self.entry, key });
    }

    /// Does what is to be done at this moment.
    pub(crate) fn work(&mut self) {
        while let Some(task) = self.tasks.pop() {
            match task {
                Task::Call { parent, line, service, key } => self.call(parent, line, service, key),
                Task::Begins(visit) => self.admitted(visit),
                Task::Went(visit) => self.went(visit),
                Task::Returned(visit, failed) => self.returned(visit, failed),
            }
        }
    }

    fn call(&mut self, parent: Parent, line: u32, service: u32, key: u64) {
        let Some(replica) = self.pool.choose(service) else {
            self.pool.count(service, None);
            return self.tell(parent, self.now_s, Some(Failure::Unavailable));
        };
        let visit = self.visits.insert(Visit {
            service,
            replica,
            parent,
            phase: Phase::Queued,
            key,
            arrived_s: self.now_s,
            step: 0,
            left: 0,
            pending: 0,
            calls: 0,
            failed: None,
        });
        match self.pool.admit(self.now_s, replica, visit) {
            Admission::Begins => self.tasks.push(Task::Begins(visit)),
            Admission::Waits => {}
            Admission::Full => {
                self.visits.remove(visit);
                self.pool.count(service, None);
                return self.tell(parent, self.now_s, Some(Failure::QueueFull));
            }
        }
        self.wait_for(line, visit);
    }

    fn admitted(&mut self, id: VisitId) {
        let Some(visit) = self.visits.get(id) else { return };
        visit.phase = Phase::Before;
        let (replica, service, key) = (visit.replica, visit.service, visit.key);
        let demand_s = self.pool.service(service).before.sample(&mut Stream::of(key, Purpose::Before));
        self.compute(id, replica, demand_s);
    }

    /// Takes CPU, or goes on at once where there is nothing to be computed.
    fn compute(&mut self, id: VisitId, replica: u32, demand_s: f64) {
        if demand_s > 0.0 {
            let due_s = self.pool.push(self.now_s, replica, id, demand_s);
            self.set_processor(replica, due_s);
        } else {
            self.tasks.push(Task::Went(id));
        }
    }

    fn went(&mut self, id: VisitId) {
        let Some(visit) = self.visits.get(id) else { return };
        match visit.phase {
            Phase::Queued | Phase::Calling => {}
            Phase::Before => {
                visit.phase = Phase::Waiting;
                let (service, key) = (visit.service, visit.key);
                let wait_s = self.pool.service(service).wait.sample(&mut Stream::of(key, Purpose::Wait));
                if wait_s > 0.0 {
                    self.agenda.once(self.now_s + wait_s, Event::Waited(id));
                } else {
                    self.tasks.push(Task::Went(id));
                }
            }
            Phase::Waiting => {
                visit.phase = Phase::Calling;
                self.next_step(id);
            }
            Phase::After => self.answer(id, None),
        }
    }

    /// Begins the next step that has calls; after the last, the CPU that follows them.
    fn next_step(&mut self, id: VisitId) {
        let Some(visit) = self.visits.get(id) else { return };
        let service = self.pool.service(visit.service);
        let mut line = self.first_line[visit.service as usize];
        let steps = service.steps.iter().enumerate();
        for (i, step) in steps {
            if (i as u32) < visit.step {
                line += step.calls().len() as u32;
                continue;
            }
            visit.step += 1;
            match step {
                Step::Sequential(call) => {
                    let times = times(call, visit);
                    if times > 0 {
                        visit.left = times - 1;
                        visit.pending = 1;
                        self.tasks.push(task(id, call, line, visit));
                        return;
                    }
                }
                Step::Parallel(calls) => {
                    visit.pending = 0;
                    for (call, line) in calls.iter().zip(line..) {
                        for _ in 0..times(call, visit) {
                            visit.pending += 1;
                            self.tasks.push(task(id, call, line, visit));
                        }
                    }
                    if visit.pending > 0 {
                        return;
                    }
                }
            }
            line += step.calls().len() as u32;
        }
        visit.phase = Phase::After;
        let (replica, key) = (visit.replica, visit.key);
        let demand_s = service.after.sample(&mut Stream::of(key, Purpose::After));
        self.compute(id, replica, demand_s);
    }

    fn returned(&mut self, id: VisitId, failed: Option<Failure>) {
        let Some(visit) = self.visits.get(id) else { return };
        visit.pending -= 1;
        visit.failed = visit.failed.or(failed);
        if visit.pending > 0 {
            return;
        }
        if visit.failed.is_some() {
            let failed = visit.failed;
            return self.answer(id, failed);
        }
        if visit.left == 0 {
            return self.next_step(id);
        }
        visit.left -= 1;
        visit.pending = 1;
        let service = self.pool.service(visit.service);
        let done = visit.step as usize - 1;
        let before: usize = service.steps[..done].iter().map(|s| s.calls().len()).sum();
        let line = self.first_line[visit.service as usize] + before as u32;
        if let Some(call) = service.steps[done].calls().first() {
            self.tasks.push(task(id, call, line, visit));
        }
    }

    /// A visit is over.
    fn answer(&mut self, id: VisitId, failed: Option<Failure>) {
        let Some(visit) = self.visits.remove(id) else { return };
        let time_s = failed.is_none().then_some(self.now_s - visit.arrived_s);
        self.pool.count(visit.service, time_s);
        let next = self.pool.leave(self.now_s, visit.replica);
        self.tasks.extend(next.map(Task::Begins));
        self.tell(visit.parent, visit.arrived_s, failed);
    }

    /// Nobody waits for a visit any longer. Nobody tells it: it goes on.
    pub(crate) fn give_up(&mut self, id: VisitId) {
        let Some(visit) = self.visits.get(id) else { return };
        let parent = std::mem::replace(&mut visit.parent, Parent::Nobody);
        let arrived_s = visit.arrived_s;
        let failure = match parent {
            Parent::Client { .. } => Failure::Timeout,
            Parent::Visit(_) | Parent::Nobody => Failure::UpstreamTimeout,
        };
        self.tell(parent, arrived_s, Some(failure));
    }

    /// Tells whoever waits for an answer.
    pub(crate) fn tell(&mut self, parent: Parent, sent_s: f64, failed: Option<Failure>) {
        match parent {
            Parent::Client { client, endpoint } => self.client_answered(client, endpoint, sent_s, failed),
            Parent::Visit(id) => self.tasks.push(Task::Returned(id, failed)),
            Parent::Nobody => {}
        }
    }
}

/// How often a call is made this time.
fn times(call: &Call, visit: &mut Visit) -> u32 {
    let whole = call.times.floor();
    let rest = call.times - whole;
    let more = rest > 0.0 && {
        visit.calls += 1;
        let own = sub_key(visit.key, u64::from(visit.calls));
        Stream::of(own, Purpose::Calls).unit() <= rest
    };
    whole as u32 + u32::from(more)
}

/// A call of a visit, with a key of its own.
fn task(id: VisitId, call: &Call, line: u32, visit: &mut Visit) -> Task {
    visit.calls += 1;
    let key = sub_key(visit.key, u64::from(visit.calls));
    Task::Call { parent: Parent::Visit(id), line, service: call.service as u32, key }
}
