//! The closed model: users who follow the shape, request, think, and begin again.

use super::actor::{Actor, Doing, Phase};
use super::journey::Next;
use super::roster::Roster;
use super::timers::Timers;
use super::worker::{Driver, Intent, Worker};
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

/// How a request gets to its connection.
#[derive(Clone, Copy)]
enum Way {
    /// Through the queue: others may have waited for longer.
    Queue,
    /// At once, unless others wait.
    Straight,
}

/// The users of one thread.
pub(crate) struct Users {
    shape: Shape,
    spawn_rate_per_s: Option<f64>,
    next_tick_ns: u64,
    load_end_ns: u64,
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
    pub fn new(shape: Shape, spawn_rate_per_s: Option<f64>, load_end_ns: u64, roster: Roster) -> Self {
        Self {
            shape,
            spawn_rate_per_s,
            next_tick_ns: 0,
            load_end_ns,
            allowed: 0.0,
            target: 0,
            wakes: Timers::default(),
            roster,
        }
    }

    pub fn next_ns(&self) -> u64 {
        self.next_tick_ns.min(self.wakes.next_ns())
    }

    /// Sets the number of users for the tick that is due; it depends on nothing but the tick, so that all
    /// threads agree on the whole number. The moment of the tick.
    fn tick(&mut self, thread: usize, threads: usize) -> u64 {
        let at_ns = self.next_tick_ns;
        let wanted = self.shape.value_at(at_ns as f64 / 1e9);
        self.allowed = match self.spawn_rate_per_s {
            // The first user comes at once, at any rate.
            Some(_) if at_ns == 0 => wanted.min(1.0),
            Some(rate) => wanted.min(self.allowed + rate * (TICK_NS as f64 / 1e9)),
            None => wanted,
        };
        // The tolerance is for sums of spawn rates; whole shapes are not touched by it.
        let tolerance = if self.spawn_rate_per_s.is_some() { 1e-9 } else { 0.0 };
        let users = (self.allowed + tolerance) as usize;
        self.target = (users + threads - 1 - thread) / threads;
        self.next_tick_ns =
            if at_ns >= self.load_end_ns { u64::MAX } else { (at_ns + TICK_NS).min(self.load_end_ns) };
        at_ns
    }
}

