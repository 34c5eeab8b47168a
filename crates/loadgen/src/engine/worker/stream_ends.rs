//! What becomes of requests on shared connections: answers, refusals, ends, and time limits.

use std::fmt::Display;

use super::Worker;
use crate::engine::conn::Conn;
use crate::engine::lifetime::Bound;
use crate::engine::multiplex::Late;
use crate::http2::{Finish, Finished, Http2Error, code_name};
use swarmlab_intervals::ErrorKind;

/// How often a request that was refused unprocessed is sent again.
const MAXIMUM_REFUSALS: u8 = 3;

impl Worker<'_> {
    /// The session was fed: requests may have ended, new ones may be possible, and answers wait to be written.
    pub(super) fn on_fed(&mut self, index: u32) {
        let conn = self.pool.get(index);
        let version = conn.version;
        let Some(mux) = &mut conn.mux else { return };
        let Some(session) = &mut mux.session else { return };
        let mut finished = std::mem::take(session.finished());
        if mux.plan_flush_of_output() {
            self.agenda.write_later((index, version));
        }
        if mux.opens() {
            self.on_open(index);
        }
        for Finished { place, finish } in finished.drain(..) {
            if self.pool.find((index, version)).is_none() {
                return;
            }
            self.on_finished(index, place, finish);
        }
        let Some(Conn { mux: Some(mux), is_last_use, .. }) = self.pool.find((index, version)) else { return };
        if let Some(session) = &mut mux.session {
            // Its buffer is used again.
            *session.finished() = finished;
        }
        if mux.is_unused() && (mux.is_ending() || *is_last_use) {
            // One that is too old was counted when that was seen.
            if mux.is_spent() && !*is_last_use {
                self.recorder.retired(Bound::Requests);
            }
            self.pool.close(index);
        } else {
            self.pool.list_shared(index);
        }
    }

    /// The other side's settings have come: requests that waited go out, as many as it takes.
    fn on_open(&mut self, index: u32) {
        let Conn { mux: Some(mux), target, .. } = self.pool.get(index) else { return };
        let target = *target;
        let capacity = mux.capacity();
        let jobs = mux.take_surplus();
        let places: Vec<u32> = mux.places().collect();
        if capacity == 0 {
            // It takes no request at all, now: to try others of its kind would have no end.
            let problem = "the target lets no request be made (SETTINGS_MAX_CONCURRENT_STREAMS 0, or GOAWAY)";
            self.recorder.note(ErrorKind::ConnectFailed, &self.shared.spec.targets[target].name, &problem);
            let now_ns = self.shared.clock.now();
            self.pool.close(index);
            for job in jobs {
                self.backlog.end();
                self.end_job(job, ErrorKind::ConnectFailed, now_ns);
            }
            return;
        }
        self.requeue(jobs.into_iter());
        for place in places {
            self.request(index, place);
        }
    }

    fn on_finished(&mut self, index: u32, place: u32, finish: Finish) {
        match finish {
            Finish::Complete => self.complete_shared(index, place),
            Finish::Refused => self.on_refused(index, place),
            Finish::Reset(code) => {
                let problem = format_args!("RST_STREAM with {} ({code:#x})", code_name(code));
                self.end_stream(index, place, ErrorKind::StreamReset, Some(&problem));
            }
            Finish::Malformed(problem) => {
                self.end_stream(index, place, ErrorKind::BadResponse, Some(&problem));
            }
            Finish::HeaderTooLarge => self.end_stream(index, place, ErrorKind::HeaderTooLarge, None),
            Finish::BodyTooLarge => self.end_stream(index, place, ErrorKind::BodyTooLarge, None),
        }
    }

    /// An answer on a shared connection is complete.
    fn complete_shared(&mut self, index: u32, place: u32) {
        let conn = self.pool.get(index);
        let Some(mux) = &mut conn.mux else { return };
        let Some(job) = mux.complete(place, &mut conn.kept) else { return };
        if job.sent_ns.is_none() {
            // An answer to nothing.
            self.backlog.end();
            let now_ns = self.shared.clock.now();
            return self.end_job(job, ErrorKind::ConnectFailed, now_ns);
        }
        conn.job = Some(job);
        self.pool.list_shared(index);
        self.complete(index, true);
    }

    /// The target has not processed a request: it is sent again, elsewhere if need be, but not for ever.
    fn on_refused(&mut self, index: u32, place: u32) {
        let Conn { mux: Some(mux), target, .. } = self.pool.get(index) else { return };
        let target = *target;
        let goodbye = mux.session.as_ref().and_then(|session| session.goaway()).map_or("none", code_name);
        let Some((job, refusals)) = mux.refuse(place) else { return };
        self.backlog.end();
        self.pool.list_shared(index);
        let now_ns = self.shared.clock.now();
        if refusals <= MAXIMUM_REFUSALS && self.dispatch_shared(job, refusals, now_ns) {
            return;
        }
        let problem = format_args!("the target refuses to process requests (code of its GOAWAY: {goodbye})");
        self.recorder.note(ErrorKind::StreamRefused, &self.shared.spec.targets[target].name, &problem);
        let was_sent = job.sent_ns.is_some();
        self.end_job(job, if was_sent { ErrorKind::StreamRefused } else { ErrorKind::ConnectFailed }, now_ns);
    }

    /// Ends one request of a shared connection without a complete answer.
    pub(super) fn end_stream(
        &mut self,
        index: u32,
        place: u32,
        kind: ErrorKind,
        problem: Option<&dyn Display>,
    ) {
        let now_ns = self.shared.clock.now();
        let Conn { mux: Some(mux), target, .. } = self.pool.get(index) else { return };
        let target = *target;
        let Some(job) = mux.free_slot(place) else { return };
        self.backlog.end();
        if let Some(problem) = problem {
            self.recorder.note(kind, &self.shared.spec.targets[target].name, problem);
        }
        self.pool.list_shared(index);
        let is_told = job.sent_ns.is_some() || kind.is_before_send();
        self.end_job(job, if is_told { kind } else { ErrorKind::ConnectFailed }, now_ns);
    }

    /// The target breaks the rules of HTTP/2.
    #[cold]
    pub(super) fn on_violation(&mut self, index: u32, error: Http2Error) {
        let conn = self.pool.get(index);
        if let Conn { socket: Some(socket), wire, mux: Some(mux), .. } = conn
            && let Some(session) = &mut mux.session
        {
            // The GOAWAY tells the target why; whether it arrives changes nothing here.
            let _ = wire.send(socket, session.output());
        }
        let kind = match error {
            Http2Error::HeaderTooLarge => ErrorKind::HeaderTooLarge,
            _ => ErrorKind::Http2Error,
        };
        self.end_shared(index, kind, Some(&error));
    }

    /// A shared connection is of no more use: all its requests end. Those of which nothing was sent are tried
    /// elsewhere, if this connection ever was of use.
    pub(super) fn end_shared(&mut self, index: u32, kind: ErrorKind, problem: Option<&dyn Display>) {
        let now_ns = self.shared.clock.now();
        let conn = self.pool.get(index);
        let (served, target) = (conn.served, conn.target);
        if let Some(problem) = problem {
            let is_open = conn.mux.as_ref().is_some_and(|mux| mux.is_open());
            let kind = if is_open { kind } else { ErrorKind::ConnectFailed };
            self.recorder.note(kind, &self.shared.spec.targets[target].name, problem);
        }
        if served > 0
            && let Some(mux) = &mut conn.mux
        {
            let jobs = mux.take_unsent();
            self.requeue(jobs.into_iter());
        }
        self.fail_shared(index, kind, ErrorKind::ConnectFailed, now_ns);
    }

    /// Ends all requests of a shared connection, and the connection.
    pub(super) fn fail_shared(&mut self, index: u32, if_sent: ErrorKind, if_unsent: ErrorKind, now_ns: u64) {
        self.pool.unlist_shared(index);
        let Some(mut mux) = self.pool.get(index).mux.take() else { return };
        self.pool.close(index);
        for (job, has_head) in mux.end() {
            self.backlog.end();
            let kind = match if_sent {
                _ if job.sent_ns.is_none() => if_unsent,
                ErrorKind::ConnectionClosed if has_head => ErrorKind::ResponseTruncated,
                kind => kind,
            };
            self.end_job(job, kind, now_ns);
        }
    }

    /// The time limit of a shared connection has come: that of one of its requests, if that is still under way.
    pub(super) fn on_shared_timeout(&mut self, index: u32, now_ns: u64) {
        let conn = self.pool.get(index);
        let version = conn.version;
        let Some(mux) = &mut conn.mux else { return };
        let Late { jobs, next_ns, is_silent, is_stuck } = mux.take_late(now_ns);
        conn.is_last_use |= is_silent;
        conn.deadline.clear();
        if next_ns < u64::MAX {
            self.agenda.limit(&mut conn.deadline, next_ns, index);
        }
        let is_done = mux.is_ending() || conn.is_last_use || is_stuck;
        if mux.is_unused() && is_done && !jobs.is_empty() {
            self.pool.close(index);
        } else if !jobs.is_empty() {
            if mux.plan_flush() {
                self.agenda.write_later((index, version));
            }
            self.pool.list_shared(index);
        }
        for job in jobs {
            self.backlog.end();
            let was_sent = job.sent_ns.is_some();
            self.end_job(job, if was_sent { ErrorKind::Timeout } else { ErrorKind::ConnectTimeout }, now_ns);
        }
    }
}
