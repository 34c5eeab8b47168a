//! What one thread writes down, interval by interval.

use std::fmt::Display;
use std::sync::mpsc::{Receiver, Sender};

use super::clock::thread_cpu_ns;
use super::collector::Message;
use super::conn::Job;
use super::kept::Kept;
use super::lifetime::Bound;
use super::procfs::run_queue_wait_ns;
use super::thread_interval::ThreadInterval;
use crate::engine::level::Level;
use swarmlab_intervals::{ERROR_KINDS, EndpointStats, ErrorKind, FirstAnswer};

/// A request counts as late from here on.
const LATE_NS: u64 = 1_000_000;

/// Longest text kept of an error; what a target or a library says may be of any length.
const MAXIMUM_NOTE_CHARS: usize = 400;
/// First answers that a thread tells of.
const MAXIMUM_ANSWERS: usize = 32;
/// An intent that still waits at the end of an interval is overdue from this age on. Younger ones are on their
/// way: at every moment there may be some.
const OVERDUE_NS: u64 = 10_000_000;

/// The notebook of one thread.
pub(crate) struct Recorder<'a> {
    now: Box<ThreadInterval>,
    users: Level,
    in_flight: Level,
    queued: Level,
    thinking: Level,
    endpoint_names: &'a [String],
    thread: usize,
    interval_ns: u64,
    end_ns: u64,
    cpu_before_ns: u64,
    /// Kinds of errors of which a text was sent.
    noted: [bool; ERROR_KINDS],
    answered: Vec<(Option<ErrorKind>, u16)>,
    to_collector: Sender<Message>,
    recycled: Receiver<Box<ThreadInterval>>,
}

impl<'a> Recorder<'a> {
    pub fn new(
        endpoint_names: &'a [String],
        thread: usize,
        interval_ns: u64,
        to_collector: Sender<Message>,
        recycled: Receiver<Box<ThreadInterval>>,
    ) -> Self {
        let level = Level::new(interval_ns);
        Self {
            now: Box::new(ThreadInterval::new(endpoint_names)),
            users: level,
            in_flight: level,
            queued: level,
            thinking: level,
            endpoint_names,
            thread,
            interval_ns,
            end_ns: interval_ns,
            cpu_before_ns: thread_cpu_ns(),
            noted: [false; ERROR_KINDS],
            answered: Vec::with_capacity(MAXIMUM_ANSWERS),
            to_collector,
            recycled,
        }
    }

    /// The load begins: what the thread used before is not part of it.
    pub fn begin(&mut self) {
        self.cpu_before_ns = thread_cpu_ns();
        let _ = self.to_collector.send(Message::Begun { thread: self.thread });
    }

    /// End of the current interval.
    pub fn end_ns(&self) -> u64 {
        self.end_ns
    }

    /// Whether an intent that still waits at the end of the current interval is overdue.
    pub fn is_overdue(&self, intended_ns: u64) -> bool {
        intended_ns.saturating_add(OVERDUE_NS) <= self.end_ns
    }

    /// Hands the current interval to the collector and begins the next. `overdue` intents still wait.
    pub fn turn(&mut self, connections_open: usize, overdue: usize) {
        let next_end_ns = self.end_ns + self.interval_ns;
        let fresh =
            self.recycled.try_recv().unwrap_or_else(|_| Box::new(ThreadInterval::new(self.endpoint_names)));
        let mut full = std::mem::replace(&mut self.now, fresh);
        self.now.index = full.index + 1;
        full.users_ns = self.users.turn(next_end_ns);
        full.in_flight_end = self.in_flight.count();
        full.in_flight_ns = self.in_flight.turn(next_end_ns);
        full.queued_end = self.queued.count();
        full.queued_ns = self.queued.turn(next_end_ns);
        full.think_ns = self.thinking.turn(next_end_ns);
        full.connections_open_end = connections_open as u64;
        full.overdue_end = overdue as u64;
        let cpu_ns = thread_cpu_ns();
        full.cpu_ns = cpu_ns - self.cpu_before_ns;
        self.cpu_before_ns = cpu_ns;
        self.end_ns = next_end_ns;
        // The collector lives until every thread has finished.
        let _ = self.to_collector.send(Message::Interval { thread: self.thread, interval: full });
    }