impl Worker<'_> {
    /// Moves the users on to `until_ns`: ticks and wake-ups, in the order of their moments.
    pub fn admit_users(&mut self, until_ns: u64, now_ns: u64, load_end_ns: u64) {
        loop {
            let Driver::Closed(users) = &mut self.driver else { return };
            // A stop moves the end of the load: the last tick moves with it.
            users.load_end_ns = load_end_ns;
            users.next_tick_ns = users.next_tick_ns.min(load_end_ns);
            let (tick_ns, wake_ns) = (users.next_tick_ns, users.wakes.next_ns());
            if tick_ns.min(wake_ns) > until_ns {
                return;
            }
            if tick_ns <= wake_ns {
                let at_ns = users.tick(self.thread, self.shared.spec.threads);
                // Users without think time set no timer: the ticks tell how late their answers are noticed.
                self.recorder.picked_up(at_ns, now_ns);
                if at_ns >= load_end_ns {
                    users.target = 0;
                    users.next_tick_ns = u64::MAX;
                }
                self.follow_target(at_ns, now_ns);
                if at_ns >= load_end_ns {
                    return;
                }
            } else if let Some((at_ns, actor, version)) = users.wakes.pop_due(wake_ns) {
                let user = &mut self.actors[actor as usize];
                if user.version == version && user.doing == Doing::Resting {
                    user.iteration_start_ns = at_ns;
                    let next = user.resume(&self.shared.compiled, &mut self.turns);
                    self.recorder.thinking.down(at_ns);
                    self.recorder.overslept(at_ns, now_ns);
                    self.proceed(actor, next, None, at_ns, Way::Queue);
                }
            }
        }
    }

    /// Starts or sends away users until there are as many as there shall be. Those with a request under way
    /// leave after it.
    fn follow_target(&mut self, at_ns: u64, now_ns: u64) {
        let target = self.target();
        let spec = &self.shared.spec;
        if let Driver::Closed(users) = &mut self.driver {
            while self.actors.len() < target {
                let id = (self.actors.len() * spec.threads + self.thread) as u64;
                let (class, variant) = users.roster.assign(id);
                self.actors.push(Actor::new(id, class, variant, spec.seed));
            }
        }
        for index in 0..self.actors.len() {
            let user = &mut self.actors[index];
            if index < target && user.doing == Doing::Away && !user.retired {
                user.iteration_start_ns = at_ns;
                let next = user.enter(&self.shared.compiled, &mut self.turns);
                self.recorder.users.up(at_ns);
                self.recorder.overslept(at_ns, now_ns);
                self.proceed(index as u32, next, None, at_ns, Way::Queue);
            } else if index >= target && user.doing == Doing::Resting {
                self.recorder.thinking.down(at_ns);
                self.depart(index as u32, at_ns, Way::Queue);
            }
        }
    }

    fn target(&self) -> usize {
        match &self.driver {
            Driver::Closed(users) => users.target,
            Driver::Open(_) => 0,
        }
    }

    /// A user is ready for its next request: it goes to the queue.
    fn enqueue(&mut self, actor: u32, intended_ns: u64) {
        self.actors[actor as usize].doing = Doing::Requesting;
        self.count_offered(actor);
        self.recorder.queued.up(intended_ns);
        self.queue.push_back(Intent { intended_ns, actor: Some(actor) });
    }

    fn count_offered(&mut self, actor: u32) {
        let endpoint = self.endpoint_of(actor);
        self.recorder.now.offered += 1;
        self.recorder.now.endpoints[endpoint].tally.offered += 1;
    }

    /// A user is to leave: it does first what its class does at the stop.
    fn depart(&mut self, actor: u32, at_ns: u64, way: Way) {
        let user = &mut self.actors[actor as usize];
        user.version = user.version.wrapping_add(1);
        let next =
            if self.closing { Next::Gone } else { user.begin_stop(&self.shared.compiled, &mut self.turns) };
        self.proceed(actor, next, None, at_ns, way);
    }

    fn leave(&mut self, actor: u32, at_ns: u64) {
        let user = &mut self.actors[actor as usize];
        user.doing = Doing::Away;
        user.at_boundary = true;
        user.version = user.version.wrapping_add(1);
        self.recorder.users.down(at_ns);
        // Its connections go with it, so that a target sees as many as there are users; unless others wait
        // for one.
        while let Some(connection) = self.actors[actor as usize].take_connection() {
            if self.queue.is_empty() && self.pool.take_preferred(connection) {
                self.pool.close(connection.0);
            }
        }
    }

    /// A user's request has ended, with an error or with success.
    pub fn user_done(&mut self, actor: u32, error: Option<ErrorKind>, now_ns: u64) {
        let staying = (actor as usize) < self.target() && !self.is_draining();
        let user = &mut self.actors[actor as usize];
        let is_stopping = user.phase == Phase::Stop;
        let next = user.after(error.is_none(), &self.shared.compiled, &mut self.turns);
        if staying || (is_stopping && !self.closing) {
            return self.proceed(actor, next, error, now_ns, Way::Straight);
        }
        self.recorder.now.iterations_completed += u64::from(next == Next::Rest { completed: true });
        if is_stopping {
            self.leave(actor, now_ns);
        } else {
            self.depart(actor, now_ns, Way::Straight);
        }
    }

    /// A user does what comes next. `error` is how its last request ended.
    fn proceed(&mut self, actor: u32, mut next: Next, mut error: Option<ErrorKind>, now_ns: u64, way: Way) {
        let compiled = &self.shared.compiled;
        let mut blank = 0;
        loop {
            match next {
                Next::Request => {
                    return match way {
                        Way::Queue => self.enqueue(actor, now_ns),
                        Way::Straight => self.submit(actor, now_ns),
                    };
                }
                Next::Gone => return self.leave(actor, now_ns),
                Next::Exhausted => {
                    // The request that lacks its row is due, and fails.
                    self.count_offered(actor);
                    let endpoint = self.endpoint_of(actor);
                    self.recorder.failed(endpoint, false, ErrorKind::FeederExhausted, now_ns);
                    self.actors[actor as usize].retired = true;
                    return self.depart(actor, now_ns, way);
                }
                Next::Rest { completed } => {
                    self.recorder.now.iterations_completed += u64::from(completed);
                    let user = &mut self.actors[actor as usize];
                    let iteration_s = now_ns.saturating_sub(user.iteration_start_ns) as f64 / 1e9;
                    let wait = compiled.classes[user.class].wait;
                    let mut wait_ns = (wait.draw_s(iteration_s, &mut user.random) * 1e9) as u64;
                    if error.take().is_some_and(ErrorKind::is_before_send) {
                        wait_ns = wait_ns.max(FAILURE_PAUSE_NS);
                    }
                    blank += 1;
                    if blank > BLANK_ITERATIONS {
                        wait_ns = wait_ns.max(BLANK_PAUSE_NS);
                    }
                    user.iteration_start_ns = now_ns;
                    if wait_ns > 0 {
                        return self.rest(actor, now_ns, wait_ns);
                    }
                    next = user.resume(compiled, &mut self.turns);
                }
            }
        }
    }

    /// A user waits.
    fn rest(&mut self, actor: u32, now_ns: u64, wait_ns: u64) {
        let user = &mut self.actors[actor as usize];
        user.doing = Doing::Resting;
        user.version = user.version.wrapping_add(1);
        let version = user.version;
        self.recorder.thinking.up(now_ns);
        if let Driver::Closed(users) = &mut self.driver {
            users.wakes.add(now_ns.saturating_add(wait_ns), actor, version);
        }
    }

    /// A user goes on at once: straight to its connection unless others wait.
    fn submit(&mut self, actor: u32, intended_ns: u64) {
        if self.queue.is_empty() && self.can_start() {
            self.actors[actor as usize].doing = Doing::Requesting;
            self.count_offered(actor);
            self.recorder.queued.up(intended_ns);
            self.dispatch(Intent { intended_ns, actor: Some(actor) }, intended_ns);
        } else {
            self.enqueue(actor, intended_ns);
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::scenario::compiled::{Compiled, TargetText};
    use crate::scenario::{Scenario, Step, Template};
    use crate::wait::Wait;
    use swarmlab_shapes::shape::{Constant, Ramp};

    fn roster() -> Roster {
        let step = Step::new("s", "GET", Template::parse("/").unwrap());
        let scenario = Scenario::journey("s", vec![step], Wait::default());
        let target = TargetText { name: "", host: "h", base_path: "", closes: false };
        Roster::new(&Compiled::new(&scenario, &[target], 1.0), 0)
    }

    /// The number of users at each tick, summed over the threads.
    fn follow(shape: &Shape, spawn_rate_per_s: Option<f64>, threads: usize) -> Vec<usize> {
        let end_ns = (shape.duration_s() * 1e9) as u64;
        let mut all: Vec<Users> =
            (0..threads).map(|_| Users::new(shape.clone(), spawn_rate_per_s, end_ns, roster())).collect();
        let mut counts = Vec::new();
        while all[0].next_tick_ns != u64::MAX {
            for (thread, users) in all.iter_mut().enumerate() {
                users.tick(thread, threads);
            }
            counts.push(all.iter().map(|users| users.target).sum());
        }
        counts
    }

    #[test]
    fn users_are_the_integer_part_of_the_shape_on_any_number_of_threads() {
        let shape = Shape::Ramp(Ramp { from: 0.0, to: 30.0, duration_s: 10.0 });
        for threads in [1, 2, 3, 7] {
            let counts = follow(&shape, None, threads);
            assert_eq!(counts.len(), 501);
            for (tick, count) in counts.iter().enumerate() {
                let t_s = tick as f64 * 0.02;
                assert_eq!(*count, shape.value_at(t_s) as usize, "{t_s}");
            }
        }
    }

    #[test]
    fn the_spawn_rate_limits_the_rise() {
        let shape = Shape::Constant(Constant { level: 20.0, duration_s: 10.0 });
        let counts = follow(&shape, Some(4.0), 2);
        assert_eq!((counts[0], counts[50], counts[100], counts[400]), (1, 5, 9, 20));
        assert_eq!(counts[500], 0);
    }

    #[test]
    fn a_spawn_rate_below_one_starts_the_first_user_at_once() {
        let shape = Shape::Constant(Constant { level: 20.0, duration_s: 10.0 });
        let counts = follow(&shape, Some(0.5), 2);
        assert_eq!((counts[0], counts[99], counts[100], counts[200]), (1, 1, 2, 3));
    }
}
