//! The open model: arrivals by schedule, each taken by a session for its next step.

use std::collections::VecDeque;

use super::actor::{Doing, Phase};
use super::backlog::Intent;
use super::driver::Desk;
use super::journey::Next;
use super::levels::Change;
use super::roster::Lots;
use crate::scenario::expression::EvaluationError;
use swarmlab_intervals::ErrorKind;
use swarmlab_shapes::Shape;
use swarmlab_shapes::{Arrivals, Schedule, ThreadSchedule};

/// An arrival needs a request. Of a session whose iterations send nothing (each step is skipped by chance or by its
/// condition) so many are passed over; then the arrival has failed.
const BLANK_ITERATIONS: u32 = 1000;

/// The schedule of one thread, and its sessions.
pub(crate) struct Sessions {
    schedule: ThreadSchedule,
    next_ns: u64,
    /// The first moment whose arrivals have not been admitted yet.
    admitted_ns: u64,
    /// Sessions without a request by class and variant, least recently used first.
    idle: Vec<VecDeque<u32>>,
    /// Which class and variant each arrival belongs to.
    lots: Lots,
    /// Arrivals that have found a session.
    taken: u64,
    /// Whether the sessions have been sent to their stop.
    has_parted: bool,
}

impl Sessions {
    pub fn new(
        rate_per_s: &Shape,
        arrivals: Arrivals,
        seed: u64,
        (thread, threads): (usize, usize),
        lots: Lots,
    ) -> Self {
        let schedule = Schedule::new(rate_per_s, arrivals, seed).for_thread(thread, threads);
        let idle = vec![VecDeque::new(); lots.groups()];
        let mut sessions =
            Self { schedule, next_ns: 0, admitted_ns: 0, idle, lots, taken: 0, has_parted: false };
        sessions.step();
        sessions
    }

    pub fn next_ns(&self) -> u64 {
        self.next_ns
    }

    fn step(&mut self) {
        self.next_ns = self.schedule.next().map_or(u64::MAX, |t_s| (t_s * 1e9) as u64);
    }

    /// The rate is another one from some moment on, but what has been admitted stays so: a thread that hears of it
    /// too late goes on from where it is.
    pub fn change(&mut self, Change { at_ns, level }: Change) {
        self.schedule.set_level(at_ns.max(self.admitted_ns) as f64 / 1e9, level);
        self.step();
    }

    /// Puts arrivals due up to `until_ns` and before the end of the load into the queue.
    pub fn admit(&mut self, until_ns: u64, now_ns: u64, desk: &mut Desk<'_, '_>) {
        let load_end_ns = desk.time.load_end_ns();
        while self.next_ns <= until_ns && self.next_ns < load_end_ns {
            let intended_ns = self.next_ns;
            self.step();
            desk.recorder.offered();
            desk.recorder.picked_up(intended_ns, now_ns);
            desk.recorder.queued(intended_ns);
            desk.backlog.push(Intent::arrival(intended_ns));
        }
        self.admitted_ns = until_ns + 1;
    }

    /// The session that takes the next arrival: of those of its class and variant the one idle for longest, or a
    /// new one; and what the request lacks. What is sent beside it is in the queue.
    pub fn take(&mut self, now_ns: u64, desk: &mut Desk<'_, '_>) -> (u32, Option<ErrorKind>) {
        let crowd = &mut *desk.crowd;
        let group = self.lots.draw(crowd.number(self.taken));
        self.taken += 1;
        let (session, is_new) = match self.idle[group].pop_front() {
            Some(session) => (session, false),
            None => {
                let (class, variant) = self.lots.class_and_variant(group);
                (crowd.add(class, variant), true)
            }
        };
        crowd.get_mut(session).doing = Doing::Requesting;
        let mut next = match () {
            () if is_new => crowd.enter(session),
            () if crowd.get(session).at_boundary => crowd.resume(session),
            () if crowd.get(session).logic.problem.is_some() => Next::Failed,
            () => Next::Request,
        };
        for _ in 0..BLANK_ITERATIONS {
            let Next::Rest { completed } = next else { break };
            desk.recorder.iterated(completed);
            next = crowd.resume(session);
        }
        if let Next::Rest { .. } = next {
            crowd.get_mut(session).logic.problem = Some(EvaluationError::NoRequest(BLANK_ITERATIONS));
            next = Next::Failed;
        }
        desk.recorder.assigned(crowd.endpoint_of(session));
        desk.recorder.came(now_ns);
        let lacks = match next {
            Next::Exhausted => Some(ErrorKind::FeederExhausted),
            Next::Failed => {
                desk.note_problem(session, desk.crowd.get(session).step);
                Some(ErrorKind::EvaluationFailed)
            }
            _ => {
                desk.enqueue_batch(session, now_ns);
                None
            }
        };
        (session, lacks)
    }

    /// A session's request has ended.
    pub fn done(&mut self, actor: u32, error: Option<ErrorKind>, now_ns: u64, desk: &mut Desk<'_, '_>) {
        let is_stopping = desk.crowd.get(actor).phase == Phase::Stop;
        let next = desk.crowd.after(actor, error.is_none());
        desk.recorder.iterated(next == Next::Rest { completed: true });
        if is_stopping && next == Next::Request && !desk.time.is_closing() {
            return desk.enqueue(actor, now_ns);
        }
        if is_stopping && next == Next::Failed {
            desk.fail_due(actor, ErrorKind::EvaluationFailed, now_ns);
        }
        let session = desk.crowd.get_mut(actor);
        if next == Next::Exhausted {
            // The next arrival asks for the row again, and is told that there is none.
            session.at_boundary = true;
        }
        session.doing = if is_stopping { Doing::Away } else { Doing::Resting };
        desk.recorder.left(now_ns);
        if is_stopping {
            return;
        }
        if self.has_parted {
            part(actor, now_ns, desk);
        } else {
            self.idle[self.lots.group(session.class, session.variant)].push_back(actor);
        }
    }

    /// The load has ended and no arrival waits any more: sessions do what their class does at the stop.
    pub fn farewell(&mut self, now_ns: u64, desk: &mut Desk<'_, '_>) {
        if std::mem::replace(&mut self.has_parted, true) {
            return;
        }
        for actor in 0..desk.crowd.len() as u32 {
            if desk.crowd.get(actor).doing == Doing::Resting {
                part(actor, now_ns, desk);
            }
        }
    }
}

/// A session comes to its stop.
fn part(actor: u32, now_ns: u64, desk: &mut Desk<'_, '_>) {
    desk.crowd.get_mut(actor).doing = Doing::Away;
    if desk.time.is_closing() {
        return;
    }
    match desk.crowd.begin_stop(actor) {
        Next::Request => {
            desk.crowd.get_mut(actor).doing = Doing::Requesting;
            desk.recorder.came(now_ns);
            desk.enqueue(actor, now_ns);
        }
        Next::Failed => desk.fail_due(actor, ErrorKind::EvaluationFailed, now_ns),
        _ => {}
    }
}
