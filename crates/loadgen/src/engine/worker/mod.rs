//! One thread: its rooms, its loop, and the order in which time moves on.
//!
//! What a room keeps is its own affair; here is who speaks to whom. The files beside this one follow a connection
//! through its life: a request gets one (`dispatch`), it is opened (`establish`), answers come in (`receive`), over
//! streams that share it (`streams`, `stream_ends`), from Redis (`redis`) or on a WebSocket (`websocket`), it rests (`rest`), and ends
//! with the load at the latest (`ending`).

mod dispatch;
mod ending;
mod establish;
mod follow;
mod receive;
mod redis;
mod rest;
mod stream_ends;
mod streams;
mod websocket;

use std::sync::atomic::Ordering;

use super::agenda::Agenda;
use super::backlog::Backlog;
use super::composer::Composer;
use super::crowd::Crowd;
use super::driver::{Desk, Driver};
use super::judge::Judge;
use super::levels::Mailbox;
use super::poller::{Poller, Ready};
use super::pool::Pool;
use super::recorder::Recorder;
use super::shared::Shared;
use super::timeline::{Sleep, Timeline};
use super::transport::Routes;
use crate::error::LoadError;
use swarmlab_intervals::ErrorKind;

/// Size of the buffer that answers are read into, one per thread.
const RECEIVE_BYTES: usize = 64 << 10;

/// The rooms of one thread.
pub(crate) struct Worker<'a> {
    shared: &'a Shared,
    /// Whether the load goes on, drains or closes.
    time: Timeline,
    /// The notebook of the present interval.
    recorder: Recorder<'a>,
    /// Requests that wait for a connection, and how many hold one.
    backlog: Backlog,
    /// Users or sessions, and where each is in its scenario.
    crowd: Crowd<'a>,
    /// The model: what is due when, and who does it.
    driver: Driver,
    /// Changes of the level.
    mailbox: Mailbox<'a>,
    /// Connections and which of them have room.
    pool: Pool,
    /// Time limits, and connections to be read or written further.
    agenda: Agenda,
    /// The epoll set, the timer, and the word from outside.
    poller: Poller,
    /// Addresses and TLS of each target.
    routes: Routes,
    /// Templates made into requests.
    composer: Composer<'a>,
    /// Expected statuses, checks, and values to take.
    judge: Judge,
    /// Bytes just read from a socket, for as long as they are looked at.
    buffer: Box<[u8]>,
}

impl<'a> Worker<'a> {
    pub fn new(shared: &'a Shared, thread: usize, poller: Poller, recorder: Recorder<'a>) -> Self {
        let (spec, compiled) = (&shared.spec, &shared.compiled);
        let limits = &spec.limits;
        let load_end_ns = (spec.model.shape().duration_s() * 1e9).round() as u64;
        let routes = shared.routes(thread);
        let max_connections = shared.share(limits.max_connections, thread);
        let max_under_way = match routes.is_any_shared() {
            // Requests share connections: these do not limit them.
            true => shared.share(limits.max_in_flight, thread),
            false => shared.share(limits.max_in_flight, thread).min(max_connections),
        };
        Self {
            shared,
            time: Timeline::new(load_end_ns, spec.drain_s, spec.spin_s),
            recorder,
            backlog: Backlog::new(max_under_way, shared.share(limits.max_queue, thread)),
            crowd: Crowd::new(compiled, spec.seed, (thread, spec.threads)),
            driver: Driver::new(spec, compiled, thread),
            mailbox: Mailbox::new(&shared.control.levels),
            pool: Pool::new(
                spec.targets.len(),
                max_connections,
                limits.max_header_bytes,
                limits.max_body_bytes,
            ),
            agenda: Agenda::default(),
            poller,
            routes,
            composer: Composer::new(compiled),
            judge: Judge::new(&compiled.patterns),
            buffer: vec![0; RECEIVE_BYTES].into_boxed_slice(),
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
            if self.time.is_draining() && self.backlog.is_over() {
                break;
            }
            self.wait(now_ns, &mut ready)?;
            for event in &ready {
                self.on_ready(*event);
                self.after_event();
            }
            let unfinished = self.agenda.take_unfinished();
            for one in &unfinished {
                self.on_unfinished(*one);
                self.after_event();
            }
            self.agenda.give_back(unfinished);
        }
        let end_ns = self.shared.clock.now();
        self.roll(end_ns);
        let open = self.pool.open();
        self.pool.close_all();
        self.recorder.finish(end_ns, self.time.load_end_ns(), open);
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
        let other_ns = self.recorder.end_ns().min(self.agenda.next_ns(now_ns));
        let Sleep { precise_ns, coarse_ns } = self.time.sleep(now_ns, self.driver.next_ns(), other_ns);
        self.poller
            .wait(&self.shared.clock, now_ns, precise_ns, coarse_ns, ready)
            .map_err(LoadError::system("epoll_wait"))
    }

