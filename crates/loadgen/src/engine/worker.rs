//! One thread: its state, its loop, and the order in which time moves on.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::actor::{Actor, Phase};
use super::clock::Clock;
use super::closed::Users;
use super::conn::ConnState;
use super::journey::Turns;
use super::judge::Judge;
use super::nap::Nap;
use super::open::Sessions;
use super::poller::{Poller, Ready};
use super::pool::Pool;
use super::recorder::Recorder;
use super::roster::{Lots, Roster};
use super::timers::Timers;
use super::transport::{AddressBook, Answers, Route, Routes, TlsClient};
use crate::error::LoadError;
use crate::http2::Request;
use crate::scenario::compiled::{Compiled, Scratch};
use crate::spec::{LoadSpec, Model};
use swarmlab_intervals::ErrorKind;

/// Size of the buffer that answers are read into, one per thread.
const RECEIVE_BYTES: usize = 64 << 10;

/// What the outside asks of all threads.
#[derive(Debug, Default)]
pub(crate) struct Control {
    pub stop: AtomicBool,
    pub abort: AtomicBool,
}

/// What all threads of a load have in common.
#[derive(Debug)]
pub(crate) struct Shared {
    pub spec: LoadSpec,
    pub compiled: Compiled,
    pub clock: Clock,
    pub control: Arc<Control>,
    /// The addresses of each target.
    pub books: Vec<Arc<AddressBook>>,
    pub answers: Arc<Answers>,
    /// How each target is spoken to under TLS.
    pub tls: Vec<Option<TlsClient>>,
}

impl Shared {
    /// The way of one thread to each target; threads begin at different addresses.
    fn routes(&self, thread: usize) -> Routes {
        let targets = self.spec.targets.iter().zip(&self.books).zip(&self.tls);
        targets.map(|((target, book), tls)| Route::new(target, book, tls.as_ref(), thread)).collect()
    }

    /// The part of a limit that falls to one thread.
    fn share(&self, limit: usize, thread: usize) -> usize {
        limit / self.spec.threads + usize::from(thread < limit % self.spec.threads)
    }
}

/// A request that is due: by which user (closed), or by whichever session is free (open).
#[derive(Debug, Clone, Copy)]
pub(crate) struct Intent {
    pub intended_ns: u64,
    pub actor: Option<u32>,
}

/// Who decides what is due.
pub(crate) enum Driver {
    Closed(Box<Users>),
    Open(Box<Sessions>),
}

/// The state of one thread.
pub(crate) struct Worker<'a> {
    pub shared: &'a Shared,
    pub thread: usize,
    pub recorder: Recorder<'a>,
    pub poller: Poller,
    pub pool: Pool,
    pub actors: Vec<Actor>,
    pub driver: Driver,
    /// Requests that are due but have no connection yet, oldest first.
    pub queue: VecDeque<Intent>,
    /// Requests that hold a connection: established or being established.
    pub under_way: usize,
    pub max_under_way: usize,
    pub max_queue: usize,
    pub timeouts: Timers,
    pub scratch: Scratch,
    pub judge: Judge,
    /// Rows taken from feeders.
    pub turns: Turns,
    /// Whether nothing is begun any more, not even what users do at the stop.
    pub closing: bool,
    /// Whether the sessions of the open model have been sent to their stop.
    pub farewell: bool,
    pub buffer: Box<[u8]>,
    /// Connections with more to read than one turn allows, and whether they are read to the end.
    pub unfinished: Vec<(u64, bool)>,
    /// The way to each target.
    pub routes: Routes,
    /// The last request of each step in the form of HTTP/2.
    pub requests: Vec<Request>,
    /// Shared connections with something to write, and their versions.
    pub dirty: Vec<(u32, u32)>,
    /// Which answers of the name service the routes follow.
    pub addresses_seen: u64,
    nap: Nap,
    load_end_ns: u64,
    drain_end_ns: u64,
    draining: bool,
}

