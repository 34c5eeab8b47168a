//! The closed model: users who follow the shape, request, think, and begin again.

use std::collections::VecDeque;

use super::actor::{Doing, Phase};
use super::backlog::Intent;
use super::driver::Desk;
use super::journey::Next;
use super::levels::Change;
use super::roster::Roster;
use super::timers::Timers;
use swarmlab_intervals::ErrorKind;
use swarmlab_shapes::Shape;

/// How often the number of users is set to the shape's, nanoseconds.
const TICK_NS: u64 = 20_000_000;

/// Least pause of a user whose request could not be sent at all, nanoseconds. A target that refuses
/// connections would else be asked as often as the CPU allows.
const FAILURE_PAUSE_NS: u64 = 100_000_000;

/// A user whose iterations send nothing (each step is skipped by chance) and who does not wait either begins
/// so many in a row; then it pauses for a moment, since others want to be served too.
const BLANK_ITERATIONS: u32 = 100;
const BLANK_PAUSE_NS: u64 = 1_000_000;

/// The users of one thread.
pub(crate) struct Users {
    shape: Shape,
    /// What was asked for instead of the shape.
    level: Option<f64>,
    /// What will be, in order.
    changes: VecDeque<Change>,
    spawn_rate_per_s: Option<f64>,
    next_tick_ns: u64,
    last_tick_ns: u64,
    /// The first moment whose ticks and wake-ups have not been admitted yet.
    admitted_ns: u64,
    /// Users over all threads that the shape and the spawn rate allow at the moment.
    allowed: f64,
    /// Users that this thread shall have.
    target: usize,
    /// When waiting users are ready again.
    wakes: Timers,
    /// Which class and variant each user belongs to.
    roster: Roster,
}

impl Users {
    pub fn new(shape: Shape, spawn_rate_per_s: Option<f64>, roster: Roster) -> Self {
        Self {
            shape,
            level: None,
            changes: VecDeque::new(),
            spawn_rate_per_s,
            next_tick_ns: 0,
            last_tick_ns: 0,
            admitted_ns: 0,
            allowed: 0.0,
            target: 0,
            wakes: Timers::default(),
            roster,
        }
    }

    pub fn next_ns(&self) -> u64 {
        self.next_tick_ns.min(self.wakes.next_ns())
    }

    /// The number of users is another one from some moment on, for which there is a tick of its own.
    pub fn change(&mut self, Change { at_ns, level }: Change) {
        let at_ns = at_ns.max(self.admitted_ns);
        self.changes.push_back(Change { at_ns, level });
        // No tick comes after the last one.
        if self.next_tick_ns != u64::MAX {
            self.next_tick_ns = self.next_tick_ns.min(at_ns);
        }
    }

    /// The number of users, over all threads, for the tick that is due; it depends on nothing but the tick, so that
    /// all threads agree on the whole number.
    fn tick(&mut self, load_end_ns: u64) -> usize {
        let at_ns = self.next_tick_ns;
        while let Some(change) = self.changes.front().filter(|change| change.at_ns <= at_ns) {
            self.level = Some(change.level);
            self.changes.pop_front();
        }
        let wanted = self.level.unwrap_or_else(|| self.shape.value_at(at_ns as f64 / 1e9));
        let elapsed_s = (at_ns - self.last_tick_ns) as f64 / 1e9;
        self.last_tick_ns = at_ns;
        self.allowed = match self.spawn_rate_per_s {
            // The first user comes at once, at any rate.
            Some(_) if at_ns == 0 => wanted.min(1.0),
            Some(rate) => wanted.min(self.allowed + rate * elapsed_s),
            None => wanted,
        };
        // The tolerance is for sums of spawn rates; whole shapes are not touched by it.
        let tolerance = if self.spawn_rate_per_s.is_some() { 1e-9 } else { 0.0 };
        if at_ns >= load_end_ns {
            self.next_tick_ns = u64::MAX;
            return 0;
        }
        let change_ns = self.changes.front().map_or(u64::MAX, |change| change.at_ns);
        self.next_tick_ns = ((at_ns / TICK_NS + 1) * TICK_NS).min(load_end_ns).min(change_ns);
        (self.allowed + tolerance) as usize
    }

