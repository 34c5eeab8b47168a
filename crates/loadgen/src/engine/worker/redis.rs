//! Publishing on Redis, and waiting for the message on the user's own subscription.
//!
//! A connection carries one request at a time, like one of HTTP/1.1, and is its user's own as long as there are
//! enough. RESP3 and the subscription are part of establishing it: only the message itself counts as sent, and
//! its answer is the message as it comes back. While a connection is idle it receives what others publish on
//! its channels: that is read and dropped.

use std::fmt::Display;

use super::Worker;
use super::dispatch::Written;
use super::receive::READS_PER_TURN;
use crate::engine::conn::{Conn, ConnState, token};
use crate::engine::tap::Seen;
use crate::engine::transport::{Halt, Received};
use crate::redis::{Session, Turn};
use swarmlab_intervals::ErrorKind;

/// Largest message that is accepted, bytes; `limits.max_body_bytes` may set less.
const MAXIMUM_MESSAGE_BYTES: u64 = 8 << 20;

impl Worker<'_> {
    /// Bytes flow on a connection to Redis.
    pub(super) fn begin_redis(&mut self, index: u32) {
        let conn = self.pool.get(index);
        let spec = &self.shared.spec;
        let credentials = spec.targets[conn.target].credentials.as_ref().map(|credentials| {
            (credentials.user.as_deref().unwrap_or("default").as_bytes(), credentials.password.expose())
        });
        let limit_bytes = spec.limits.max_body_bytes.min(MAXIMUM_MESSAGE_BYTES) as usize;
        conn.redis = Some(Box::new(Session::new(credentials, limit_bytes)));
    }

    /// Writes what the job of a connection to Redis needs first: the message, or what comes before it.
    pub(super) fn write_message(&mut self, index: u32) -> Written {
        let Conn { job: Some(job), redis: Some(session), kept, version, deadline, address, .. } =
            self.pool.get(index)
        else {
            return Written::Broken;
        };
        let compiled = &self.shared.compiled;
        let step = &compiled.steps[job.step as usize];
        let actor = self.crowd.get_mut(job.actor);
        actor.set_connection(step.target, (index, *version));
        // Each step was compared with its target's scheme at the start.
        let Some((channel, message)) = self.composer.message(step, actor) else { return Written::Broken };
        if let Some(tap) = &self.shared.tap {
            tap.published(job.step, (step.target, *address), channel, message);
        }
        kept.begin(&[]);
        let due_ns = self.shared.clock.now().saturating_add(step.timeout_ns);
        self.agenda.limit(deadline, due_ns, index);
        if session.begin(channel, message) == Turn::Publish {
            session.publish();
        }
        if self.flush_redis(index) { Written::Carried } else { Written::Broken }
    }

    /// Writes as much as the socket takes. Whether the connection holds.
    pub(super) fn flush_redis(&mut self, index: u32) -> bool {
        loop {
            let Conn { socket: Some(socket), wire, redis: Some(session), .. } = self.pool.get(index) else {
                return false;
            };
            let is_published = session.is_published();
            let output = session.output();
            if output.is_empty() {
                return true;
            }
            let sent_ns = self.shared.clock.now();
            let Ok(sent) = wire.send(socket, output) else { return false };
            output.drain(..sent.taken);
            if is_published && sent.left > 0 {
                self.count_sent(index, sent.left, sent_ns);
            }
            if sent.taken == 0 {
                return true;
            }
        }
    }

    /// Reads what has come on a connection to Redis, whether it carries a request or is idle.
    pub(super) fn on_redis_readable(&mut self, index: u32, to_the_end: bool) {
        self.with_buffer(|worker, buffer| worker.read_redis(index, to_the_end, buffer));
    }

    fn read_redis(&mut self, index: u32, to_the_end: bool, buffer: &mut [u8]) {
        let version = self.pool.get(index).version;
        for _ in 0..READS_PER_TURN {
            let Conn { socket: Some(socket), wire, redis: Some(session), job, kept, .. } =
                self.pool.get(index)
            else {
                return;
            };
            let Received { bytes, is_all } = match wire.receive(socket, buffer) {
                Ok(received) => received,
                Err(Halt::Wait) => return,
                Err(_) => return self.end_redis(index, ErrorKind::ConnectionReset, None),
            };
            if bytes == 0 {
                let has_partial = session.has_partial() && session.is_published();
                let kind =
                    if has_partial { ErrorKind::ResponseTruncated } else { ErrorKind::ConnectionClosed };
                return self.end_redis(index, kind, None);
            }
            let mut wants_body = false;
            if let Some(job) = job {
                wants_body = self.shared.compiled.steps[job.step as usize].wants_body;
                self.recorder.read(job.endpoint, bytes);
            }
            let turn = session.feed(&buffer[..bytes], &mut |message| {
                kept.body_bytes += message.len() as u64;
                if wants_body {
                    kept.push_body(message);
                }
            });
            match turn {
                Ok(Turn::Wait) => {}
                Ok(Turn::Publish) => {
                    session.publish();
                    if !self.flush_redis(index) {
                        return self.end_redis(index, ErrorKind::ConnectionReset, None);
                    }
                }
                Ok(Turn::Received) => self.complete(index, true),
                Ok(Turn::Refused) => self.complete_refused(index),
                Err(problem) => return self.end_redis(index, ErrorKind::BadResponse, Some(&problem)),
            }
            // The end of a request may have closed the connection.
            if self.pool.find((index, version)).is_none() || (is_all && !to_the_end) {
                return;
            }
        }
        self.agenda.read_later(token(index, version), to_the_end);
    }

    /// A connection to Redis has come to an end, under a request or idle.
    fn end_redis(&mut self, index: u32, kind: ErrorKind, problem: Option<&dyn Display>) {
        let now_ns = self.shared.clock.now();
        let conn = self.pool.get(index);
        if conn.state == ConnState::Idle {
            return self.pool.close(index);
        }
        let was_sent = conn.job.is_some_and(|job| job.sent_ns.is_some());
        let kind = if was_sent { kind } else { ErrorKind::ConnectFailed };
        match problem {
            Some(problem) => self.fail_because(index, kind, now_ns, problem),
            None => self.fail(index, kind, now_ns),
        }
    }

    /// The target has answered that it does not publish the message.
    fn complete_refused(&mut self, index: u32) {
        let done_ns = self.shared.clock.now();
        self.roll(done_ns);
        let Conn { job: Some(job), redis: Some(session), target, kept, .. } = self.pool.get(index) else {
            return;
        };
        let (job, target) = (*job, *target);
        let problem = session.error().to_owned();
        let Some(sent_ns) = job.sent_ns else {
            return self.fail_because(index, ErrorKind::ConnectFailed, done_ns, &problem);
        };
        let kind = ErrorKind::RedisError;
        if let Some(tap) = &self.shared.tap {
            // It is an answer, but none whose content is looked at.
            tap.answered(job.step, kept, (sent_ns, done_ns), Some(kind), Some(Seen::default()));
        }
        self.recorder.note(kind, &self.shared.spec.targets[target].name, &problem);
        self.recorder.completed(job.endpoint as usize, &job, 0, done_ns, Some(kind));
        self.backlog.end();
        self.rest(index, done_ns);
        self.actor_done(job.actor, Some(kind), done_ns);
    }
}