    /// The driver, and the rooms that it works with.
    #[inline]
    fn drive(&mut self) -> (&mut Driver, Desk<'_, 'a>) {
        let Self { driver, crowd, recorder, backlog, pool, time, shared, .. } = self;
        (driver, Desk { crowd, recorder, backlog, pool, time, tap: shared.tap.as_ref() })
    }

    /// Moves time on to `now_ns`: what became due goes to the queue, intervals end, requests that took too
    /// long are ended, and what can be sent is sent.
    fn advance(&mut self, now_ns: u64) {
        self.roll(now_ns);
        while let Some((at_ns, index)) = self.agenda.pop_due(now_ns) {
            self.on_timeout(at_ns, index, now_ns);
        }
        if self.time.is_drained(now_ns) {
            self.time.close();
            self.abandon_queue(now_ns);
            self.end_all(now_ns);
        }
        self.pump(now_ns);
        if self.time.is_draining() && self.backlog.is_empty() {
            let (driver, mut desk) = self.drive();
            driver.farewell(now_ns, &mut desk);
            self.pump(now_ns);
        }
    }

    /// Moves time on without touching a connection: what became due goes to the queue, each in the interval
    /// of its due moment, and intervals end.
    fn roll(&mut self, now_ns: u64) {
        loop {
            let end_ns = self.recorder.end_ns();
            let until_ns = now_ns.min(end_ns - 1);
            if !self.time.is_draining() {
                while let Some(change) = self.mailbox.next() {
                    self.driver.change(change);
                }
                let (driver, mut desk) = self.drive();
                driver.admit(until_ns, now_ns, &mut desk);
                self.time.reach(until_ns);
            }
            if now_ns < end_ns {
                break;
            }
            let overdue = self.backlog.overdue(|intended_ns| self.recorder.is_overdue(intended_ns));
            let open = self.pool.open();
            self.recorder.turn(open, overdue);
        }
    }

    /// Sends what waits, as far as there are connections and slots.
    fn pump(&mut self, now_ns: u64) {
        while self.can_start() {
            let Some(intent) = self.backlog.pop() else { break };
            if !self.dispatch(intent, now_ns) {
                break;
            }
        }
        self.pump_held(now_ns);
        while self.backlog.drop_surplus() {
            self.recorder.unqueued(now_ns);
            self.recorder.unassigned(ErrorKind::QueueFull);
        }
    }

    /// Whether another request may take or open a connection.
    fn can_start(&self) -> bool {
        self.backlog.has_slot() && self.pool.has_room()
    }

    /// Between two events of a batch: arrivals must not wait for the whole batch.
    fn after_event(&mut self) {
        let waiting = !self.backlog.is_empty() && self.can_start();
        if waiting || self.driver.is_open() {
            let now_ns = self.shared.clock.now();
            if waiting || self.driver.next_ns() <= now_ns {
                self.advance(now_ns);
            }
        }
        self.flush_all();
    }

    /// The request of a user or session has ended. What it does next at once goes straight to its connection,
    /// unless others wait.
    fn actor_done(&mut self, actor: u32, error: Option<ErrorKind>, now_ns: u64) {
        self.crowd.get_mut(actor).trail.end();
        let (driver, mut desk) = self.drive();
        let Some(intent) = driver.done(actor, error, now_ns, &mut desk) else { return };
        if self.backlog.is_empty() && self.can_start() {
            self.dispatch(intent, now_ns);
        } else {
            self.backlog.push(intent);
        }
    }

    /// Lends the buffer that is read into.
    #[inline]
    fn with_buffer(&mut self, read: impl FnOnce(&mut Self, &mut [u8])) {
        let mut buffer = std::mem::take(&mut self.buffer);
        read(self, &mut buffer);
        self.buffer = buffer;
    }
}
