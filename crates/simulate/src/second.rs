//! What comes out, second by second.

use serde::{Deserialize, Serialize};
use swarmlab_intervals::{Histogram, add_histogram, new_histogram};

/// Why a request failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Failure {
    /// No replica served.
    Unavailable,
    /// The queue of the replica was full.
    QueueFull,
    /// The replica was stopped before it had answered.
    Stopped,
    /// A call of another service was not answered in time.
    UpstreamTimeout,
    /// The client was not answered in time.
    Timeout,
}

impl Failure {
    /// All of them, in order.
    pub const ALL: [Failure; 5] = [
        Failure::Unavailable,
        Failure::QueueFull,
        Failure::Stopped,
        Failure::UpstreamTimeout,
        Failure::Timeout,
    ];

    /// Its name, as it is counted.
    pub fn name(self) -> &'static str {
        match self {
            Failure::Unavailable => "unavailable",
            Failure::QueueFull => "queue_full",
            Failure::Stopped => "stopped",
            Failure::UpstreamTimeout => "upstream_timeout",
            Failure::Timeout => "timeout",
        }
    }
}

/// What clients felt of one endpoint.
#[derive(Debug, Clone)]
pub struct EndpointSecond {
    /// Requests sent.
    pub sent: u64,
    /// Requests answered with success.
    pub answered: u64,
    /// Requests that failed, in the order of [`Failure::ALL`].
    pub failures: [u64; Failure::ALL.len()],
    /// Times of successful answers, in microseconds.
    pub response: Histogram,
    /// Their exact sum, in seconds.
    pub response_sum_s: f64,
}

impl EndpointSecond {
    /// Nothing yet.
    pub(crate) fn new() -> Self {
        let failures = Default::default();
        Self { sent: 0, answered: 0, failures, response: new_histogram(), response_sum_s: 0.0 }
    }

    fn add(&mut self, other: &Self) {
        self.sent += other.sent;
        self.answered += other.answered;
        self.failures.iter_mut().zip(other.failures).for_each(|(sum, n)| *sum += n);
        add_histogram(&mut self.response, &other.response);
        self.response_sum_s += other.response_sum_s;
    }

    /// All of them together.
    pub(crate) fn sum(all: &[Self]) -> Self {
        let [first, rest @ ..] = all else { return Self::new() };
        let mut sum = first.clone();
        rest.iter().for_each(|e| sum.add(e));
        sum
    }
}

/// What clients felt in a second. `sent` = `answered` + failures + those in flight, over the whole simulation.
#[derive(Debug, Clone)]
pub struct ClientSecond {
    /// Requests sent.
    pub sent: u64,
    /// Requests answered with success.
    pub answered: u64,
    /// Requests that failed, in the order of [`Failure::ALL`].
    pub failures: [u64; Failure::ALL.len()],
    /// Times of successful answers, in microseconds.
    pub response: Histogram,
    /// Their exact sum, in seconds.
    pub response_sum_s: f64,
    /// Requests in flight, averaged over the second.
    pub in_flight: f64,
    /// The same at its end.
    pub in_flight_end: u64,
    /// Users, averaged over the second; `None` in the open model.
    pub users: Option<f64>,
    /// Pauses of users that began, in seconds.
    pub think_s: f64,
    /// Errands that came to their end.
    pub errands: u64,
    /// Each endpoint for itself.
    pub endpoints: Vec<EndpointSecond>,
}

impl ClientSecond {
    /// Requests that failed.
    pub fn failed(&self) -> u64 {
        self.failures.iter().sum()
    }
}

/// Where a replica is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReplicaState {
    /// Asked for, not sent requests yet.
    Starting,
    /// Sent requests.
    Ready,
    /// Told to stop: it finishes what it has.
    Draining,
}