    /// The last word of the thread.
    pub fn finish(mut self, end_ns: u64, load_end_ns: u64, connections_open: usize) {
        // An interval after the load in which nothing happened is none.
        let is_after = self.end_ns - self.interval_ns >= load_end_ns;
        if !(is_after && self.is_blank()) {
            self.now.run_queue_ns = run_queue_wait_ns(rustix::thread::gettid().as_raw_nonzero().get());
            self.turn(connections_open, 0);
        }
        let _ = self.to_collector.send(Message::Finished { thread: self.thread, end_ns, load_end_ns });
    }

    fn is_blank(&self) -> bool {
        let levels = [&self.users, &self.in_flight, &self.queued, &self.thinking];
        self.now.offered == 0
            && self.now.unassigned_errors.iter().all(|&count| count == 0)
            && self.now.endpoints.iter().all(|endpoint| endpoint.tally == Default::default())
            && levels.into_iter().all(Level::is_blank)
    }

    /// A request is due.
    #[inline]
    pub fn offered(&mut self) {
        self.now.offered += 1;
    }

    /// A request that is due falls to an endpoint.
    #[inline]
    pub fn assigned(&mut self, endpoint: usize) {
        self.now.endpoints[endpoint].tally.offered += 1;
    }

    /// A request that fell to no endpoint has ended.
    pub fn unassigned(&mut self, kind: ErrorKind) {
        self.now.unassigned_errors[kind as usize] += 1;
    }

    /// A user has come, or a session has got something to do.
    #[inline]
    pub fn came(&mut self, at_ns: u64) {
        self.users.up(at_ns);
    }

    /// A user has left, or a session has nothing more to do.
    #[inline]
    pub fn left(&mut self, at_ns: u64) {
        self.users.down(at_ns);
    }

    /// A user begins to think.
    #[inline]
    pub fn thinks(&mut self, at_ns: u64) {
        self.thinking.up(at_ns);
    }

    /// A user has thought.
    #[inline]
    pub fn thought(&mut self, at_ns: u64) {
        self.thinking.down(at_ns);
    }

    /// A request waits from now on.
    #[inline]
    pub fn queued(&mut self, at_ns: u64) {
        self.queued.up(at_ns);
    }

    /// A request waits no longer: it was sent, or will not be.
    #[inline]
    pub fn unqueued(&mut self, at_ns: u64) {
        self.queued.down(at_ns);
    }

    /// An iteration of a task has ended; `completed`: well.
    #[inline]
    pub fn iterated(&mut self, completed: bool) {
        self.now.iterations_completed += u64::from(completed);
    }

    /// A connection carries requests from now on.
    pub fn opened(&mut self) {
        self.now.connections_opened += 1;
    }

    /// A connection was used for long enough.
    pub fn retired(&mut self, by: Bound) {
        let retired = &mut self.now.connections_retired;
        match by {
            Bound::Age => retired.max_age += 1,
            Bound::Requests => retired.max_requests += 1,
            Bound::Idle => retired.max_idle += 1,
        }
    }

    /// Bytes of a request were written.
    #[inline]
    pub fn wrote(&mut self, endpoint: u32, bytes: usize) {
        self.now.endpoints[endpoint as usize].tally.bytes_sent += bytes as u64;
    }

    /// Bytes of an answer were read.
    #[inline]
    pub fn read(&mut self, endpoint: u32, bytes: usize) {
        self.now.endpoints[endpoint as usize].tally.bytes_received += bytes as u64;
    }

    /// The body of a complete answer was so long.
    #[inline]
    pub fn body(&mut self, endpoint: u32, bytes: u64) {
        self.now.endpoints[endpoint as usize].tally.body_bytes += bytes;
    }

    /// The statistics of the current interval, for readers that tell them apart themselves.
    pub fn endpoints(&mut self) -> &mut [EndpointStats] {
        &mut self.now.endpoints
    }

    /// A user's wake-up was noticed by the clock so late: the user thought for longer than it should.
    pub fn overslept(&mut self, intended_ns: u64, now_ns: u64) {
        self.now.overslept_ns += now_ns.saturating_sub(intended_ns);
        self.picked_up(intended_ns, now_ns);
    }

