//! Word from outside, and the end of what waits and of what is under way.

use std::sync::atomic::Ordering;

use super::Worker;
use crate::engine::actor::Phase;
use crate::engine::conn::ConnState;
use swarmlab_intervals::ErrorKind;

impl Worker<'_> {
    /// Takes word from outside.
    pub(super) fn obey(&mut self, now_ns: u64) {
        self.follow_addresses();
        let control = &self.shared.control;
        let abort = control.abort.load(Ordering::Relaxed);
        if abort || (control.stop.load(Ordering::Relaxed) && !self.time.is_draining()) {
            if abort {
                self.time.close();
            }
            self.time.stop(now_ns);
            self.advance(now_ns);
            self.abandon_queue(now_ns);
            if abort {
                self.end_all(now_ns);
            }
        }
    }

    /// Gives up what waits in the queue; as long as the drain time lasts not what users do at the stop.
    pub(super) fn abandon_queue(&mut self, now_ns: u64) {
        // What is abandoned may lead to a stop, which goes to the end of the queue: these are not looked at.
        for _ in 0..self.backlog.len() {
            let Some(intent) = self.backlog.pop() else { return };
            let is_stop = |actor: u32| self.crowd.get(actor).phase == Phase::Stop;
            if !self.time.is_closing() && intent.actor.is_some_and(is_stop) {
                self.backlog.push(intent);
                continue;
            }
            self.recorder.unqueued(now_ns);
            match intent.actor {
                None => self.recorder.unassigned(ErrorKind::Abandoned),
                Some(actor) => self.fail_unsent(actor, intent.step, ErrorKind::Abandoned, now_ns),
            }
        }
    }

    /// Ends all requests under way.
    pub(super) fn end_all(&mut self, now_ns: u64) {
        for index in self.pool.indices() {
            let conn = self.pool.get(index);
            let not_there = match conn.state {
                ConnState::Connecting => Some("the connection was not accepted before the load ended"),
                ConnState::Handshaking => Some("the TLS handshake was not answered before the load ended"),
                _ => None,
            };
            if let Some(problem) = not_there {
                let target = &self.shared.spec.targets[conn.target].name;
                self.recorder.note(ErrorKind::Abandoned, target, &problem);
            }
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
}
