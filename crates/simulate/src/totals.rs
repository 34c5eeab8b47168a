//! What comes out over all, added up second by second.

use std::collections::BTreeMap;

use serde::Serialize;
use swarmlab_intervals::{HIGHEST_US, Histogram, add_histogram, new_histogram};

use crate::model::Model;
use crate::second::{Failure, Second, ServiceSecond};

/// What is promised to clients.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Slo {
    /// Bound of the 95th percentile of the response time, in seconds.
    pub p95_s: Option<f64>,
    /// Bound of the share of failed requests.
    pub error_rate: Option<f64>,
}

/// Quantiles of response times, in seconds; `None` where nothing was answered.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Times {
    /// Mean.
    pub mean_s: Option<f64>,
    /// Median.
    pub p50_s: Option<f64>,
    /// 95th percentile.
    pub p95_s: Option<f64>,
    /// 99th percentile.
    pub p99_s: Option<f64>,
    /// Greatest.
    pub max_s: Option<f64>,
}

impl Times {
    /// Of a histogram of microseconds and the exact sum of its values.
    pub fn of(response: &Histogram, sum_s: f64) -> Self {
        let known = |v: f64| (!response.is_empty()).then_some(v);
        let quantile = |q: f64| known(response.value_at_quantile(q) as f64 / 1e6);
        Self {
            mean_s: known(sum_s / response.len() as f64),
            p50_s: quantile(0.5),
            p95_s: quantile(0.95),
            p99_s: quantile(0.99),
            max_s: known(response.max() as f64 / 1e6),
        }
    }
}

/// How much of what is promised was broken.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct SloTotals {
    /// What is promised.
    pub promised: Slo,
    /// Whether the whole simulation kept it; `None` where nothing ended.
    pub kept: Option<bool>,
    /// Requests that failed or were slower than the bound of the 95th percentile.
    pub requests: u64,
    /// Seconds whose 95th percentile was above its bound, or whose share of failures was.
    pub seconds: u64,
    /// Seconds in which nothing ended: not judged.
    pub not_judged: u64,
    /// Integral of what the 95th percentile was above its bound, in seconds of response time times seconds.
    pub integral_s2: f64,
}

/// A service over all.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ServiceTotals {
    /// Its name.
    pub service: String,
    /// CPU used, in seconds.
    pub cpu_s: f64,
    /// Time that replicas existed, in seconds.
    pub replica_s: f64,
    /// CPU limits times that, in seconds of a core. The limit is that at each second's end.
    pub core_s: f64,
    /// CPU used over CPU limits; `None` without a replica.
    pub utilization: Option<f64>,
    /// Time that replicas had work and no quota, in seconds.
    pub throttled_s: f64,
    /// Requests that came, were answered, failed.
    pub arrived: u64,
    /// Requests answered with success.
    pub answered: u64,
    /// Requests that failed at it or below it.
    pub failed: u64,
    /// Times of its answers, queues included.
    pub response: Times,
    /// Requests at work, mean over time.
    pub in_service: f64,
    /// Requests waiting, mean over time.
    pub queued: f64,
    /// Fewest replicas asked for, at a second's end.
    pub least: u64,
    /// Most replicas asked for, at a second's end.
    pub most: u64,
    /// Changes of the replicas asked for, from second to second.
    pub changes: u64,
    /// Of those, how many went the other way than the one before.
    pub reversals: u64,
}

/// What came out over all.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Totals {
    /// Seconds simulated.
    pub seconds: u64,
    /// Requests sent.
    pub sent: u64,
    /// Requests answered with success.
    pub answered: u64,
    /// Requests that failed.
    pub failed: u64,
    /// Of those, by name; names that did not happen are left out.
    pub failures: BTreeMap<&'static str, u64>,
    /// Requests in flight at the end.
    pub in_flight_end: u64,
    /// Share of requests that failed; `None` where nothing ended.
    pub error_rate: Option<f64>,
    /// What clients felt.
    pub response: Times,
    /// Services in the order of the model.
    pub services: Vec<ServiceTotals>,
    /// What became of what is promised, if something is.
    pub slo: Option<SloTotals>,
}

#[derive(Debug)]
struct Sum {
    totals: ServiceTotals,
    response: Histogram,
    response_sum_s: f64,
    desired: u64,
    rose: Option<bool>,
}

/// Adds up.
#[derive(Debug)]
pub struct Adder {
    seconds: u64,
    sent: u64,
    answered: u64,
    failures: [u64; Failure::ALL.len()],
    in_flight_end: u64,
    response: Histogram,
    response_sum_s: f64,
    services: Vec<Sum>,
    slo: Option<SloTotals>,
}

