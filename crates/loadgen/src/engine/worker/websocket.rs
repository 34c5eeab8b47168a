//! WebSocket connections: each belongs to one user or session, from its handshake to its end.
//!
//! The handshake is read like any answer of HTTP/1.1. Then the connection is *held*: busy, but without a job between two
//! steps, so that nobody else takes it. It is read all the time: pings are answered, messages kept until a step looks at
//! them. A message that is sent counts as sent when its first byte is; one that is only awaited, from the moment on when
//! it is. Steps that are done at once end in the next turn, not within the one that began them: a user who only sends must
//! not hold up the others.

use std::fmt::Display;

use rand::Rng;

use super::Worker;
use super::dispatch::Written;
use super::receive::READS_PER_TURN;
use crate::engine::backlog::Intent;
use crate::engine::conn::{Conn, Job, token};
use crate::engine::transport::{Halt, Received};
use crate::scenario::compiled::{CompiledSocket, HANDSHAKE_FIELDS, SocketAct};
use crate::ws::{Answer, Session};
use swarmlab_intervals::ErrorKind;

/// How a connection ended that the target has reset.
const RESET: &str = "reset by the target";

/// Largest message that is accepted, bytes; `limits.max_body_bytes` may set less.
const MAXIMUM_MESSAGE_BYTES: u64 = 8 << 20;