    /// Moves the users on to `until_ns`: ticks and wake-ups, in the order of their moments.
    pub fn admit(&mut self, until_ns: u64, now_ns: u64, desk: &mut Desk<'_, '_>) {
        let load_end_ns = desk.time.load_end_ns();
        loop {
            // A stop moves the end of the load: the last tick moves with it.
            self.next_tick_ns = self.next_tick_ns.min(load_end_ns);
            let (tick_ns, wake_ns) = (self.next_tick_ns, self.wakes.next_ns());
            if tick_ns.min(wake_ns) > until_ns {
                self.admitted_ns = until_ns + 1;
                return;
            }
            if tick_ns <= wake_ns {
                self.target = desk.crowd.share(self.tick(load_end_ns));
                // Users without think time set no timer: the ticks tell how late their answers are noticed.
                desk.recorder.picked_up(tick_ns, now_ns);
                self.follow_target(tick_ns, now_ns, desk);
                if tick_ns >= load_end_ns {
                    return;
                }
            } else if let Some((at_ns, actor, version)) = self.wakes.pop_due(wake_ns) {
                let user = desk.crowd.get_mut(actor);
                if user.version == version && user.doing == Doing::Resting {
                    user.iteration_start_ns = at_ns;
                    let next = desk.crowd.resume(actor);
                    desk.recorder.thought(at_ns);
                    desk.recorder.overslept(at_ns, now_ns);
                    self.proceed_in_queue(actor, next, at_ns, desk);
                }
            }
        }
    }

    /// Starts or sends away users until there are as many as there shall be. Those with a request under way
    /// leave after it.
    fn follow_target(&mut self, at_ns: u64, now_ns: u64, desk: &mut Desk<'_, '_>) {
        while desk.crowd.len() < self.target {
            let (class, variant) = self.roster.assign(desk.crowd.next_id());
            desk.crowd.add(class, variant);
        }
        for index in 0..desk.crowd.len() as u32 {
            let is_wanted = (index as usize) < self.target;
            let user = desk.crowd.get_mut(index);
            if is_wanted && user.doing == Doing::Away && !user.retired {
                user.iteration_start_ns = at_ns;
                let next = desk.crowd.enter(index);
                desk.recorder.came(at_ns);
                desk.recorder.overslept(at_ns, now_ns);
                self.proceed_in_queue(index, next, at_ns, desk);
            } else if !is_wanted && user.doing == Doing::Resting {
                desk.recorder.thought(at_ns);
                let next = depart(index, desk);
                self.proceed_in_queue(index, next, at_ns, desk);
            }
        }
    }

    /// A user's request has ended, with an error or with success. Its next one, if that is due at once.
    pub fn done(
        &mut self,
        actor: u32,
        error: Option<ErrorKind>,
        now_ns: u64,
        desk: &mut Desk<'_, '_>,
    ) -> Option<Intent> {
        let staying = (actor as usize) < self.target && !desk.time.is_draining();
        let is_stopping = desk.crowd.get(actor).phase == Phase::Stop;
        let next = desk.crowd.after(actor, error.is_none());
        if staying || (is_stopping && !desk.time.is_closing()) {
            return self.proceed(actor, next, error, now_ns, desk);
        }
        desk.recorder.iterated(next == Next::Rest { completed: true });
        if is_stopping {
            leave(actor, now_ns, desk);
            return None;
        }
        let next = depart(actor, desk);
        self.proceed(actor, next, None, now_ns, desk)
    }

    /// A user does what comes next; a request goes to the queue: others may have waited for longer.
    fn proceed_in_queue(&mut self, actor: u32, next: Next, at_ns: u64, desk: &mut Desk<'_, '_>) {
        if let Some(intent) = self.proceed(actor, next, None, at_ns, desk) {
            desk.backlog.push(intent);
        }
    }