impl Adder {
    /// Nothing yet.
    pub fn new(model: &Model, slo: Option<Slo>) -> Self {
        let sum = |s: &crate::model::Service| Sum {
            totals: ServiceTotals {
                service: s.name.clone(),
                cpu_s: 0.0,
                replica_s: 0.0,
                core_s: 0.0,
                utilization: None,
                throttled_s: 0.0,
                arrived: 0,
                answered: 0,
                failed: 0,
                response: Times::of(&new_histogram(), 0.0),
                in_service: 0.0,
                queued: 0.0,
                least: s.replicas as u64,
                most: s.replicas as u64,
                changes: 0,
                reversals: 0,
            },
            response: new_histogram(),
            response_sum_s: 0.0,
            desired: s.replicas as u64,
            rose: None,
        };
        Self {
            seconds: 0,
            sent: 0,
            answered: 0,
            failures: Default::default(),
            in_flight_end: 0,
            response: new_histogram(),
            response_sum_s: 0.0,
            services: model.services.iter().map(sum).collect(),
            slo: slo.map(|promised| SloTotals {
                promised,
                kept: None,
                requests: 0,
                seconds: 0,
                not_judged: 0,
                integral_s2: 0.0,
            }),
        }
    }

    /// One more second.
    pub fn add(&mut self, second: &Second) {
        let clients = &second.clients;
        self.seconds += 1;
        self.sent += clients.sent;
        self.answered += clients.answered;
        self.failures.iter_mut().zip(clients.failures).for_each(|(sum, n)| *sum += n);
        self.in_flight_end = clients.in_flight_end;
        self.response_sum_s += clients.response_sum_s;
        add_histogram(&mut self.response, &clients.response);
        self.services.iter_mut().zip(&second.services).for_each(|(sum, service)| sum.add(service));
        if let Some(slo) = &mut self.slo {
            judge(slo, second);
        }
    }

    /// What it came to.
    pub fn totals(&self) -> Totals {
        let named = Failure::ALL.iter().zip(self.failures).filter(|(_, n)| *n > 0);
        let failed: u64 = self.failures.iter().sum();
        let ended = self.answered + failed;
        let error_rate = (ended > 0).then(|| failed as f64 / ended as f64);
        let response = Times::of(&self.response, self.response_sum_s);
        let within = |value: Option<f64>, bound: Option<f64>| match (value, bound) {
            (Some(v), Some(b)) => v <= b,
            // Nothing was answered, so nothing was in time.
            (None, Some(_)) => false,
            (_, None) => true,
        };
        Totals {
            seconds: self.seconds,
            sent: self.sent,
            answered: self.answered,
            failed,
            failures: named.map(|(f, n)| (f.name(), n)).collect(),
            in_flight_end: self.in_flight_end,
            error_rate,
            response,
            services: self.services.iter().map(|s| s.totals(self.seconds)).collect(),
            slo: self.slo.map(|slo| SloTotals {
                kept: error_rate.map(|rate| {
                    within(response.p95_s, slo.promised.p95_s) && within(Some(rate), slo.promised.error_rate)
                }),
                ..slo
            }),
        }
    }
}

impl Sum {
    fn add(&mut self, second: &ServiceSecond) {
        let t = &mut self.totals;
        t.cpu_s += second.cpu_s;
        t.replica_s += second.replica_s();
        t.core_s += second.replica_s() * second.limit_cores;
        t.throttled_s += second.throttled_s;
        t.arrived += second.arrived;
        t.answered += second.answered;
        t.failed += second.failed;
        t.in_service += second.in_service;
        t.queued += second.queued;
        t.least = t.least.min(second.desired);
        t.most = t.most.max(second.desired);
        if second.desired != self.desired {
            let rises = second.desired > self.desired;
            t.changes += 1;
            t.reversals += u64::from(self.rose.is_some_and(|rose| rose != rises));
            self.rose = Some(rises);
            self.desired = second.desired;
        }
        self.response_sum_s += second.response_sum_s;
        add_histogram(&mut self.response, &second.response);
    }

    fn totals(&self, seconds: u64) -> ServiceTotals {
        let t = &self.totals;
        let mean = |sum: f64| if seconds > 0 { sum / seconds as f64 } else { 0.0 };
        ServiceTotals {
            utilization: (t.core_s > 0.0).then(|| t.cpu_s / t.core_s),
            response: Times::of(&self.response, self.response_sum_s),
            in_service: mean(t.in_service),
            queued: mean(t.queued),
            ..t.clone()
        }
    }
}

fn judge(slo: &mut SloTotals, second: &Second) {
    let clients = &second.clients;
    let ended = clients.answered + clients.failed();
    if ended == 0 {
        slo.not_judged += 1;
        return;
    }
    let bound = slo.promised.p95_s;
    let slower = bound.map_or(0, |b| {
        let first = ((b * 1e6).floor() as u64 + 1).min(HIGHEST_US);
        clients.response.len()
            - clients.response.count_between(0, first.saturating_sub(1)).min(clients.response.len())
    });
    slo.requests += clients.failed() + slower;
    let p95_s = Times::of(&clients.response, 0.0).p95_s;
    let above_s = p95_s.zip(bound).map_or(0.0, |(p95, bound)| (p95 - bound).max(0.0));
    let error_rate = clients.failed() as f64 / ended as f64;
    let too_many = slo.promised.error_rate.is_some_and(|b| error_rate > b);
    slo.seconds += u64::from(above_s > 0.0 || too_many);
    slo.integral_s2 += above_s;
}
