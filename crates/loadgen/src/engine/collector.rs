//! Merging the threads' intervals, off the hot path.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, Sender};

use std::time::Instant;

use super::procfs::{Machine, run_queue_wait_ns};
use super::thread_interval::ThreadInterval;
use super::transport::Answers;
use swarmlab_intervals::trust::{Judged, Thresholds, VerdictInputs, overslept_share};
use swarmlab_intervals::{ERROR_KINDS, ErrorKind};
use swarmlab_intervals::{
    EndpointStats, FirstAnswer, Histogram, Interval, Retired, SelfMetrics, ThreadMetrics, add_histogram,
    new_histogram,
};

/// What threads tell the collector.
#[derive(Debug)]
pub(crate) enum Message {
    Started {
        thread: usize,
        thread_id: i32,
    },
    Begun {
        thread: usize,
    },
    Interval {
        thread: usize,
        interval: Box<ThreadInterval>,
    },
    /// The first error of a kind on some thread, in words.
    FirstError {
        kind: ErrorKind,
        text: String,
    },
    /// The first answer of an error and status on some thread.
    FirstAnswer(Box<FirstAnswer>),
    Finished {
        thread: usize,
        end_ns: u64,
        load_end_ns: u64,
    },
}

/// The sums over a whole run.
#[derive(Debug)]
pub(crate) struct Totals {
    pub intervals: u64,
    pub end_ns: u64,
    pub load_end_ns: u64,
    pub offered: u64,
    pub iterations_completed: u64,
    pub think_s: f64,
    pub user_s: f64,
    pub connections_opened: u64,
    pub connections_retired: Retired,
    pub unassigned_errors: BTreeMap<ErrorKind, u64>,
    pub endpoints: Vec<EndpointStats>,
    pub overall: EndpointStats,
    pub connect: Histogram,
    pub tls: Histogram,
    pub resolve_failures: u64,
    pub first_errors: BTreeMap<ErrorKind, String>,
    pub first_answers: Vec<FirstAnswer>,
    pub verdict_inputs: VerdictInputs,
}

/// What the collector knows of one thread.
#[derive(Debug, Default)]
struct Thread {
    waiting: VecDeque<(Box<ThreadInterval>, ThreadMetrics)>,
    thread_id: i32,
    run_queue_ns: Option<u64>,
    finished: bool,
    end_ns: u64,
    load_end_ns: u64,
    cpu_ns: u64,
    run_queue_total_ns: Option<u64>,
    judged_s: f64,
}

/// The collector's state.
pub(crate) struct Collector {
    threads: Vec<Thread>,
    recycle: Vec<Sender<Box<ThreadInterval>>>,
    intervals: Sender<Interval>,
    start_unix_s: f64,
    interval_s: f64,
    next: u64,
    totals: Totals,
    pickup: Histogram,
    answers: Arc<Answers>,
    waited: Histogram,
    /// Of the closed model only.
    overslept_s: Option<f64>,
    machine: Machine,
    born: Instant,
    judged: Judged,
}

impl Collector {
    pub fn new(
        endpoint_names: &[String],
        is_closed: bool,
        recycle: Vec<Sender<Box<ThreadInterval>>>,
        intervals: Sender<Interval>,
        answers: Arc<Answers>,
        start_unix_s: f64,
        interval_s: f64,
    ) -> Self {
        let endpoints = endpoint_names.iter().map(EndpointStats::new).collect();
        Self {
            threads: recycle.iter().map(|_| Thread::default()).collect(),
            recycle,
            intervals,
            start_unix_s,
            interval_s,
            next: 0,
            totals: Totals {
                intervals: 0,
                end_ns: 0,
                load_end_ns: 0,
                offered: 0,
                iterations_completed: 0,
                think_s: 0.0,
                user_s: 0.0,
                connections_opened: 0,
                connections_retired: Retired::default(),
                unassigned_errors: BTreeMap::new(),
                endpoints,
                overall: EndpointStats::new(""),
                connect: new_histogram(),
                tls: new_histogram(),
                resolve_failures: 0,
                first_errors: BTreeMap::new(),
                first_answers: Vec::new(),
                verdict_inputs: VerdictInputs::default(),
            },
            pickup: new_histogram(),
            answers,
            waited: new_histogram(),
            overslept_s: is_closed.then_some(0.0),
            machine: Machine::default(),
            born: Instant::now(),
            judged: Judged::default(),
        }
    }

    fn now_ns(&self) -> u64 {
        self.born.elapsed().as_nanos() as u64
    }