    /// A due moment was noticed by the clock so late.
    pub fn picked_up(&mut self, intended_ns: u64, now_ns: u64) {
        self.now.pickup.saturating_record(now_ns.saturating_sub(intended_ns) / 1000);
    }

    /// A socket was connected.
    pub fn connected(&mut self, took_ns: u64) {
        self.now.connect.saturating_record(took_ns / 1000);
    }

    /// A TLS handshake was completed.
    pub fn secured(&mut self, took_ns: u64) {
        self.now.tls.saturating_record(took_ns / 1000);
    }

    /// Keeps the text of the first error of a kind, for the summary; those that follow cost nothing.
    pub fn note(&mut self, kind: ErrorKind, target: &str, problem: &dyn Display) {
        let noted = &mut self.noted[kind as usize];
        if !std::mem::replace(noted, true) {
            let mut text = problem.to_string();
            if !text.starts_with(target) {
                text = format!("{target}: {text}");
            }
            text = text.chars().take(MAXIMUM_NOTE_CHARS).collect();
            let _ = self.to_collector.send(Message::FirstError { kind, text });
        }
    }

    /// Keeps the first answer of an error and status for the summary; those that follow cost a look.
    pub fn first_answer(&mut self, endpoint: u32, error: Option<ErrorKind>, kept: &Kept) {
        let what = (error, kept.status);
        if self.answered.len() >= MAXIMUM_ANSWERS || self.answered.contains(&what) {
            return;
        }
        self.answered.push(what);
        let (headers, body) = kept.shown();
        let answer = FirstAnswer {
            endpoint: self.now.endpoints[endpoint as usize].endpoint.clone(),
            status: kept.status,
            error,
            headers,
            body,
            body_bytes: kept.body_bytes,
        };
        let _ = self.to_collector.send(Message::FirstAnswer(Box::new(answer)));
    }

    /// A request waited so long until it was sent, or until a connection was being opened for it.
    pub fn waited(&mut self, intended_ns: u64, until_ns: u64) {
        self.now.waited.saturating_record(until_ns.saturating_sub(intended_ns) / 1000);
    }

    /// The first byte of a request was written.
    pub fn sent(&mut self, endpoint: usize, intended_ns: u64, sent_ns: u64) {
        let stats = &mut self.now.endpoints[endpoint];
        let lateness_ns = sent_ns.saturating_sub(intended_ns);
        stats.tally.sent += 1;
        stats.tally.late += u64::from(lateness_ns > LATE_NS);
        stats.tally.lateness_sum_s += lateness_ns as f64 / 1e9;
        stats.lateness.saturating_record(lateness_ns / 1000);
        self.in_flight.up(sent_ns);
    }

    /// A complete answer; `error` tells what was wrong with it.
    pub fn completed(
        &mut self,
        endpoint: usize,
        job: &Job,
        status: u16,
        done_ns: u64,
        error: Option<ErrorKind>,
    ) {
        let stats = &mut self.now.endpoints[endpoint];
        stats.tally.statuses.count(status);
        stats.tally.completed += 1;
        let response_ns = done_ns.saturating_sub(job.intended_ns);
        let service_ns = done_ns.saturating_sub(job.sent_ns.unwrap_or(done_ns));
        stats.tally.response_sum_s += response_ns as f64 / 1e9;
        stats.tally.service_sum_s += service_ns as f64 / 1e9;
        stats.response.saturating_record(response_ns / 1000);
        stats.service.saturating_record(service_ns / 1000);
        match error {
            None => stats.tally.succeeded += 1,
            Some(kind) => {
                stats.tally.failed += 1;
                stats.tally.errors[kind as usize] += 1;
            }
        }
        self.in_flight.down(done_ns);
    }

    /// A request that ended without a complete answer.
    pub fn failed(&mut self, endpoint: usize, was_sent: bool, kind: ErrorKind, now_ns: u64) {
        let stats = &mut self.now.endpoints[endpoint];
        stats.tally.failed += 1;
        stats.tally.errors[kind as usize] += 1;
        if was_sent {
            self.in_flight.down(now_ns);
        }
    }
}
