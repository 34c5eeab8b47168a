//! A load that is simulated: what clients felt of it, interval by interval.

use swarmlab_intervals::{EndpointStats, ErrorKind, Interval};
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
}

impl Sending {
    pub fn new(start_unix_s: f64, bin_s: f64, endpoints: Vec<String>) -> Self {
        let waiting = vec![0; endpoints.len()];
        Self { start_unix_s, bin_s, endpoints, waiting, intervals: 0 }
    }

    /// When the present interval ends.
    pub fn edge_unix_s(&self) -> f64 {
        self.start_unix_s + (self.intervals + 1) as f64 * self.bin_s
    }

    /// The interval that ended. With `gives_up`, what is still waited for has failed.
    pub fn interval(&mut self, seen: &ClientSecond, gives_up: bool) -> Interval {
        let end_unix_s = self.edge_unix_s();
        let mut endpoints = Vec::new();
        for ((name, waiting), second) in self.endpoints.iter().zip(&mut self.waiting).zip(&seen.endpoints) {
            let mut stats = stats(name, second);
            let ended = second.answered + second.failures.iter().sum::<u64>();
            *waiting = (*waiting + second.sent).saturating_sub(ended);
            if gives_up {
                stats.tally.errors[ErrorKind::Aborted as usize] += *waiting;
                stats.tally.failed += std::mem::take(waiting);
            }
            endpoints.push(stats);
        }
        let index = self.intervals;
        self.intervals += 1;
        Interval {
            offered: seen.sent,
            // In the open model: sessions with a request under way.
            users: seen.users.unwrap_or(seen.in_flight),
            in_flight: seen.in_flight,
            in_flight_end: if gives_up { 0 } else { seen.in_flight_end },
            iterations_completed: seen.errands,
            think_s: seen.think_s,
            endpoints,
            ..Interval::empty(index, end_unix_s - self.bin_s, end_unix_s)
        }
    }
}

/// What clients felt of an endpoint, as the load engine counts it.
fn stats(name: &str, second: &EndpointSecond) -> EndpointStats {
    let mut stats = EndpointStats::new(name);
    let tally = &mut stats.tally;
    (tally.offered, tally.sent) = (second.sent, second.sent);
    tally.succeeded = second.answered;
    tally.completed = second.answered;
    tally.statuses.add_many(200, second.answered);
    for (failure, n) in Failure::ALL.into_iter().zip(second.failures) {
        let (kind, status) = seen_as(failure);
        tally.errors[kind as usize] += n;
        tally.failed += n;
        if let Some(status) = status {
            tally.completed += n;
            tally.statuses.add_many(status, n);
        }
    }
    tally.response_sum_s = second.response_sum_s;
    tally.service_sum_s = second.response_sum_s;
    stats.response = second.response.clone();
    stats.service = second.response.clone();
    stats
}