    /// CPU time of all threads so far, nanoseconds.
    fn own_ns(&self) -> u64 {
        self.threads.iter().map(|thread| thread.cpu_ns).sum()
    }

    /// Collects until every thread has gone.
    pub fn run(mut self, messages: &Receiver<Message>) -> Totals {
        while let Ok(message) = messages.recv() {
            match message {
                Message::Started { thread, thread_id } => {
                    self.threads[thread].thread_id = thread_id;
                }
                Message::Begun { thread } => {
                    let now_ns = self.now_ns();
                    let thread = &mut self.threads[thread];
                    thread.run_queue_ns = run_queue_wait_ns(thread.thread_id);
                    self.machine.begin(thread.thread_id, now_ns);
                }
                Message::FirstError { kind, text } => {
                    self.totals.first_errors.entry(kind).or_insert(text);
                }
                Message::FirstAnswer(answer) => {
                    let same = |of: &FirstAnswer| (of.error, of.status) == (answer.error, answer.status);
                    if !self.totals.first_answers.iter().any(same) {
                        self.totals.first_answers.push(*answer);
                    }
                }
                Message::Interval { thread, interval } => self.take(thread, interval),
                Message::Finished { thread, end_ns, load_end_ns } => {
                    let thread = &mut self.threads[thread];
                    (thread.finished, thread.end_ns, thread.load_end_ns) = (true, end_ns, load_end_ns);
                }
            }
            while self.threads.iter().all(|thread| thread.finished || !thread.waiting.is_empty())
                && self.emit()
            {}
        }
        // A thread that panicked has said nothing more; what the others said still counts.
        while self.emit() {}
        self.finish()
    }

    fn take(&mut self, thread: usize, interval: Box<ThreadInterval>) {
        let thread = &mut self.threads[thread];
        let before = thread.run_queue_ns;
        let now = interval.run_queue_ns.or_else(|| run_queue_wait_ns(thread.thread_id));
        thread.run_queue_ns = now.or(before);
        let waited_ns = match (before, now) {
            (Some(before), Some(after)) => Some(after.saturating_sub(before)),
            _ => None,
        };
        let waited_s = waited_ns.map(|ns| ns as f64 / 1e9);
        let metrics = ThreadMetrics {
            cpu_cores: interval.cpu_ns as f64 / 1e9 / self.interval_s,
            run_queue_wait_s: waited_s,
            run_queue_fraction: waited_s.map(|s| s / self.interval_s),
        };
        thread.cpu_ns += interval.cpu_ns;
        if let Some(waited_ns) = waited_ns {
            *thread.run_queue_total_ns.get_or_insert(0) += waited_ns;
        }
        thread.judged_s += self.interval_s;
        thread.waiting.push_back((interval, metrics));
    }

    /// Merges and emits the next interval. Whether there was anything of it.
    fn emit(&mut self) -> bool {
        let index = self.next;
        let mut parts = Vec::new();
        let mut threads = vec![ThreadMetrics::default(); self.threads.len()];
        for (number, thread) in self.threads.iter_mut().enumerate() {
            if thread.waiting.front().is_some_and(|(interval, _)| interval.index == index)
                && let Some((interval, metrics)) = thread.waiting.pop_front()
            {
                parts.push((number, interval));
                threads[number] = metrics;
            }
        }
        if parts.is_empty() {
            return false;
        }
        self.next += 1;
        let machine = self.machine.since_last(self.now_ns(), self.own_ns(), (self.interval_s * 0.5e9) as u64);
        let edge_unix_s = |n: u64| self.start_unix_s + n as f64 * self.interval_s;
        let mut merged = Interval::empty(index, edge_unix_s(index), edge_unix_s(index + 1));
        merged.endpoints = self.totals.endpoints.iter().map(|e| EndpointStats::new(&*e.endpoint)).collect();
        merged.resolve_failures = self.new_resolve_failures();
        merged.generator = SelfMetrics {
            threads,
            overslept_s: self.overslept_s.map(|_| 0.0),
            machine,
            ..SelfMetrics::default()
        };
        let interval_ns = self.interval_s * 1e9;
        let mut unassigned = [0_u64; ERROR_KINDS];
        for (thread, mut part) in parts {
            merged.offered += part.offered;
            merged.users += part.users_ns as f64 / interval_ns;
            merged.in_flight += part.in_flight_ns as f64 / interval_ns;
            merged.in_flight_end += part.in_flight_end;
            merged.queued += part.queued_ns as f64 / interval_ns;
            merged.queued_end += part.queued_end;
            merged.iterations_completed += part.iterations_completed;
            merged.think_s += part.think_ns as f64 / 1e9;
            merged.connections_opened += part.connections_opened;
            merged.connections_retired += part.connections_retired;
            merged.connections_open_end += part.connections_open_end;
            unassigned.iter_mut().zip(part.unassigned_errors).for_each(|(sum, count)| *sum += count);
            merged.endpoints.iter_mut().zip(&part.endpoints).for_each(|(sum, part)| sum.add(part));
            add_histogram(&mut merged.generator.pickup, &part.pickup);
            add_histogram(&mut merged.connect, &part.connect);
            add_histogram(&mut merged.tls, &part.tls);
            add_histogram(&mut merged.generator.waited, &part.waited);
            merged.generator.overdue_end += part.overdue_end;
            if let Some(sum_s) = &mut merged.generator.overslept_s {
                *sum_s += part.overslept_ns as f64 / 1e9;
            }
            part.clear();
            // The thread may have finished: then nobody needs it any more.
            let _ = self.recycle[thread].send(part);
        }
        merged.unassigned_errors =
            ErrorKind::ALL.into_iter().zip(unassigned).filter(|(_, count)| *count > 0).collect();
        self.add(&merged);
        // Whoever does not listen to intervals still gets the sums.
        let _ = self.intervals.send(merged);
        true
    }

