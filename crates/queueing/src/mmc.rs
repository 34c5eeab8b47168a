//! M/M/c: Poisson arrivals, exponential service, `c` servers, one queue; and G/G/c by Allen and Cunneen's approximation.

use serde::{Deserialize, Serialize};

use crate::positive;

/// A queue with `c` servers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Queue {
    /// Customers a second.
    pub arrival_rate: f64,
    /// Customers a second that one busy server serves.
    pub service_rate: f64,
    /// Servers.
    pub servers: u64,
    /// `(Ca^2 + Cs^2) / 2`: the mean of the squared coefficients of variation of the times between arrivals and of
    /// service. 1 is M/M/c, where all of this is exact; anything else is Allen and Cunneen's approximation.
    pub variability: f64,
}

impl Queue {
    /// M/M/c.
    pub fn new(arrival_rate: f64, service_rate: f64, servers: u64) -> Self {
        Self { arrival_rate, service_rate, servers, variability: 1.0 }
    }

    /// Offered load, in servers: `lambda / mu`.
    pub fn offered(&self) -> f64 {
        self.arrival_rate / self.service_rate
    }

    /// True if it can be, and does not grow without end.
    pub fn is_stable(&self) -> bool {
        self.arrival_rate.is_finite()
            && self.arrival_rate >= 0.0
            && positive(self.service_rate)
            && self.variability.is_finite()
            && self.variability >= 0.0
            && self.offered() < self.servers as f64
    }

    /// Probability that a customer has to wait (Erlang's C).
    pub fn wait_probability(&self) -> Option<f64> {
        self.is_stable().then(|| erlang_c(self.servers, self.offered()))
    }

    /// Mean time in the queue: `C / (c mu - lambda)`, times the variability.
    pub fn mean_wait(&self) -> Option<f64> {
        Some(self.variability * self.wait_probability()? / self.spare())
    }

    /// Mean time in the system.
    pub fn mean_response(&self) -> Option<f64> {
        Some(self.mean_wait()? + 1.0 / self.service_rate)
    }

    /// Probability to wait longer than `t_s`: `C e^{-(c mu - lambda) t}`. With another variability the same exponential
    /// with the mean that Allen and Cunneen give.
    pub fn wait_tail(&self, t_s: f64) -> Option<f64> {
        let c = self.wait_probability()?;
        Some(if self.variability == 0.0 { 0.0 } else { c * (-self.wait_decay() * t_s.max(0.0)).exp() })
    }

    /// Probability to be longer than `t_s` in the system: the wait above, and exponential service after it.
    pub fn response_tail(&self, t_s: f64) -> Option<f64> {
        let c = self.wait_probability()?;
        let t = t_s.max(0.0);
        let mu = self.service_rate;
        let alone = (-mu * t).exp();
        if self.variability == 0.0 {
            return Some(alone);
        }
        let decay = self.wait_decay();
        let gap = decay - mu;
        // Both rates may be as good as the same, where a difference quotient of their exponentials would keep no digit; and
        // the greater exponential stands outside, so that nothing overflows.
        let after_wait = if gap == 0.0 {
            alone * (1.0 + mu * t)
        } else if gap > 0.0 {
            alone * (1.0 - mu * (-gap * t).exp_m1() / gap)
        } else {
            alone + mu * (-decay * t).exp() * (gap * t).exp_m1() / gap
        };
        Some((1.0 - c) * alone + c * after_wait)
    }

    /// Servers left over, in customers a second.
    fn spare(&self) -> f64 {
        self.servers as f64 * self.service_rate - self.arrival_rate
    }

    fn wait_decay(&self) -> f64 {
        self.spare() / self.variability
    }
}

/// Erlang's B, the share that is lost if nobody can wait, by the recursion `B(k) = a B(k-1) / (k + a B(k-1))`, which
/// neither overflows nor cancels.
pub fn erlang_b(servers: u64, offered: f64) -> f64 {
    (1..=servers).fold(1.0, |b, k| offered * b / (k as f64 + offered * b))
}

/// Erlang's C, the share that waits; for `offered < servers`.
pub fn erlang_c(servers: u64, offered: f64) -> f64 {
    let c = servers as f64;
    let b = erlang_b(servers, offered);
    c * b / (c - offered * (1.0 - b))
}

/// What is promised to customers.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Objective {
    /// Mean time in the system, in seconds.
    MeanResponse(f64),
    /// A share of customers (0 to 1) is in the system for at most so many seconds.
    ResponseQuantile {
        /// The share.
        share: f64,
        /// Seconds.
        t_s: f64,
    },
    /// Mean time in the queue, in seconds.
    MeanWait(f64),
    /// A share of customers waits for at most so many seconds.
    WaitQuantile {
        /// The share.
        share: f64,
        /// Seconds.
        t_s: f64,
    },
}

impl Objective {
    /// True if the queue keeps the promise.
    pub fn is_met(&self, queue: &Queue) -> bool {
        let met = |value: Option<f64>, bound: f64| value.is_some_and(|v| v <= bound);
        match *self {
            Self::MeanResponse(s) => met(queue.mean_response(), s),
            Self::ResponseQuantile { share, t_s } => met(queue.response_tail(t_s), 1.0 - share),
            Self::MeanWait(s) => met(queue.mean_wait(), s),
            Self::WaitQuantile { share, t_s } => met(queue.wait_tail(t_s), 1.0 - share),
        }
    }

    /// The least number of servers from 1 to `most` that keeps the promise; more never break it.
    pub fn least_servers(&self, queue: Queue, most: u64) -> Option<u64> {
        let with = |servers| self.is_met(&Queue { servers, ..queue });
        if most == 0 || !with(most) {
            return None;
        }
        let (mut low, mut high) = (1, most);
        while low < high {
            let middle = low + (high - low) / 2;
            if with(middle) { high = middle } else { low = middle + 1 }
        }
        Some(low)
    }
}
