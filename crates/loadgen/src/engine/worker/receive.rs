//! From events on a connection to a finished request.

use super::Worker;
use crate::engine::call::settle;
use crate::engine::clock::unix_now_s;
use crate::engine::conn::{Conn, ConnState, from_token, token};
use crate::engine::kept::Keep;
use crate::engine::poller::Ready;
use crate::engine::told::Told;
use crate::engine::transport::{Halt, Received};
use crate::http::{ParseError, Progress};
use swarmlab_intervals::{ErrorKind, is_redirect};

/// Full buffers read from one connection before the others have their turn.
pub(super) const READS_PER_TURN: usize = 16;

impl Worker<'_> {
    /// A connection has something to do.
    pub(super) fn on_ready(&mut self, event: Ready) {
        let (index, version) = from_token(event.token);
        let Some(conn) = self.pool.find((index, version)) else { return };
        match conn.state {
            ConnState::Closed => {}
            ConnState::Connecting => {
                if event.is_writable() || event.is_ending() {
                    self.on_connected(index);
                    // What came with the same event would not be told again.
                    self.read_after(event, index, version);
                }
            }
            ConnState::Handshaking => {
                self.on_handshake(index);
                self.read_after(event, index, version);
            }
            ConnState::Idle => {
                if event.is_readable() || event.is_ending() {
                    self.on_idle_readable(index);
                }
            }
            ConnState::Shared => self.on_shared_ready(index, event),
            ConnState::Busy => {
                if event.is_writable() && conn.has_unwritten() {
                    self.write_rest(index);
                }
                self.read_after(event, index, version);
            }
        }
    }

    /// Reads what an event tells of, if the connection still carries a request after what it did before.
    #[inline]
    fn read_after(&mut self, event: Ready, index: u32, version: u32) {
        if (event.is_readable() || event.is_ending())
            && let Some(conn) = self.pool.find((index, version))
        {
            match conn.state {
                ConnState::Busy => self.on_readable(index, event.is_ending()),
                ConnState::Shared => self.on_shared_readable(index, event.is_ending()),
                _ => {}
            }
        }
    }

    /// A connection that had more to read than one turn allowed.
    pub(super) fn on_unfinished(&mut self, (token, to_the_end): (u64, bool)) {
        let (index, version) = from_token(token);
        match self.pool.find((index, version)).map(|conn| conn.state) {
            Some(ConnState::Busy) => self.on_readable(index, to_the_end),
            Some(ConnState::Shared) => self.on_shared_readable(index, to_the_end),
            Some(ConnState::Idle) => self.on_idle_readable(index),
            Some(ConnState::Handshaking) => self.on_handshake(index),
            _ => {}
        }
    }

    /// An idle connection says something: it has been closed, or it speaks unasked. Either way it is of no
    /// more use; no request is lost.
    fn on_idle_readable(&mut self, index: u32) {
        let Conn { socket: Some(socket), wire, redis, .. } = self.pool.get(index) else { return };
        if redis.is_some() {
            return self.on_redis_readable(index, true);
        }
        let mut byte = [0_u8; 1];
        // A TLS session may have something to say that is no answer, such as a ticket to resume it with.
        if !matches!(wire.receive(socket, &mut byte), Err(Halt::Wait)) {
            self.pool.close(index);
        }
    }

    /// Reads an answer as far as it has come. `to_the_end`: until the socket is empty, since no other event
    /// will tell of what is left.
    pub(super) fn on_readable(&mut self, index: u32, to_the_end: bool) {
        if self.pool.get(index).redis.is_some() {
            return self.on_redis_readable(index, to_the_end);
        }
        if self.pool.get(index).is_websocket() {
            return self.with_buffer(|worker, buffer| worker.read_websocket(index, to_the_end, buffer));
        }
        self.with_buffer(|worker, buffer| worker.read(index, to_the_end, buffer));
    }

    fn read(&mut self, index: u32, to_the_end: bool, buffer: &mut [u8]) {
        for _ in 0..READS_PER_TURN {
            let Conn { socket, wire, job, parser, kept, .. } = self.pool.get(index);
            let (Some(socket), Some(job)) = (socket, job) else { return };
            let step = &self.shared.compiled.steps[job.step as usize];
            let Received { bytes: received, is_all } = match wire.receive(socket, buffer) {
                Ok(received) => received,
                Err(Halt::Wait) => return,
                Err(halt) => return self.on_halt(index, halt),
            };
            if received == 0 {
                return self.on_end_of_stream(index);
            }
            self.recorder.read(job.endpoint, received);
            let max_body_bytes = self.shared.spec.limits.max_body_bytes;
            let is_first = !parser.has_started();
            match parser.feed(&buffer[..received], &mut Keep { step, max_body_bytes, kept }) {
                Ok(Progress::Done { consumed, .. }) if step.socket.is_some() && kept.status == 101 => {
                    return self.on_upgraded(index, &buffer[consumed..received]);
                }
                Ok(Progress::Done { keep_alive, consumed }) => {
                    return self.complete(index, keep_alive && consumed == received && !to_the_end);
                }
                Ok(Progress::More) => {
                    if is_all && !to_the_end {
                        return;
                    }
                }
                Err(error) => {
                    let kind = match error {
                        ParseError::Bad(fault) => {
                            let begins = is_first.then_some(&buffer[..received]);
                            return self.end_bad(index, &Told { fault, begins });
                        }
                        ParseError::HeaderTooLarge => ErrorKind::HeaderTooLarge,
                        ParseError::BodyTooLarge => ErrorKind::BodyTooLarge,
                    };
                    return self.end_broken(index, kind);
                }
            }
        }
        let version = self.pool.get(index).version;
        self.agenda.read_later(token(index, version), to_the_end);
    }

    /// The connection broke while it was read.
    #[cold]
    fn on_halt(&mut self, index: u32, halt: Halt) {
        match halt {
            Halt::Wait => {}
            Halt::Broken => self.end_broken(index, ErrorKind::ConnectionReset),
            // Only an end that TLS itself tells of makes a body without a length complete (RFC 9112, section 9.8).
            Halt::Unproper if self.pool.get(index).parser.is_complete_at_end() => {
                self.end_broken(index, ErrorKind::ResponseTruncated);
            }
            Halt::Unproper => self.on_end_of_stream(index),
            Halt::Tls(problem) => {
                let target = self.pool.get(index).target;
                self.recorder.note(ErrorKind::TlsBroken, &self.shared.spec.targets[target].name, &problem);
                self.end_broken(index, ErrorKind::TlsBroken);
            }
        }
    }

    fn on_end_of_stream(&mut self, index: u32) {
        let parser = &self.pool.get(index).parser;
        if parser.is_complete_at_end() {
            self.complete(index, false);
        } else if parser.has_started() {
            self.end_broken(index, ErrorKind::ResponseTruncated);
        } else {
            self.end_broken(index, ErrorKind::ConnectionClosed);
        }
    }

    /// What came is no answer.
    #[cold]
    fn end_bad(&mut self, index: u32, told: &Told<'_>) {
        let conn = self.pool.get(index);
        let was_sent = conn.job.is_some_and(|job| job.sent_ns.is_some());
        let kind = if was_sent { ErrorKind::BadResponse } else { ErrorKind::ConnectFailed };
        let now_ns = self.shared.clock.now();
        self.fail_because(index, kind, now_ns, told);
    }

    /// The connection broke under a request. If not even its first byte was written, that was no answer.
    fn end_broken(&mut self, index: u32, kind: ErrorKind) {
        let was_sent = self.pool.get(index).job.is_some_and(|job| job.sent_ns.is_some());
        let now_ns = self.shared.clock.now();
        self.fail(index, if was_sent { kind } else { ErrorKind::ConnectFailed }, now_ns);
    }

    /// An answer is complete.
    pub(super) fn complete(&mut self, index: u32, reusable: bool) {
        let done_ns = self.shared.clock.now();
        let Some(job) = self.pool.get(index).job else { return };
        if job.sent_ns.is_none() {
            // An answer to nothing.
            self.fail(index, ErrorKind::ConnectFailed, done_ns);
            return;
        }
        self.roll(done_ns);
        let step = &self.shared.compiled.steps[job.step as usize];
        let conn = self.pool.get(index);
        if let Some(kind) = conn.kept.fault() {
            return self.on_fault(index, kind, done_ns);
        }
        let called = match settle(step, &mut conn.kept) {
            Some(Err(problem)) if conn.kept.status == 200 => {
                self.recorder.note(
                    ErrorKind::BadResponse,
                    &self.shared.spec.targets[step.target].name,
                    &problem,
                );
                return self.on_fault(index, ErrorKind::BadResponse, done_ns);
            }
            Some(Ok(called)) if conn.kept.status == 200 => Some(called),
            _ => None,
        };
        let status = called.as_ref().map_or(conn.kept.status, |called| called.status);
        let actor = self.crowd.get_mut(job.actor);
        if let Some(set_cookie) = step.set_cookie
            && let Some(jar) = actor.jars.get_mut(conn.target)
        {
            for field in conn.kept.fields(set_cookie) {
                jar.store(field, &conn.kept.path, unix_now_s() as i64);
            }
        }
        let followed =
            if step.max_redirects > 0 && is_redirect(status) { self.follow(index, job) } else { None };
        let conn = self.pool.get(index);
        let actor = self.crowd.get_mut(job.actor);
        // What a step demands of time holds for all of it, redirects included.
        let begun_ns = if actor.trail.count > 0 { actor.trail.begun_ns } else { job.intended_ns };
        let response_ns = done_ns.saturating_sub(begun_ns);
        let error = match (followed, called.and_then(|called| called.problem)) {
            (Some(followed), _) => followed.err(),
            (None, Some(problem)) => {
                let target = &self.shared.spec.targets[step.target].name;
                self.recorder.note(ErrorKind::GrpcError, target, &problem);
                Some(ErrorKind::GrpcError)
            }
            (None, None) => self.judge.judge(step, &conn.kept, response_ns, &mut actor.slots),
        };
        let is_followed = followed == Some(Ok(()));
        if let Some(tap) = &self.shared.tap {
            let times_ns = (job.sent_ns.unwrap_or(done_ns), done_ns);
            let seen = followed.is_none().then(|| self.judge.explain(step, &conn.kept, response_ns));
            tap.answered(job.step, &conn.kept, times_ns, error, seen);
        }
        // What is counted is the code of a call.
        conn.kept.status = status;
        if error.is_some()
            && let Some(problem) = conn.kept.problem(step)
        {
            // Else nobody would guess why nothing is found in it.
            self.recorder.note(
                error.unwrap_or(ErrorKind::BadResponse),
                &self.shared.spec.targets[conn.target].name,
                &problem,
            );
        }
        if error.is_some() || (is_redirect(status) && !is_followed) {
            self.recorder.first_answer(job.endpoint, error, &conn.kept);
        }
        let endpoint = job.endpoint as usize;
        self.recorder.body(job.endpoint, conn.kept.body_bytes);
        self.recorder.completed(endpoint, &job, status, done_ns, error);
        self.backlog.end();
        conn.served += 1;
        if conn.mux.is_some() {
            // Its stream is free already; the connection goes on.
            conn.job = None;
            self.rest_shared(index, done_ns);
        } else if conn.is_websocket() {
            self.rest_websocket(index, job);
        } else if reusable && conn.ws.is_none() && !conn.is_last_use && !conn.has_unwritten() {
            // The rest of a request whose answer came early cannot be taken back.
            self.rest(index, done_ns);
        } else {
            self.pool.close(index);
        }
        if is_followed {
            self.go_on(job, done_ns);
        } else {
            self.actor_done(job.actor, error, done_ns);
        }
    }

    /// An answer has come to its end, but its body cannot be read.
    #[cold]
    fn on_fault(&mut self, index: u32, kind: ErrorKind, now_ns: u64) {
        let conn = self.pool.get(index);
        let Some(job) = conn.job.take() else { return };
        let step = &self.shared.compiled.steps[job.step as usize];
        if let Some(problem) = conn.kept.problem(step) {
            self.recorder.note(kind, &self.shared.spec.targets[conn.target].name, &problem);
        }
        if conn.mux.is_none() {
            self.pool.close(index);
        }
        self.backlog.end();
        self.end_job(job, kind, now_ns);
    }
}
