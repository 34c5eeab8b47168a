//! Requests on connections that they share (HTTP/2): placing, sending, and what becomes of them.
//!
//! A request takes a stream of the connection that was last used and has room; else a new connection is opened,
//! on which others may wait with it. What is to be written gathers while events are handled and goes out in one
//! write per connection after each of them.

use super::Worker;
use super::receive::READS_PER_TURN;
use crate::engine::backlog::Intent;
use crate::engine::conn::{Conn, ConnState, Job, token};
use crate::engine::multiplex::{Listener, Mux};
use crate::engine::poller::Ready;
use crate::engine::transport::{Halt, Received, Wire};
use crate::http2::Limits;
use crate::scenario::compiled::CompiledStep;
use crate::target::HttpVersion;
use swarmlab_intervals::ErrorKind;

impl Worker<'_> {
    /// Gives a request a stream, on a connection that may have to be opened for it. Whether there was a place.
    pub(super) fn dispatch_shared(&mut self, job: Job, refusals: u8, now_ns: u64) -> bool {
        let target = self.target_of(job.actor, job.step);
        loop {
            if let Some(index) = self.pool.shared_with_room(target) {
                self.backlog.begin();
                self.attach(index, job, refusals, now_ns);
                return true;
            }
            if let Some(index) = self.pool.take_closed() {
                let version = self.pool.get(index).version;
                self.backlog.begin();
                self.open(index, job, now_ns);
                if self.pool.find((index, version)).is_some() {
                    self.share(index, refusals);
                }
                return true;
            }
            if !self.pool.make_room() {
                return false;
            }
        }
    }

    /// Lets the request that waits for a connection wait there with others.
    pub(super) fn share(&mut self, index: u32, refusals: u8) {
        let conn = self.pool.get(index);
        let Some(job) = conn.job.take() else { return };
        let wanted = if conn.is_last_use { 1 } else { self.shared.spec.targets[conn.target].streams };
        let mut mux = Mux::new(wanted, self.routes.to(conn.target).lifetime.max_requests);
        // The time limit that was set for the attempt to connect.
        let due_ns = conn.deadline.due_ns;
        mux.take_slot(job, refusals, due_ns);
        conn.mux = Some(Box::new(mux));
        self.pool.list_shared(index);
    }

    /// Adds a request to a connection with room.
    fn attach(&mut self, index: u32, job: Job, refusals: u8, now_ns: u64) {
        let step = &self.shared.compiled.steps[job.step as usize];
        let due_ns = now_ns.saturating_add(step.timeout_ns);
        let conn = self.pool.get(index);
        let Some(mux) = &mut conn.mux else { return };
        let place = mux.take_slot(job, refusals, due_ns);
        // The connection's own limit is the earliest of theirs, or earlier.
        if due_ns < conn.deadline.due_ns {
            self.agenda.limit(&mut conn.deadline, due_ns, index);
        }
        if mux.is_open() {
            self.request(index, place);
        }
        self.pool.list_shared(index);
    }

    /// Puts the request at `place` into the connection's output.
    pub(super) fn request(&mut self, index: u32, place: u32) {
        let Conn { mux: Some(mux), wire, version, target, address, .. } = self.pool.get(index) else {
            return;
        };
        let (version, address) = (*version, *address);
        let is_tls = matches!(wire, Wire::Tls(_));
        let target = *target;
        let Some((session, job, kept)) = mux.writing(place) else { return };
        let step = &self.shared.compiled.steps[job.step as usize];
        let actor = self.crowd.get_mut(job.actor);
        let Some((request, bytes)) = self.composer.http2(job.step, actor, is_tls) else {
            let problem = self.composer.problem();
            return self.end_stream(index, place, ErrorKind::MessageInvalid, Some(&problem));
        };
        kept.begin(if step.set_cookie.is_some() { CompiledStep::path_of(bytes) } else { &[] });
        if let Some(tap) = &self.shared.tap {
            match &step.grpc {
                Some(call) => tap.called(job.step, (target, address), bytes, &call.method),
                None => tap.sent(job.step, (target, address), bytes),
            }
        }
        let written = session.request(place, request, step.is_head);
        self.recorder.wrote(job.endpoint, written);
        if mux.plan_flush() {
            self.agenda.write_later((index, version));
        }
    }

    /// Writes what has gathered on all connections.
    pub(super) fn flush_all(&mut self) {
        while let Some((index, version)) = self.agenda.next_to_write() {
            if let Some(Conn { mux: Some(mux), .. }) = self.pool.find((index, version)) {
                mux.begin_flush();
                self.flush(index);
            }
        }
    }

    /// Writes as much as the socket takes.
    fn flush(&mut self, index: u32) {
        let version = self.pool.get(index).version;
        loop {
            let Conn { socket: Some(socket), wire, mux: Some(mux), .. } = self.pool.get(index) else {
                return;
            };
            let Some(session) = &mut mux.session else { return };
            let output = session.output();
            if output.is_empty() && !wire.is_pending() {
                return self.pool.list_shared(index);
            }
            let sent_ns = self.shared.clock.now();
            let Ok(sent) = wire.send(socket, output) else {
                // What the target has said before it closed is still to be read.
                return self.on_shared_readable(index, true);
            };
            session.wrote(sent.taken, sent.left);
            self.roll(sent_ns);
            // Time may have moved on to an end of the load, but no connection closes in that.
            self.count_started(index, sent_ns);
            if sent.taken == 0 || self.pool.find((index, version)).is_none() {
                return;
            }
        }
    }

    fn count_started(&mut self, index: u32, sent_ns: u64) {
        let Conn { mux: Some(mux), .. } = self.pool.get(index) else { return };
        while let Some(job) = mux.next_started(sent_ns) {
            self.recorder.unqueued(sent_ns);
            self.recorder.sent(job.endpoint as usize, job.intended_ns, sent_ns);
        }
    }

    /// Bytes flow on a connection, and what is spoken on it is settled. Whether it is HTTP/2: then nothing more
    /// is to be done; else it carries one request at a time, like any other, the first of those that waited.
    pub(super) fn settle_protocol(&mut self, index: u32) -> bool {
        let conn = self.pool.get(index);
        let target = conn.target;
        let http = self.shared.spec.targets[target].http;
        let chosen = match &conn.wire {
            Wire::Plain => None,
            Wire::Tls(stream) => stream.alpn(),
        };
        let is_http2 =
            chosen == Some(b"h2") || (http == HttpVersion::Http2 && matches!(conn.wire, Wire::Plain));
        if http == HttpVersion::Http2 && !is_http2 {
            let now_ns = self.shared.clock.now();
            let problem = "the target does not choose `h2` (ALPN): it does not speak HTTP/2 under TLS";
            self.fail_because(index, ErrorKind::TlsFailed, now_ns, &problem);
            return true;
        }
        self.routes.to(target).is_shared = is_http2;
        if is_http2 {
            if self.pool.get(index).mux.is_none() {
                self.share(index, 0);
            }
            let limits = &self.shared.spec.limits;
            let limits =
                Limits { max_header_bytes: limits.max_header_bytes, max_body_bytes: limits.max_body_bytes };
            let conn = self.pool.get(index);
            conn.state = ConnState::Shared;
            if let Some(mux) = &mut conn.mux {
                mux.begin(limits);
            }
            self.recorder.opened();
            self.flush(index);
            return true;
        }
        self.unshare(index);
        false
    }

    /// A connection on which several requests wait turns out to carry one at a time: the others go back to the
    /// head of the queue.
    fn unshare(&mut self, index: u32) {
        self.pool.unlist_shared(index);
        let conn = self.pool.get(index);
        let Some(mut mux) = conn.mux.take() else { return };
        // Latest first, so that the oldest ends up at the head.
        let mut jobs = mux.take_all();
        if let Some((job, due_ns)) = jobs.pop() {
            conn.job = Some(job);
            self.agenda.limit(&mut conn.deadline, due_ns, index);
        }
        self.requeue(jobs.into_iter().map(|(job, _)| job));
    }

    /// Requests of which nothing was sent go back to the head of the queue, the last one first.
    pub(super) fn requeue(&mut self, jobs: impl Iterator<Item = Job>) {
        for job in jobs {
            self.backlog.end();
            self.backlog.push_front(Intent::again(&job));
        }
    }

    /// A shared connection has something to do.
    pub(super) fn on_shared_ready(&mut self, index: u32, event: Ready) {
        let version = self.pool.get(index).version;
        if event.is_writable() {
            self.flush(index);
        }
        if (event.is_readable() || event.is_ending())
            && self.pool.find((index, version)).is_some_and(|conn| conn.state == ConnState::Shared)
        {
            self.on_shared_readable(index, event.is_ending());
        }
    }

    /// Reads what has come on a shared connection; see [`Worker::on_readable`].
    pub(super) fn on_shared_readable(&mut self, index: u32, to_the_end: bool) {
        self.with_buffer(|worker, buffer| worker.read_shared(index, to_the_end, buffer));
    }

    fn read_shared(&mut self, index: u32, to_the_end: bool, buffer: &mut [u8]) {
        let version = self.pool.get(index).version;
        for _ in 0..READS_PER_TURN {
            let Conn { socket: Some(socket), wire, mux: Some(mux), .. } = self.pool.get(index) else {
                return;
            };
            let Received { bytes, is_all } = match wire.receive(socket, buffer) {
                Ok(received) => received,
                Err(Halt::Wait) => return,
                Err(Halt::Broken) => return self.end_shared(index, ErrorKind::ConnectionReset, None),
                Err(Halt::Unproper) => return self.end_shared(index, ErrorKind::ConnectionClosed, None),
                Err(Halt::Tls(text)) => return self.end_shared(index, ErrorKind::TlsBroken, Some(&text)),
            };
            if bytes == 0 {
                return self.end_shared(index, ErrorKind::ConnectionClosed, None);
            }
            let Some((session, slots)) = mux.reading() else { return };
            let mut listener = Listener {
                slots,
                steps: &self.shared.compiled.steps,
                endpoints: self.recorder.endpoints(),
                max_body_bytes: self.shared.spec.limits.max_body_bytes,
            };
            let result = session.feed(&buffer[..bytes], &mut listener);
            self.on_fed(index);
            if self.pool.find((index, version)).is_none() {
                return;
            }
            if let Err(error) = result {
                return self.on_violation(index, error);
            }
            // Once there is something to write, on to an empty socket, even if this read has emptied it: answers
            // come in one after the other, and another read costs less than another wait and write for the next.
            if is_all && !to_the_end && !self.has_output(index) {
                return;
            }
        }
        self.agenda.read_later(token(index, version), to_the_end);
    }

    fn has_output(&mut self, index: u32) -> bool {
        self.pool.get(index).mux.as_ref().is_some_and(|mux| mux.is_flush_planned())
    }
}