    /// Failures of the name service that no interval has counted yet.
    fn new_resolve_failures(&mut self) -> u64 {
        let failures = self.answers.failures.load(Ordering::Acquire);
        failures - self.totals.resolve_failures
    }

    fn add(&mut self, interval: &Interval) {
        let totals = &mut self.totals;
        totals.intervals += 1;
        totals.offered += interval.offered;
        totals.iterations_completed += interval.iterations_completed;
        totals.think_s += interval.think_s;
        totals.user_s += interval.users * self.interval_s;
        totals.connections_opened += interval.connections_opened;
        totals.connections_retired += interval.connections_retired;
        for (kind, count) in &interval.unassigned_errors {
            *totals.unassigned_errors.entry(*kind).or_default() += count;
        }
        for (sum, part) in totals.endpoints.iter_mut().zip(&interval.endpoints) {
            sum.add(part);
            totals.overall.add(part);
        }
        totals.resolve_failures += interval.resolve_failures;
        add_histogram(&mut totals.connect, &interval.connect);
        add_histogram(&mut totals.tls, &interval.tls);
        add_histogram(&mut self.pickup, &interval.generator.pickup);
        add_histogram(&mut self.waited, &interval.generator.waited);
        if let (Some(sum_s), Some(part_s)) = (&mut self.overslept_s, interval.generator.overslept_s) {
            *sum_s += part_s;
        }
        self.judged.add(&interval.verdict_inputs(), &Thresholds::default());
    }

    fn finish(mut self) -> Totals {
        let machine = self.machine.since_first(self.now_ns(), self.own_ns());
        let totals = &mut self.totals;
        if totals.resolve_failures > 0 {
            totals.first_errors.extend(self.answers.first_failure().map(|text| (ErrorKind::DnsFailed, text)));
        }
        totals.end_ns = self.threads.iter().map(|thread| thread.end_ns).max().unwrap_or(0);
        totals.load_end_ns = self.threads.iter().map(|thread| thread.load_end_ns).max().unwrap_or(0);
        let mut inputs =
            VerdictInputs::of(&totals.overall, &self.pickup, &self.waited, &totals.unassigned_errors);
        inputs.offered = totals.offered;
        inputs.unsent = totals.offered.saturating_sub(inputs.sent);
        inputs.with_machine(&machine);
        inputs.overslept_share = overslept_share(self.overslept_s, totals.user_s);
        inputs.intervals = self.judged;
        for thread in &self.threads {
            // The last interval is cut short by the end of the thread.
            let judged_s = thread.judged_s.min(thread.end_ns as f64 / 1e9);
            if judged_s > 0.0 {
                inputs.worst_cpu_cores = inputs.worst_cpu_cores.max(thread.cpu_ns as f64 / 1e9 / judged_s);
                let waited = thread.run_queue_total_ns.map(|ns| ns as f64 / 1e9 / judged_s);
                // None is less than any number.
                if waited > inputs.worst_run_queue_fraction {
                    inputs.worst_run_queue_fraction = waited;
                }
            }
        }
        totals.verdict_inputs = inputs;
        self.totals
    }
}