impl<'a> Worker<'a> {
    pub fn new(shared: &'a Shared, thread: usize, poller: Poller, recorder: Recorder<'a>) -> Self {
        let spec = &shared.spec;
        let limits = &spec.limits;
        let load_end_ns = (spec.model.shape().duration_s() * 1e9).round() as u64;
        let driver = match &spec.model {
            Model::Closed { users, spawn_rate_per_s } => {
                let roster = Roster::new(&shared.compiled, spec.seed);
                Driver::Closed(Box::new(Users::new(users.clone(), *spawn_rate_per_s, load_end_ns, roster)))
            }
            Model::Open { rate_per_s, arrivals } => {
                let lots = Lots::new(&shared.compiled, spec.seed);
                let place = (thread, spec.threads);
                Driver::Open(Box::new(Sessions::new(rate_per_s, *arrivals, spec.seed, place, lots)))
            }
        };
        let routes = shared.routes(thread);
        let max_connections = shared.share(limits.max_connections, thread);
        Self {
            shared,
            thread,
            recorder,
            poller,
            pool: Pool::new(
                spec.targets.len(),
                max_connections,
                limits.max_header_bytes,
                limits.max_body_bytes,
            ),
            actors: Vec::new(),
            driver,
            queue: VecDeque::new(),
            under_way: 0,
            max_under_way: match routes.iter().any(|route| route.is_shared) {
                // Requests share connections: these do not limit them.
                true => shared.share(limits.max_in_flight, thread),
                false => shared.share(limits.max_in_flight, thread).min(max_connections),
            },
            max_queue: shared.share(limits.max_queue, thread),
            timeouts: Timers::default(),
            scratch: Scratch::default(),
            judge: Judge::new(&shared.compiled.patterns),
            turns: Turns::new(&shared.compiled, thread, spec.threads),
            closing: false,
            farewell: false,
            buffer: vec![0; RECEIVE_BYTES].into_boxed_slice(),
            unfinished: Vec::new(),
            routes,
            requests: Vec::new(),
            dirty: Vec::new(),
            addresses_seen: 0,
            nap: Nap::default(),
            load_end_ns,
            drain_end_ns: u64::MAX,
            draining: false,
        }
    }

    /// Runs the load to its end.
    pub fn run(mut self) -> Result<(), LoadError> {
        let mut ready = Vec::new();
        self.await_start(&mut ready)?;
        self.recorder.begin();
        loop {
            let now_ns = self.shared.clock.now();
            self.obey(now_ns);
            self.advance(now_ns);
            self.flush_all();
            if self.draining && self.under_way == 0 && self.queue.is_empty() {
                break;
            }
            self.wait(now_ns, &mut ready)?;
            for event in &ready {
                self.on_ready(*event);
                self.after_event();
            }
            for unfinished in std::mem::take(&mut self.unfinished) {
                self.on_unfinished(unfinished);
                self.after_event();
            }
        }
        let end_ns = self.shared.clock.now();
        self.roll(end_ns);
        let open = self.pool.open();
        self.pool.close_all();
        self.recorder.finish(end_ns, self.load_end_ns, open);
        Ok(())
    }

    /// Sleeps until the load starts, or until it is stopped before.
    fn await_start(&mut self, ready: &mut Vec<Ready>) -> Result<(), LoadError> {
        let control = &self.shared.control;
        loop {
            let left_ns = self.shared.clock.until_start_ns();
            if left_ns == 0 || control.stop.load(Ordering::Relaxed) || control.abort.load(Ordering::Relaxed) {
                return Ok(());
            }
            // Moment 0 is the start; the coarse moment only has to lie beyond it.
            self.poller
                .wait_until_start(&self.shared.clock, left_ns, ready)
                .map_err(LoadError::system("epoll_wait"))?;
        }
    }

    fn wait(&mut self, now_ns: u64, ready: &mut Vec<Ready>) -> Result<(), LoadError> {
        let mut precise_ns = u64::MAX;
        let mut coarse_ns = self.recorder.end_ns().min(self.timeouts.next_ns());
        if self.draining {
            coarse_ns = coarse_ns.min(self.drain_end_ns);
        } else {
            precise_ns = self.next_due_ns();
            coarse_ns = coarse_ns.min(self.load_end_ns);
        }
        if !self.unfinished.is_empty() {
            coarse_ns = now_ns;
        }
        let precise_ns = self.nap.until(self.shared.spec.spin_s, now_ns, precise_ns);
        self.poller
            .wait(&self.shared.clock, now_ns, precise_ns, coarse_ns, ready)
            .map_err(LoadError::system("epoll_wait"))
    }

    /// When the next request is due.
    fn next_due_ns(&self) -> u64 {
        match &self.driver {
            Driver::Closed(users) => users.next_ns(),
            Driver::Open(sessions) => sessions.next_ns(),
        }
    }

    /// Takes word from outside.
    fn obey(&mut self, now_ns: u64) {
        self.follow_addresses();
        let control = &self.shared.control;
        let abort = control.abort.load(Ordering::Relaxed);
        if abort || (control.stop.load(Ordering::Relaxed) && !self.draining) {
            self.closing |= abort;
            self.load_end_ns = self.load_end_ns.min(now_ns);
            self.advance(now_ns);
            self.abandon_queue(now_ns);
            if abort {
                self.end_all(now_ns);
            }
        }
    }

