//! Connections between two requests, and those whose time is over.

use super::Worker;
use crate::engine::conn::ConnState;
use crate::engine::lifetime::Bound;
use swarmlab_intervals::ErrorKind;

impl Worker<'_> {
    /// A connection carries nothing for now: it is idle, or it ends if it was used for long enough.
    pub(super) fn rest(&mut self, index: u32, now_ns: u64) {
        let conn = self.pool.get(index);
        let lifetime = self.routes.to(conn.target).lifetime;
        if let Some(bound) = lifetime.over(conn.opened_ns, conn.served, now_ns) {
            self.recorder.retired(bound);
            return self.pool.close(index);
        }
        let end_ns = lifetime.ends_ns(conn.opened_ns, now_ns);
        self.pool.set_idle(index);
        if end_ns < u64::MAX {
            self.agenda.limit(&mut self.pool.get(index).deadline, end_ns, index);
        }
    }

    /// An answer on a shared connection is complete. A connection that is too old gets no further request; one that
    /// carries none now ends if it gets none in time.
    pub(super) fn rest_shared(&mut self, index: u32, now_ns: u64) {
        let conn = self.pool.get(index);
        let lifetime = self.routes.to(conn.target).lifetime;
        // Requests are counted when they get their streams.
        if let Some(bound) = lifetime.over(conn.opened_ns, 0, now_ns).filter(|_| !conn.is_last_use) {
            self.recorder.retired(bound);
            conn.is_last_use = true;
        }
        conn.rest_end_ns = u64::MAX;
        let end_ns = lifetime.ends_ns(conn.opened_ns, now_ns);
        if end_ns < u64::MAX && conn.mux.as_ref().is_some_and(|mux| mux.is_unused()) {
            conn.rest_end_ns = end_ns;
            self.agenda.limit(&mut conn.deadline, end_ns, index);
        }
    }

    /// An entry of the time limits came up.
    pub(super) fn on_timeout(&mut self, at_ns: u64, index: u32, now_ns: u64) {
        let conn = self.pool.get(index);
        if !self.agenda.is_expired(&mut conn.deadline, at_ns, now_ns, index) {
            return;
        }
        let is_at_rest = conn
            .mux
            .as_ref()
            .map_or(conn.state == ConnState::Idle, |mux| mux.is_unused() && conn.rest_end_ns <= now_ns);
        if is_at_rest {
            if !conn.is_last_use {
                let lifetime = self.routes.to(conn.target).lifetime;
                self.recorder.retired(lifetime.over(conn.opened_ns, 0, now_ns).unwrap_or(Bound::Idle));
            }
            return self.pool.close(index);
        }
        if conn.mux.is_some() {
            return self.on_shared_timeout(index, now_ns);
        }
        if self.give_up_waiting(index, now_ns) {
            return;
        }
        let conn = self.pool.get(index);
        let was_sent = conn.job.is_some_and(|job| job.sent_ns.is_some());
        self.fail(index, if was_sent { ErrorKind::Timeout } else { ErrorKind::ConnectTimeout }, now_ns);
    }
}
