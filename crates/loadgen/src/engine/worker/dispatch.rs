//! From an intent to bytes on a connection.

use std::fmt::Display;

use super::Worker;
use crate::engine::backlog::Intent;
use crate::engine::conn::Job;
use crate::scenario::compiled::CompiledStep;
use swarmlab_intervals::ErrorKind;

/// How a first write went.
pub(super) enum Written {
    /// At least one byte, or the socket takes none for now: the connection carries the request.
    Carried,
    /// Nothing was written and the connection is broken.
    Broken,
}

impl Worker<'_> {
    /// Gives an intent a connection: its user's own, a new one, or another idle one; or one shared with others.
    /// The caller has made sure that there is one to some target, and has counted the intent as queued. If there
    /// is none to its own target, the intent goes back to the head of the queue: whether it did not.
    pub(super) fn dispatch(&mut self, intent: Intent, now_ns: u64) -> bool {
        let (actor, step) = match intent.actor {
            Some(actor) => (actor, intent.step),
            None => {
                let (driver, mut desk) = self.drive();
                let (actor, lacks) = driver.take(now_ns, &mut desk);
                let step = self.crowd.get(actor).step as u32;
                if let Some(kind) = lacks {
                    self.recorder.unqueued(now_ns);
                    self.fail_unsent(actor, step, kind, now_ns);
                    return true;
                }
                (actor, step)
            }
        };
        let computed = &self.shared.compiled.steps[step as usize].computed;
        let target = self.target_of(actor, step);
        if !computed.is_empty() && !intent.is_computed && !self.crowd.compute(actor, step as usize) {
            self.drive().1.note_problem(actor, step as usize);
            self.recorder.unqueued(now_ns);
            self.fail_unsent(actor, step, ErrorKind::EvaluationFailed, now_ns);
            return true;
        }
        let endpoint = self.crowd.endpoint(actor, step as usize) as u32;
        let job = Job { actor, step, endpoint, intended_ns: intent.intended_ns, sent_ns: None };
        let shared = self.shared;
        if let Some(socket) = &shared.compiled.steps[step as usize].socket {
            return self.dispatch_websocket(job, socket, now_ns);
        }
        if self.routes.to(target).is_shared {
            if !self.dispatch_shared(job, 0, now_ns) {
                self.backlog.push_front(Intent::again(&job));
                return false;
            }
            return true;
        }
        loop {
            let own = self.crowd.get(actor).connection(target);
            let taken = match own.filter(|&own| self.pool.take_preferred(own)) {
                Some((index, _)) => Some(index),
                None => match self.take_beside(actor, target) {
                    Some(index) => Some(index),
                    None => match self.pool.take_closed() {
                        Some(index) => {
                            self.backlog.begin();
                            self.open(index, job, now_ns);
                            return true;
                        }
                        None => self.pool.take_idle(target),
                    },
                },
            };
            if taken.is_none() && self.pool.make_room() {
                continue;
            }
            let Some(index) = taken else {
                // All connections are shared ones to other targets, with requests.
                self.backlog.push_front(Intent::again(&job));
                return false;
            };
            self.backlog.begin();
            self.pool.get(index).job = Some(job);
            match self.write_request(index) {
                Written::Carried => return true,
                // The target closed it while it was idle and nothing was written: another connection may try.
                Written::Broken => {
                    self.backlog.end();
                    self.pool.close(index);
                }
            }
        }
    }

    /// An idle one of the further connections that a user's batches have used.
    #[inline]
    fn take_beside(&mut self, actor: u32, target: usize) -> Option<u32> {
        let Self { crowd, pool, .. } = self;
        let beside = &mut crowd.get_mut(actor).beside;
        if beside.is_empty() {
            return None;
        }
        beside.retain(|&(_, connection)| pool.find(connection).is_some());
        let is_free = |&(of, connection): &(usize, _)| of == target && pool.take_preferred(connection);
        let place = beside.iter().position(is_free)?;
        let (_, (index, _)) = beside.swap_remove(place);
        Some(index)
    }

    /// Writes the request of the job that the connection carries.
    pub(super) fn write_request(&mut self, index: u32) -> Written {
        if self.pool.get(index).redis.is_some() {
            return self.write_message(index);
        }
        let compiled = &self.shared.compiled;
        let conn = self.pool.get(index);
        let (Some(job), Some(socket)) = (conn.job, &conn.socket) else { return Written::Broken };
        let step = &compiled.steps[job.step as usize];
        if step.socket.is_some() {
            return self.write_handshake(index);
        }
        let actor = self.crowd.get_mut(job.actor);
        let bytes = self.composer.http1(step, actor);
        let sent_ns = self.shared.clock.now();
        let Ok(sent) = conn.wire.send(socket, bytes) else { return Written::Broken };
        conn.parser.begin(step.is_head);
        conn.kept.begin(if step.set_cookie.is_some() { CompiledStep::path_of(bytes) } else { &[] });
        if sent.taken < bytes.len() {
            conn.unwritten.extend_from_slice(&bytes[sent.taken..]);
        }
        let version = conn.version;
        self.agenda.limit(&mut conn.deadline, sent_ns.saturating_add(step.timeout_ns), index);
        if let Some(tap) = &self.shared.tap {
            tap.sent(job.step, (conn.target, conn.address), bytes);
        }
        actor.set_connection(conn.target, (index, version));
        if sent.left > 0 {
            self.count_sent(index, sent.left, sent_ns);
        }
        Written::Carried
    }

    /// The socket takes more: the rest of the request goes out.
    pub(super) fn write_rest(&mut self, index: u32) {
        if self.pool.get(index).redis.is_some() {
            if !self.flush_redis(index) {
                self.on_readable(index, true);
            }
            return;
        }
        if self.pool.get(index).is_websocket() {
            return self.on_websocket_writable(index);
        }
        loop {
            let conn = self.pool.get(index);
            let Some(socket) = &conn.socket else { return };
            if !conn.has_unwritten() {
                return;
            }
            let sent_ns = self.shared.clock.now();
            match conn.wire.send(socket, &conn.unwritten[conn.unwritten_from..]) {
                Ok(sent) => {
                    conn.unwritten_from += sent.taken;
                    if conn.unwritten_from == conn.unwritten.len() {
                        conn.unwritten.clear();
                        conn.unwritten_from = 0;
                    }
                    if sent.left > 0 {
                        self.count_sent(index, sent.left, sent_ns);
                    }
                    if sent.taken == 0 {
                        return;
                    }
                }
                // What the target has said before it closed is still to be read.
                Err(_) => {
                    self.on_readable(index, true);
                    return;
                }
            }
        }
    }

    pub(super) fn count_sent(&mut self, index: u32, written: usize, sent_ns: u64) {
        self.roll(sent_ns);
        let conn = self.pool.get(index);
        let Some(job) = &mut conn.job else { return };
        let endpoint = job.endpoint as usize;
        self.recorder.wrote(job.endpoint, written);
        if job.sent_ns.is_none() {
            job.sent_ns = Some(sent_ns);
            // The target has its part in how long a new connection takes; that is not the generator's lateness.
            if conn.served > 0 {
                self.recorder.waited(job.intended_ns, sent_ns);
            }
            self.recorder.unqueued(sent_ns);
            self.recorder.sent(endpoint, job.intended_ns, sent_ns);
        }
    }

    /// A request on a connection has ended without a complete answer: it is counted, the connection closed.
    pub(super) fn fail(&mut self, index: u32, kind: ErrorKind, now_ns: u64) {
        self.roll(now_ns);
        if self.pool.get(index).mux.is_some() {
            let if_unsent = if kind.is_before_send() { kind } else { ErrorKind::ConnectFailed };
            return self.fail_shared(index, kind, if_unsent, now_ns);
        }
        let Some(job) = self.pool.get(index).job else { return };
        self.pool.close(index);
        self.backlog.end();
        self.end_job(job, kind, now_ns);
    }

    /// Counts a request that has ended without a complete answer; it holds no connection any more.
    pub(super) fn end_job(&mut self, job: Job, kind: ErrorKind, now_ns: u64) {
        self.roll(now_ns);
        let endpoint = job.endpoint as usize;
        if job.sent_ns.is_none() {
            self.recorder.unqueued(now_ns);
        }
        self.recorder.failed(endpoint, job.sent_ns.is_some(), kind, now_ns);
        if let Some(tap) = &self.shared.tap {
            tap.failed(job.step, kind);
        }
        self.actor_done(job.actor, Some(kind), now_ns);
    }

    /// Like [`Worker::fail`], keeping the first such text for the summary.
    pub(super) fn fail_because(&mut self, index: u32, kind: ErrorKind, now_ns: u64, problem: &dyn Display) {
        let target = self.pool.get(index).target;
        self.recorder.note(kind, &self.shared.spec.targets[target].name, problem);
        self.fail(index, kind, now_ns);
    }

    /// A request that never had a connection has ended.
    pub(super) fn fail_unsent(&mut self, actor: u32, step: u32, kind: ErrorKind, now_ns: u64) {
        let endpoint = self.crowd.endpoint(actor, step as usize);
        self.recorder.failed(endpoint, false, kind, now_ns);
        if let Some(tap) = &self.shared.tap {
            tap.failed(step, kind);
        }
        self.actor_done(actor, Some(kind), now_ns);
    }
}