    /// Moves time on to `now_ns`: what became due goes to the queue, intervals end, requests that took too
    /// long are ended, and what can be sent is sent.
    pub fn advance(&mut self, now_ns: u64) {
        self.roll(now_ns);
        while let Some((at_ns, index, _)) = self.timeouts.pop_due(now_ns) {
            self.on_timeout(at_ns, index, now_ns);
        }
        if self.draining && now_ns >= self.drain_end_ns {
            self.closing = true;
            self.abandon_queue(now_ns);
            self.end_all(now_ns);
        }
        self.pump(now_ns);
        if self.draining && !self.farewell && self.queue.is_empty() {
            self.stop_sessions(now_ns);
            self.pump(now_ns);
        }
    }

    /// Moves time on without touching a connection: what became due goes to the queue, each in the interval
    /// of its due moment, and intervals end.
    pub fn roll(&mut self, now_ns: u64) {
        loop {
            let end_ns = self.recorder.end_ns();
            let until_ns = now_ns.min(end_ns - 1);
            if !self.draining {
                self.admit(until_ns, now_ns);
                if until_ns >= self.load_end_ns {
                    self.draining = true;
                    self.drain_end_ns =
                        self.load_end_ns.saturating_add((self.shared.spec.drain_s * 1e9) as u64);
                }
            }
            if now_ns < end_ns {
                break;
            }
            let overdue = self.queue.partition_point(|intent| self.recorder.is_overdue(intent.intended_ns));
            let open = self.pool.open();
            self.recorder.turn(open, overdue);
        }
    }

    /// Puts into the queue what became due up to `until_ns`.
    fn admit(&mut self, until_ns: u64, now_ns: u64) {
        if matches!(self.driver, Driver::Closed(_)) {
            self.admit_users(until_ns, now_ns, self.load_end_ns);
        } else {
            self.admit_arrivals(until_ns, now_ns, self.load_end_ns);
        }
    }

    /// Sends what waits, as far as there are connections and slots.
    pub fn pump(&mut self, now_ns: u64) {
        while !self.queue.is_empty() && self.can_start() {
            let Some(intent) = self.queue.pop_front() else { break };
            if !self.dispatch(intent, now_ns) {
                break;
            }
        }
        while self.queue.len() > self.max_queue && self.queue.back().is_some_and(|i| i.actor.is_none()) {
            self.queue.pop_back();
            self.recorder.queued.down(now_ns);
            self.recorder.now.unassigned_errors[ErrorKind::QueueFull as usize] += 1;
        }
    }

    /// Whether another request may take or open a connection.
    pub fn can_start(&self) -> bool {
        self.under_way < self.max_under_way && self.pool.has_room()
    }

    /// Between two events of a batch: arrivals must not wait for the whole batch.
    fn after_event(&mut self) {
        let waiting = !self.queue.is_empty() && self.can_start();
        if waiting || matches!(self.driver, Driver::Open(_)) {
            let now_ns = self.shared.clock.now();
            if waiting || self.next_due_ns() <= now_ns {
                self.advance(now_ns);
            }
        }
        self.flush_all();
    }

    /// Gives up what waits in the queue; as long as the drain time lasts not what users do at the stop.
    fn abandon_queue(&mut self, now_ns: u64) {
        // What is abandoned may lead to a stop, which goes to the end of the queue: these are not looked at.
        for _ in 0..self.queue.len() {
            let Some(intent) = self.queue.pop_front() else { return };
            let is_stop = |actor: u32| self.actors[actor as usize].phase == Phase::Stop;
            if !self.closing && intent.actor.is_some_and(is_stop) {
                self.queue.push_back(intent);
                continue;
            }
            self.recorder.queued.down(now_ns);
            match intent.actor {
                None => self.recorder.now.unassigned_errors[ErrorKind::Abandoned as usize] += 1,
                Some(actor) => self.fail_unsent(actor, ErrorKind::Abandoned, now_ns),
            }
        }
    }

    /// Ends all requests under way.
    fn end_all(&mut self, now_ns: u64) {
        for index in self.pool.indices() {
            let conn = self.pool.get(index);
            if conn.mux.is_some() {
                self.fail_shared(index, ErrorKind::Aborted, ErrorKind::Abandoned, now_ns);
                continue;
            }
            if matches!(conn.state, ConnState::Connecting | ConnState::Handshaking | ConnState::Busy) {
                let was_sent = conn.job.is_some_and(|job| job.sent_ns.is_some());
                let kind = if was_sent { ErrorKind::Aborted } else { ErrorKind::Abandoned };
                self.fail(index, kind, now_ns);
            }
        }
    }

    /// Whether the load has ended and only what is under way is awaited.
    pub fn is_draining(&self) -> bool {
        self.draining
    }
}
