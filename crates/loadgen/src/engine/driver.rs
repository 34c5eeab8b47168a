//! Who decides what is due: the users of the closed model or the schedule of the open one.

use super::backlog::{Backlog, Intent};
use super::closed::Users;
use super::crowd::Crowd;
use super::levels::Change;
use super::logic::InBatch;
use super::open::Sessions;
use super::pool::Pool;
use super::recorder::Recorder;
use super::roster::{Lots, Roster};
use super::tap::Tap;
use super::timeline::Timeline;
use crate::scenario::compiled::Compiled;
use crate::spec::{LoadSpec, Model};
use swarmlab_intervals::ErrorKind;

/// The model of one thread.
pub(crate) enum Driver {
    Closed(Box<Users>),
    Open(Box<Sessions>),
}

/// The rooms of a thread that its driver works with.
pub(crate) struct Desk<'w, 'a> {
    pub crowd: &'w mut Crowd<'a>,
    pub recorder: &'w mut Recorder<'a>,
    pub backlog: &'w mut Backlog,
    pub pool: &'w mut Pool,
    pub time: &'w Timeline,
    /// Where what fails is told, if somebody looks on.
    pub tap: Option<&'w Tap>,
}

impl Driver {
    pub fn new(spec: &LoadSpec, compiled: &Compiled, thread: usize) -> Self {
        match &spec.model {
            Model::Closed { users, spawn_rate_per_s } => {
                let roster = Roster::new(compiled, spec.seed);
                Driver::Closed(Box::new(Users::new(users.clone(), *spawn_rate_per_s, roster)))
            }
            Model::Open { rate_per_s, arrivals } => {
                let lots = Lots::new(compiled, spec.seed);
                let place = (thread, spec.threads);
                Driver::Open(Box::new(Sessions::new(rate_per_s, *arrivals, spec.seed, place, lots)))
            }
        }
    }

    pub fn is_open(&self) -> bool {
        matches!(self, Driver::Open(_))
    }

    /// When the next request is due.
    pub fn next_ns(&self) -> u64 {
        match self {
            Driver::Closed(users) => users.next_ns(),
            Driver::Open(sessions) => sessions.next_ns(),
        }
    }

    /// The level is another one from some moment on.
    pub fn change(&mut self, change: Change) {
        match self {
            Driver::Closed(users) => users.change(change),
            Driver::Open(sessions) => sessions.change(change),
        }
    }

    /// Puts into the queue what became due up to `until_ns`.
    pub fn admit(&mut self, until_ns: u64, now_ns: u64, desk: &mut Desk<'_, '_>) {
        match self {
            Driver::Closed(users) => users.admit(until_ns, now_ns, desk),
            Driver::Open(sessions) => sessions.admit(until_ns, now_ns, desk),
        }
    }

    /// Who sends an arrival that belongs to nobody yet, and what of its request is wrong before it is sent.
    pub fn take(&mut self, now_ns: u64, desk: &mut Desk<'_, '_>) -> (u32, Option<ErrorKind>) {
        match self {
            // Each intent of the closed model is some user's.
            Driver::Closed(_) => (0, None),
            Driver::Open(sessions) => sessions.take(now_ns, desk),
        }
    }

    /// The request of a user or session has ended, with an error or with success. What it does next, if that is
    /// due at once.
    pub fn done(
        &mut self,
        actor: u32,
        error: Option<ErrorKind>,
        now_ns: u64,
        desk: &mut Desk<'_, '_>,
    ) -> Option<Intent> {
        // A batch that has begun is brought to its end within the drain time, as a request is.
        let goes_on = !desk.time.is_closing() && error != Some(ErrorKind::Abandoned);
        let error = match desk.crowd.leave_batch(actor, error, goes_on) {
            InBatch::Over(error) => error,
            InBatch::GoesOn(step) => return step.map(|step| desk.offer_step(actor, step, now_ns)),
        };
        match self {
            Driver::Closed(users) => users.done(actor, error, now_ns, desk),
            Driver::Open(sessions) => {
                sessions.done(actor, error, now_ns, desk);
                None
            }
        }
    }

    /// The load has ended and nothing waits any more: sessions do what their class does at the stop, once.
    pub fn farewell(&mut self, now_ns: u64, desk: &mut Desk<'_, '_>) {
        match self {
            // Users leave one by one, when the load ends or their request does.
            Driver::Closed(_) => {}
            Driver::Open(sessions) => sessions.farewell(now_ns, desk),
        }
    }
}

impl Desk<'_, '_> {
    /// An actor's next request is due: it is counted, and waits from now on. What is sent beside it is in the queue.
    pub fn offer(&mut self, actor: u32, intended_ns: u64) -> Intent {
        let intent = self.offer_step(actor, self.crowd.get(actor).step, intended_ns);
        self.enqueue_batch(actor, intended_ns);
        intent
    }

    /// The same for any step of its.
    pub fn offer_step(&mut self, actor: u32, step: usize, intended_ns: u64) -> Intent {
        self.recorder.offered();
        self.recorder.assigned(self.crowd.endpoint(actor, step));
        self.recorder.queued(intended_ns);
        Intent { intended_ns, actor: Some(actor), step: step as u32, is_computed: false }
    }

    /// What an actor sends beside its next request goes to the queue.
    pub fn enqueue_batch(&mut self, actor: u32, intended_ns: u64) {
        while let Some(step) = self.crowd.next_of_batch(actor) {
            let intent = self.offer_step(actor, step, intended_ns);
            self.backlog.push(intent);
        }
    }

    /// An actor's next request is due, but there can be none: it lacks a row, or a value before it could not be computed. It
    /// is counted as failed.
    pub fn fail_due(&mut self, actor: u32, kind: ErrorKind, now_ns: u64) {
        let step = self.crowd.get(actor).step;
        let endpoint = self.crowd.endpoint(actor, step);
        self.recorder.offered();
        self.recorder.assigned(endpoint);
        self.recorder.failed(endpoint, false, kind, now_ns);
        self.note_problem(actor, step);
        if let Some(tap) = self.tap {
            tap.failed(step as u32, kind);
        }
    }

    /// Keeps why a value could not be computed.
    pub fn note_problem(&mut self, actor: u32, step: usize) {
        if let Some(problem) = &self.crowd.get(actor).logic.problem {
            let endpoint = &self.crowd.compiled().endpoints[self.crowd.endpoint(actor, step)];
            self.recorder.note(ErrorKind::EvaluationFailed, endpoint, problem);
        }
    }

    /// An actor's next request is due and goes to the queue.
    pub fn enqueue(&mut self, actor: u32, intended_ns: u64) {
        let intent = self.offer(actor, intended_ns);
        self.backlog.push(intent);
    }
}