/// A replica at the end of a second.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ReplicaView {
    /// Its number among all replicas of the service, from 1.
    pub number: u64,
    /// Where it is.
    pub state: ReplicaState,
    /// When it was asked for.
    pub asked_s: f64,
    /// When it was ready, if it is.
    pub ready_s: Option<f64>,
    /// CPU that it used in the second, in seconds.
    pub cpu_s: f64,
    /// Time in the second in which it had work and no quota, in seconds.
    pub throttled_s: f64,
}

/// What happens in the life of a replica.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// It was asked for, and starts.
    Asked,
    /// It is sent requests.
    Ready,
    /// It is told to stop.
    Stopping {
        /// Whether it was sent requests until then.
        was_ready: bool,
    },
    /// It is no more.
    Gone,
}

/// Something that happened in the life of a replica.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Life {
    /// When.
    pub at_s: f64,
    /// Its service's place in the model.
    pub service: usize,
    /// Its number among all replicas of the service, from 1.
    pub number: u64,
    /// What.
    pub turn: Turn,
}

/// A service in a second.
#[derive(Debug, Clone)]
pub struct ServiceSecond {
    /// CPU used by all replicas, in seconds.
    pub cpu_s: f64,
    /// CPU that admitted requests asked for, in seconds.
    pub demand_s: f64,
    /// Time that replicas had work and no quota, summed over them, in seconds.
    pub throttled_s: f64,
    /// CPU limit of one replica at the end, in cores.
    pub limit_cores: f64,
    /// Requests that were sent to it.
    pub arrived: u64,
    /// Requests that it answered with success.
    pub answered: u64,
    /// Requests that failed at it or below it.
    pub failed: u64,
    /// Of those, the ones that no replica was there for.
    pub unavailable: u64,
    /// Times of successful answers, queues included, in microseconds.
    pub response: Histogram,
    /// Their exact sum, in seconds.
    pub response_sum_s: f64,
    /// Requests at work in its replicas, averaged over the second.
    pub in_service: f64,
    /// Requests waiting in its replicas, averaged over the second.
    pub queued: f64,
    /// Replicas asked for, at the end.
    pub desired: u64,
    /// Replicas that start, averaged over the second.
    pub starting: f64,
    /// Replicas that are sent requests, averaged over the second.
    pub ready: f64,
    /// Replicas that finish what they have, averaged over the second.
    pub draining: f64,
    /// Replicas at the end, in the order of their coming.
    pub replicas: Vec<ReplicaView>,
}

impl ServiceSecond {
    /// Time that replicas existed, summed over them, in seconds.
    pub fn replica_s(&self) -> f64 {
        self.starting + self.ready + self.draining
    }
}

/// A second of simulated time.
#[derive(Debug, Clone)]
pub struct Second {
    /// When it began, in seconds since the start of the simulation.
    pub start_s: f64,
    /// What clients felt.
    pub clients: ClientSecond,
    /// Services in the order of the model.
    pub services: Vec<ServiceSecond>,
}

/// A number that is averaged over time.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Gauge {
    value: f64,
    at_s: f64,
    area: f64,
}

impl Gauge {
    /// Nothing, from a moment on.
    pub(crate) fn starting(at_s: f64) -> Self {
        Self { value: 0.0, at_s, area: 0.0 }
    }

    pub(crate) fn add(&mut self, now_s: f64, change: f64) {
        self.area += self.value * (now_s - self.at_s);
        self.at_s = now_s;
        self.value += change;
    }

    pub(crate) fn value(&self) -> f64 {
        self.value
    }

    /// Its mean since it was taken, `length_s` ago; of no time at all what it is.
    pub(crate) fn mean(&mut self, now_s: f64, length_s: f64) -> f64 {
        let area = self.take(now_s);
        if length_s > 0.0 { area / length_s } else { self.value }
    }

    /// Its integral since it was taken.
    pub(crate) fn take(&mut self, now_s: f64) -> f64 {
        self.add(now_s, 0.0);
        std::mem::take(&mut self.area)
    }
}

/// Microseconds for a histogram.
pub(crate) fn micros(time_s: f64) -> u64 {
    (time_s * 1e6).round() as u64
}
