//! A load that is simulated: what it adds up to, interval by interval.

use std::collections::BTreeMap;

use swarmlab_intervals::{End, EndpointStats, ErrorKind, Interval, Outcome, SelfMetrics, new_histogram};
use swarmlab_simulate::{ClientSecond, EndpointSecond, Failure};

/// What a client sees of a failure: how the request ended, and the answer's status if there was one.
fn seen_as(failure: Failure) -> (ErrorKind, Option<u16>) {
    match failure {
        Failure::Unavailable | Failure::QueueFull => (ErrorKind::UnexpectedStatus, Some(503)),
        Failure::UpstreamTimeout => (ErrorKind::UnexpectedStatus, Some(504)),
        Failure::Stopped => (ErrorKind::ConnectionClosed, None),
        Failure::Timeout => (ErrorKind::Timeout, None),
    }
}

/// A load under way, on the clock of its run.
#[derive(Debug)]
pub(super) struct Sending {
    start_unix_s: f64,
    bin_s: f64,
    /// Names of the endpoints.
    endpoints: Vec<String>,
    /// Of each endpoint, requests that are not answered yet.
    waiting: Vec<u64>,
    intervals: u64,
    sum: Outcome,
}

impl Sending {
    pub fn new(start_unix_s: f64, length_s: f64, bin_s: f64, endpoints: Vec<String>) -> Self {
        let stats = endpoints.iter().map(EndpointStats::new).collect();
        let sum = Outcome {
            end: End::Completed,
            start_unix_s,
            load_end_unix_s: start_unix_s + length_s,
            end_unix_s: start_unix_s,
            intervals: 0,
            offered: 0,
            iterations_completed: 0,
            think_s: 0.0,
            user_s: 0.0,
            connections_opened: 0,
            unassigned_errors: BTreeMap::new(),
            endpoints: stats,
            overall: EndpointStats::new(""),
            connect: new_histogram(),
            tls: new_histogram(),
            resolve_failures: 0,
            first_errors: BTreeMap::new(),
            first_answers: Vec::new(),
            verdict_inputs: Default::default(),
        };
        let waiting = vec![0; endpoints.len()];
        Self { start_unix_s, bin_s, endpoints, waiting, intervals: 0, sum }
    }

    /// When the present interval ends.
    pub fn edge_unix_s(&self) -> f64 {
        self.start_unix_s + (self.intervals + 1) as f64 * self.bin_s
    }

    /// The interval that ended. With `gives_up`, what is still waited for has failed.
    pub fn interval(&mut self, seen: &ClientSecond, gives_up: bool) -> Interval {
        let end_unix_s = self.edge_unix_s();
        let mut endpoints = Vec::new();
        for (i, second) in seen.endpoints.iter().enumerate() {
            let name = self.endpoints.get(i).map_or("", String::as_str);
            let mut stats = stats(name, second);
            let ended = second.answered + second.failures.iter().sum::<u64>();
            if let Some(waiting) = self.waiting.get_mut(i) {
                *waiting = (*waiting + second.sent).saturating_sub(ended);
                if gives_up {
                    stats.tally.errors[ErrorKind::Aborted as usize] += *waiting;
                    stats.tally.failed += std::mem::take(waiting);
                }
            }
            endpoints.push(stats);
        }
        let interval = Interval {
            index: self.intervals,
            start_unix_s: end_unix_s - self.bin_s,
            end_unix_s,
            offered: seen.sent,
            // In the open model: sessions with a request under way.
            users: seen.users.unwrap_or(seen.in_flight),
            in_flight: seen.in_flight,
            in_flight_end: if gives_up { 0 } else { seen.in_flight_end },
            queued: 0.0,
            queued_end: 0,
            iterations_completed: seen.errands,
            think_s: seen.think_s,
            connections_opened: 0,
            connections_open_end: 0,
            unassigned_errors: BTreeMap::new(),
            endpoints,
            connect: new_histogram(),
            tls: new_histogram(),
            resolve_failures: 0,
            generator: SelfMetrics::default(),
        };
        self.intervals += 1;
        self.add(&interval);
        interval
    }

    fn add(&mut self, interval: &Interval) {
        let sum = &mut self.sum;
        sum.intervals += 1;
        sum.end_unix_s = interval.end_unix_s;
        sum.offered += interval.offered;
        sum.iterations_completed += interval.iterations_completed;
        sum.think_s += interval.think_s;
        sum.user_s += interval.users * interval.length_s();
        for (sum, stats) in sum.endpoints.iter_mut().zip(&interval.endpoints) {
            sum.add(stats);
        }
        sum.overall.add(&interval.overall());
    }

    /// What it came to.
    pub fn outcome(&self, end: End) -> Outcome {
        Outcome { end, ..self.sum.clone() }
    }
}

/// What clients felt of an endpoint, as the load engine counts it.
fn stats(name: &str, second: &EndpointSecond) -> EndpointStats {
    let mut stats = EndpointStats::new(name);
    let tally = &mut stats.tally;
    (tally.offered, tally.sent) = (second.sent, second.sent);
    tally.succeeded = second.answered;
    tally.completed = second.answered;
    for _ in 0..second.answered {
        tally.statuses.count(200);
    }
    for (failure, n) in Failure::ALL.into_iter().zip(second.failures) {
        let (kind, status) = seen_as(failure);
        tally.errors[kind as usize] += n;
        tally.failed += n;
        for _ in 0..if status.is_some() { n } else { 0 } {
            tally.completed += 1;
            tally.statuses.count(status.unwrap_or_default());
        }
    }
    tally.response_sum_s = second.response_sum_s;
    tally.service_sum_s = second.response_sum_s;
    stats.response = second.response.clone();
    stats.service = second.response.clone();
    stats
}