impl Worker<'_> {
    /// Sends what waits and goes on connections that are held, whoever stands before it in the queue: others may wait for a
    /// connection that is only closed by it.
    pub(super) fn pump_held(&mut self, now_ns: u64) {
        while self.backlog.has_slot() && self.pool.has_held() {
            let Self { backlog, crowd, shared, pool, .. } = self;
            let intent = backlog.take_first(|intent| {
                let Some(actor) = intent.actor.map(|actor| crowd.get(actor)) else { return false };
                let socket = &shared.compiled.steps[intent.step as usize].socket;
                socket.as_ref().is_some_and(|socket| {
                    // One that is gone fails at once, one to be opened anew gives up the one it has.
                    !matches!(socket.act, SocketAct::Connect { .. })
                        || actor.socket(socket.name).is_some_and(|own| pool.find(own).is_some())
                })
            });
            let Some(intent) = intent else { return };
            if !self.dispatch(intent, now_ns) {
                return;
            }
        }
    }

    /// Gives a WebSocket step its user's connection, or a new one. Whether there was one, or the step has failed.
    pub(super) fn dispatch_websocket(&mut self, job: Job, socket: &CompiledSocket, now_ns: u64) -> bool {
        let actor = self.crowd.get_mut(job.actor);
        let own = actor.socket(socket.name).filter(|own| self.pool.find(*own).is_some());
        if let SocketAct::Connect { .. } = socket.act {
            if let Some((index, _)) = own {
                self.pool.close(index);
            }
            let taken = self.pool.take_closed();
            let taken = taken.or_else(|| self.pool.make_room().then(|| self.pool.take_closed()).flatten());
            let Some(index) = taken else {
                self.backlog.push_front(Intent::again(&job));
                return false;
            };
            self.backlog.begin();
            self.open(index, job, now_ns);
            return true;
        }
        match own {
            Some((index, _)) => self.begin_action(index, job, socket, now_ns),
            None => {
                let step = &self.shared.compiled.steps[job.step as usize];
                let problem: &dyn Display = match &actor.lost_socket {
                    Some(end) => &format!("the connection has ended before: {end}"),
                    None => &"the connection was never opened, or has been closed by the scenario",
                };
                let target = &self.shared.spec.targets[step.target].name;
                self.recorder.note(ErrorKind::NotConnected, target, problem);
                self.recorder.unqueued(now_ns);
                self.fail_unsent(job.actor, job.step, ErrorKind::NotConnected, now_ns);
            }
        }
        true
    }

    /// Writes the request of a handshake.
    pub(super) fn write_handshake(&mut self, index: u32) -> Written {
        let compiled = &self.shared.compiled;
        let limit_bytes = self.shared.spec.limits.max_body_bytes.min(MAXIMUM_MESSAGE_BYTES) as usize;
        let conn = self.pool.get(index);
        let Some(job) = conn.job else { return Written::Broken };
        let step = &compiled.steps[job.step as usize];
        let actor = self.crowd.get_mut(job.actor);
        let session = Session::new(limit_bytes, actor.random.random());
        let head = self.composer.http1(step, actor);
        conn.unwritten.clear();
        conn.unwritten.extend_from_slice(head.strip_suffix(b"\r\n").unwrap_or(head));
        conn.unwritten.extend_from_slice(b"Sec-WebSocket-Key: ");
        conn.unwritten.extend_from_slice(session.offer().key.as_bytes());
        conn.unwritten.extend_from_slice(b"\r\n\r\n");
        conn.unwritten_from = 0;
        if let Some(tap) = &self.shared.tap {
            tap.sent(job.step, (conn.target, conn.address), &conn.unwritten);
        }
        conn.ws = Some(Box::new(session));
        conn.parser.begin(false);
        conn.kept.begin(if step.set_cookie.is_some() {
            crate::scenario::compiled::CompiledStep::path_of(head)
        } else {
            &[]
        });
        let due_ns = self.shared.clock.now().saturating_add(step.timeout_ns);
        self.agenda.limit(&mut conn.deadline, due_ns, index);
        self.write_rest(index);
        Written::Carried
    }

    /// The answer to a handshake has come to its end with status 101; `rest` follows it.
    pub(super) fn on_upgraded(&mut self, index: u32, rest: &[u8]) {
        let Conn { ws: Some(session), kept, job: Some(job), version, .. } = self.pool.get(index) else {
            return;
        };
        let (job, own) = (*job, (index, *version));
        let step = &self.shared.compiled.steps[job.step as usize];
        let Some(CompiledSocket { name, act: SocketAct::Connect { protocols } }) = &step.socket else {
            return;
        };
        let position = |field: &str| HANDSHAKE_FIELDS.iter().position(|other| *other == field).unwrap_or(0);
        let first = |field: &str| kept.fields(position(field)).next();
        let is_upgrade = |token: &[u8]| token.trim_ascii().eq_ignore_ascii_case(b"upgrade");
        let answer = Answer {
            upgrade: first("upgrade"),
            has_connection_upgrade: kept
                .fields(position("connection"))
                .any(|value| value.split(|byte| *byte == b',').any(is_upgrade)),
            accept: first("sec-websocket-accept"),
            protocol: first("sec-websocket-protocol"),
            extensions: first("sec-websocket-extensions"),
        };
        if let Err(problem) = session.offer().judge(answer, protocols) {
            let now_ns = self.shared.clock.now();
            return self.fail_because(index, ErrorKind::BadResponse, now_ns, &problem);
        }
        session.open();
        let fed = session.feed(rest);
        session.set_owner(job.actor);
        self.crowd.get_mut(job.actor).set_socket(*name, own);
        self.pool.hold(index);
        self.complete(index, true);
        if let Err(error) = fed
            && self.pool.find(own).is_some()
        {
            return self.end_websocket(index, ErrorKind::WebsocketError, &error);
        }
        self.agenda.read_later(token(index, own.1), false);
    }

    /// Begins what a step does on a connection that is open.
    fn begin_action(&mut self, index: u32, job: Job, socket: &CompiledSocket, now_ns: u64) {
        self.backlog.begin();
        let conn = self.pool.get(index);
        let version = conn.version;
        conn.job = Some(job);
        let step = &self.shared.compiled.steps[job.step as usize];
        self.agenda.limit(&mut conn.deadline, now_ns.saturating_add(step.timeout_ns), index);
        conn.kept.begin(&[]);
        let Some(session) = &mut conn.ws else { return };
        match &socket.act {
            SocketAct::Send { is_text, .. } => {
                let actor = self.crowd.get_mut(job.actor);
                // Each is a message, since it was compiled as one.
                if let Some((_, message)) = self.composer.message(step, actor) {
                    session.send(*is_text, message);
                    if let Some(tap) = &self.shared.tap {
                        let word = if *is_text { "TEXT" } else { "BINARY" };
                        tap.framed(job.step, (conn.target, conn.address), word, message);
                    }
                }
            }
            SocketAct::Close { code, reason } => {
                session.close(*code, reason);
                if let Some(tap) = &self.shared.tap {
                    let word = format!("CLOSE {code} {reason}");
                    tap.framed(job.step, (conn.target, conn.address), &word, &[]);
                }
            }
            SocketAct::Await(_) | SocketAct::Connect { .. } => self.count_sent(index, 0, now_ns),
        }
        // What it waits for may be there already.
        self.agenda.read_later(token(index, version), false);
        if !self.flush_websocket(index) {
            let now_ns = self.shared.clock.now();
            self.fail(index, ErrorKind::NotConnected, now_ns);
        }
    }

    /// Writes as much as the socket takes. Whether the connection holds.
    pub(super) fn flush_websocket(&mut self, index: u32) -> bool {
        loop {
            let Conn { socket: Some(socket), wire, ws: Some(session), job, .. } = self.pool.get(index) else {
                return false;
            };
            let has_job = job.is_some();
            let output = session.output();
            if output.is_empty() && !wire.is_pending() {
                return true;
            }
            let sent_ns = self.shared.clock.now();
            let Ok(sent) = wire.send(socket, output) else { return false };
            output.drain(..sent.taken);
            if has_job && sent.left > 0 {
                self.count_sent(index, sent.left, sent_ns);
            }
            if sent.taken == 0 {
                return true;
            }
        }
    }

    /// The socket takes more.
    pub(super) fn on_websocket_writable(&mut self, index: u32) {
        if self.flush_websocket(index) {
            self.attend(index);
        } else {
            self.on_readable(index, true);
        }
    }

    /// Reads what has come, whether a step waits for it or not.
    pub(super) fn read_websocket(&mut self, index: u32, to_the_end: bool, buffer: &mut [u8]) {
        let version = self.pool.get(index).version;
        // What a step waits for may have come before it.
        if !self.look(index) {
            return;
        }
        for _ in 0..READS_PER_TURN {
            let Conn { socket: Some(socket), wire, ws: Some(session), job, .. } = self.pool.get(index) else {
                return;
            };
            let Received { bytes, is_all } = match wire.receive(socket, buffer) {
                Ok(received) => received,
                Err(Halt::Wait) => return,
                Err(Halt::Tls(text)) => return self.end_websocket(index, ErrorKind::TlsBroken, &text),
                Err(_) => return self.end_websocket(index, ErrorKind::ConnectionReset, &RESET),
            };
            if bytes == 0 {
                let kind = match session.has_partial() {
                    true => ErrorKind::ResponseTruncated,
                    false => ErrorKind::ConnectionClosed,
                };
                return self.end_websocket(index, kind, &"closed by the target without a close frame");
            }
            if let Some(job) = job {
                self.recorder.read(job.endpoint, bytes);
            }
            let fed = session.feed(&buffer[..bytes]);
            if !self.look(index) {
                return;
            }
            if let Err(error) = fed {
                return self.end_websocket(index, ErrorKind::WebsocketError, &error);
            }
            if is_all && !to_the_end {
                return;
            }
        }
        self.agenda.read_later(token(index, version), to_the_end);
    }

    /// Looks at what has come: writes the answers that it demands, ends the step that waits for it, and the connection if
    /// that was the end. Whether the connection goes on.
    fn look(&mut self, index: u32) -> bool {
        let version = self.pool.get(index).version;
        self.flush_websocket(index);
        self.attend(index);
        let Some(Conn { ws: Some(session), .. }) = self.pool.find((index, version)) else { return false };
        if let Some(end) = session.ended() {
            let text = format!("closed by the target with {end}");
            self.end_websocket(index, ErrorKind::WebsocketClosed, &text);
            return false;
        }
        // Even if nothing more can be written: what the target has said before it closed is still to be read.
        true
    }

    /// Ends the step on the connection if what it waits for has come.
    fn attend(&mut self, index: u32) {
        let Conn { ws: Some(session), kept, job: Some(job), wire, .. } = self.pool.get(index) else { return };
        let step = &self.shared.compiled.steps[job.step as usize];
        let Some(socket) = &step.socket else { return };
        let is_done = match &socket.act {
            SocketAct::Connect { .. } => false,
            SocketAct::Send { awaits: None, .. } => !session.has_output() && !wire.is_pending(),
            SocketAct::Close { .. } => session.ended().is_some(),
            SocketAct::Send { awaits: Some(checks), .. } | SocketAct::Await(checks) => {
                let mut is_found = false;
                while !is_found && let Some(message) = session.message() {
                    kept.begin(&[]);
                    kept.body_bytes = message.len() as u64;
                    kept.push_body(message);
                    session.skip_message();
                    is_found = self.judge.fulfils(checks, kept);
                    if !is_found && let Some(tap) = &self.shared.tap {
                        tap.passed_over(job.step, &kept.body);
                    }
                }
                is_found
            }
        };
        // A message may be faster than the word that its question has left.
        if is_done && job.sent_ns.is_some() {
            self.complete(index, true);
        }
    }

    /// The step on a connection has ended: it is held for the next one, unless this was the last.
    pub(super) fn rest_websocket(&mut self, index: u32, job: Job) {
        let conn = self.pool.get(index);
        let socket = self.shared.compiled.steps[job.step as usize].socket.as_ref();
        let is_last = socket.is_some_and(|socket| matches!(socket.act, SocketAct::Close { .. }));
        conn.job = None;
        conn.deadline.clear();
        if is_last {
            self.crowd.get_mut(job.actor).lost_socket = None;
            self.pool.close(index);
        }
    }

    /// A step has waited for too long. The connection stays, if nothing of it hangs half-written. Whether it did.
    pub(super) fn give_up_waiting(&mut self, index: u32, now_ns: u64) -> bool {
        let Conn { ws: Some(session), job: Some(job), wire, deadline, .. } = self.pool.get(index) else {
            return false;
        };
        let step = &self.shared.compiled.steps[job.step as usize];
        let awaits = step.socket.as_ref().is_some_and(|socket| {
            matches!(socket.act, SocketAct::Await(_) | SocketAct::Send { awaits: Some(_), .. })
        });
        if !awaits || !session.is_open() || session.has_output() || wire.is_pending() {
            return false;
        }
        let job = *job;
        deadline.clear();
        self.pool.get(index).job = None;
        self.backlog.end();
        self.end_job(job, ErrorKind::Timeout, now_ns);
        true
    }

    /// A connection has come to its end, under a step or between two.
    fn end_websocket(&mut self, index: u32, kind: ErrorKind, problem: &dyn Display) {
        let now_ns = self.shared.clock.now();
        let Conn { ws: Some(session), job, .. } = self.pool.get(index) else { return };
        let owner = session.owner();
        let was_sent = job.map(|job| job.sent_ns.is_some());
        if let Some(owner) = owner {
            self.crowd.get_mut(owner).lost_socket = Some(problem.to_string());
        }
        match was_sent {
            None => self.pool.close(index),
            Some(true) => self.fail_because(index, kind, now_ns, problem),
            Some(false) => self.fail_because(index, ErrorKind::NotConnected, now_ns, problem),
        }
    }
}