    /// A user does what comes next. `error` is how its last request ended. Its next request, if it has one now.
    fn proceed(
        &mut self,
        actor: u32,
        mut next: Next,
        mut error: Option<ErrorKind>,
        now_ns: u64,
        desk: &mut Desk<'_, '_>,
    ) -> Option<Intent> {
        let mut blank = 0;
        loop {
            match next {
                Next::Request => {
                    desk.crowd.get_mut(actor).doing = Doing::Requesting;
                    return Some(desk.offer(actor, now_ns));
                }
                Next::Gone => {
                    leave(actor, now_ns, desk);
                    return None;
                }
                Next::Exhausted => {
                    desk.fail_due(actor, ErrorKind::FeederExhausted, now_ns);
                    desk.crowd.get_mut(actor).retired = true;
                    next = depart(actor, desk);
                }
                Next::Failed => {
                    desk.fail_due(actor, ErrorKind::EvaluationFailed, now_ns);
                    error = Some(ErrorKind::EvaluationFailed);
                    next = desk.crowd.after(actor, false);
                }
                Next::Rest { completed } => {
                    desk.recorder.iterated(completed);
                    let wait_s = {
                        let compiled = desk.crowd.compiled();
                        let user = desk.crowd.get_mut(actor);
                        let iteration_s = now_ns.saturating_sub(user.iteration_start_ns) as f64 / 1e9;
                        user.iteration_start_ns = now_ns;
                        compiled.classes[user.class].wait.draw_s(iteration_s, &mut user.random)
                    };
                    let mut wait_ns = (wait_s * 1e9) as u64;
                    if error.take().is_some_and(ErrorKind::is_before_send) {
                        wait_ns = wait_ns.max(FAILURE_PAUSE_NS);
                    }
                    blank += 1;
                    if blank > BLANK_ITERATIONS {
                        wait_ns = wait_ns.max(BLANK_PAUSE_NS);
                    }
                    if wait_ns > 0 {
                        self.rest(actor, now_ns, wait_ns, desk);
                        return None;
                    }
                    next = desk.crowd.resume(actor);
                }
            }
        }
    }

    /// A user waits.
    fn rest(&mut self, actor: u32, now_ns: u64, wait_ns: u64, desk: &mut Desk<'_, '_>) {
        let user = desk.crowd.get_mut(actor);
        user.doing = Doing::Resting;
        user.version = user.version.wrapping_add(1);
        self.wakes.add(now_ns.saturating_add(wait_ns), actor, user.version);
        desk.recorder.thinks(now_ns);
    }
}

/// A user is to leave: it does first what its class does at the stop.
fn depart(actor: u32, desk: &mut Desk<'_, '_>) -> Next {
    let user = desk.crowd.get_mut(actor);
    user.version = user.version.wrapping_add(1);
    if desk.time.is_closing() { Next::Gone } else { desk.crowd.begin_stop(actor) }
}

/// A user has left.
fn leave(actor: u32, at_ns: u64, desk: &mut Desk<'_, '_>) {
    let user = desk.crowd.get_mut(actor);
    user.doing = Doing::Away;
    user.at_boundary = true;
    user.version = user.version.wrapping_add(1);
    desk.recorder.left(at_ns);
    if let Some(tap) = desk.tap {
        tap.left(user.started);
    }
    // Nobody else can use its WebSockets.
    while let Some(connection) = user.take_socket() {
        if desk.pool.find(connection).is_some() {
            desk.pool.close(connection.0);
        }
    }
    // Its connections go with it, so that a target sees as many as there are users; unless others wait
    // for one.
    while let Some(connection) = user.take_connection() {
        if desk.backlog.is_empty() && desk.pool.take_preferred(connection) {
            desk.pool.close(connection.0);
        }
    }
}

#[cfg(test)]
#[path = "closed_tests.rs"]
mod tests;
