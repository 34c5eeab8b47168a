//! The open model: arrivals by schedule, each taken by a session for its next step.

use std::collections::VecDeque;
use std::iter::{Skip, StepBy};

use super::actor::{Actor, Doing, Phase};
use super::journey::Next;
use super::roster::Lots;
use super::worker::{Driver, Intent, Worker};
use swarmlab_intervals::ErrorKind;
use swarmlab_shapes::Shape;
use swarmlab_shapes::{Arrivals, Schedule};

/// An arrival needs a request. Of a session whose iterations send nothing (each step is skipped by chance) so
/// many are passed over; then the first step is done anyway.
const BLANK_ITERATIONS: u32 = 1000;

/// The schedule of one thread, and its sessions.
pub(crate) struct Sessions {
    schedule: StepBy<Skip<Schedule>>,
    next_ns: u64,
    /// Sessions without a request by class and variant, least recently used first.
    idle: Vec<VecDeque<u32>>,
    /// Which class and variant each arrival belongs to.
    lots: Lots,
    /// Arrivals that have found a session.
    taken: u64,
}

impl Sessions {
    pub fn new(
        rate_per_s: &Shape,
        arrivals: Arrivals,
        seed: u64,
        (thread, threads): (usize, usize),
        lots: Lots,
    ) -> Self {
        let schedule = Schedule::new(rate_per_s, arrivals, seed).skip(thread).step_by(threads);
        let idle = vec![VecDeque::new(); lots.groups()];
        let mut sessions = Self { schedule, next_ns: 0, idle, lots, taken: 0 };
        sessions.step();
        sessions
    }

    pub fn next_ns(&self) -> u64 {
        self.next_ns
    }

    fn step(&mut self) {
        self.next_ns = self.schedule.next().map_or(u64::MAX, |t_s| (t_s * 1e9) as u64);
    }
}

impl Worker<'_> {
    /// Puts arrivals due up to `until_ns` and before the end of the load into the queue.
    pub fn admit_arrivals(&mut self, until_ns: u64, now_ns: u64, load_end_ns: u64) {
        let Driver::Open(sessions) = &mut self.driver else { return };
        while sessions.next_ns <= until_ns && sessions.next_ns < load_end_ns {
            let intended_ns = sessions.next_ns;
            sessions.step();
            self.recorder.now.offered += 1;
            self.recorder.picked_up(intended_ns, now_ns);
            self.recorder.queued.up(intended_ns);
            self.queue.push_back(Intent { intended_ns, actor: None });
        }
    }

    /// The session that takes the next arrival: of those of its class and variant the one idle for longest, or a
    /// new one; and whether it has what the request needs.
    pub fn take_session(&mut self, now_ns: u64) -> (u32, bool) {
        let Driver::Open(sessions) = &mut self.driver else { return (0, true) };
        let spec = &self.shared.spec;
        let group = sessions.lots.draw(sessions.taken * spec.threads as u64 + self.thread as u64);
        sessions.taken += 1;
        let compiled = &self.shared.compiled;
        let (index, is_new) = match sessions.idle[group].pop_front() {
            Some(index) => (index, false),
            None => {
                let id = (self.actors.len() * spec.threads + self.thread) as u64;
                let (class, variant) = sessions.lots.class_and_variant(group);
                self.actors.push(Actor::new(id, class, variant, spec.seed));
                (self.actors.len() as u32 - 1, true)
            }
        };
        let session = &mut self.actors[index as usize];
        session.doing = Doing::Requesting;
        let mut next = match () {
            () if is_new => session.enter(compiled, &mut self.turns),
            () if session.at_boundary => session.resume(compiled, &mut self.turns),
            () => Next::Request,
        };
        for _ in 0..BLANK_ITERATIONS {
            let Next::Rest { completed } = next else { break };
            self.recorder.now.iterations_completed += u64::from(completed);
            next = session.resume(compiled, &mut self.turns);
        }
        let endpoint = self.endpoint_of(index);
        self.recorder.now.endpoints[endpoint].tally.offered += 1;
        self.recorder.users.up(now_ns);
        (index, next != Next::Exhausted)
    }

    /// A session's request has ended.
    pub fn session_done(&mut self, actor: u32, error: Option<ErrorKind>, now_ns: u64) {
        let session = &mut self.actors[actor as usize];
        let is_stopping = session.phase == Phase::Stop;
        let next = session.after(error.is_none(), &self.shared.compiled, &mut self.turns);
        self.recorder.now.iterations_completed += u64::from(next == Next::Rest { completed: true });
        if is_stopping && next == Next::Request && !self.closing {
            return self.enqueue_farewell(actor, now_ns);
        }
        session.doing = if is_stopping { Doing::Away } else { Doing::Resting };
        self.recorder.users.down(now_ns);
        if is_stopping {
            return;
        }
        if self.farewell {
            self.stop_session(actor, now_ns);
        } else if let Driver::Open(sessions) = &mut self.driver {
            let session = &self.actors[actor as usize];
            sessions.idle[sessions.lots.group(session.class, session.variant)].push_back(actor);
        }
    }

    /// The load has ended and no arrival waits any more: sessions do what their class does at the stop.
    pub fn stop_sessions(&mut self, now_ns: u64) {
        self.farewell = true;
        if matches!(self.driver, Driver::Open(_)) {
            for index in 0..self.actors.len() {
                if self.actors[index].doing == Doing::Resting {
                    self.stop_session(index as u32, now_ns);
                }
            }
        }
    }

    fn stop_session(&mut self, actor: u32, now_ns: u64) {
        let session = &mut self.actors[actor as usize];
        session.doing = Doing::Away;
        if !self.closing && session.begin_stop(&self.shared.compiled, &mut self.turns) == Next::Request {
            session.doing = Doing::Requesting;
            self.recorder.users.up(now_ns);
            self.enqueue_farewell(actor, now_ns);
        }
    }

    fn enqueue_farewell(&mut self, actor: u32, now_ns: u64) {
        let endpoint = self.endpoint_of(actor);
        self.recorder.now.offered += 1;
        self.recorder.now.endpoints[endpoint].tally.offered += 1;
        self.recorder.queued.up(now_ns);
        self.queue.push_back(Intent { intended_ns: now_ns, actor: Some(actor) });
    }
}
