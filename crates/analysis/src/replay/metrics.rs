//! The metrics of controllers, bin by bin, of the columns of a frame.
//!
//! Of the load's target, requests and times are what the clients felt; of a service behind proxies, what these counted. A
//! proxy that stands before several services counts them together and says nothing of one.

use std::collections::BTreeMap;

use swarmlab_control::metrics as names;

use super::Recorded;
use crate::{column, named};

/// Values by bin.
pub(super) type Values = Vec<Option<f64>>;

/// All that the run has of a service, by the names of controllers. A metric without a single value is not there.
pub(super) fn of(recorded: &Recorded<'_>, service: &str) -> BTreeMap<&'static str, Values> {
    let own = |metric: &str, unit: &str| get(recorded, &column(service, metric, unit));
    let mut found: Vec<(&'static str, Option<Values>)> = vec![
        (names::CPU, own("cpu", "cores")),
        (names::CPU_UTILIZATION, quotient(own("cpu", "cores"), own("cpu_limit", "cores"))),
        (names::MEMORY, own("memory", "bytes")),
        (names::MEMORY_UTILIZATION, quotient(own("memory", "bytes"), own("memory_limit", "bytes"))),
        (names::USERS, get(recorded, "client_users").filter(|_| recorded.closed)),
    ];
    if service == recorded.target {
        found.extend(by_clients(recorded));
    } else {
        found.extend(by_proxies(recorded, service));
    }
    let mut out = BTreeMap::new();
    for (name, values) in found {
        if let Some(values) = values.filter(|v| v.iter().any(Option::is_some)) {
            out.entry(name).or_insert(values);
        }
    }
    out
}

fn get(recorded: &Recorded<'_>, name: &str) -> Option<Values> {
    recorded.frame.get(name).map(<[_]>::to_vec)
}

fn by_clients(recorded: &Recorded<'_>) -> Vec<(&'static str, Option<Values>)> {
    let client = |metric: &str, unit: &str| get(recorded, &named("client", metric, unit));
    let time = |metric: &str| client(metric, "ms").map(seconds);
    vec![
        (names::REQUEST_RATE, client("sent", "per_s")),
        (names::ERROR_RATE, client("error_rate", "")),
        (names::IN_FLIGHT, client("in_flight", "")),
        (names::P50, time("response_p50")),
        (names::P95, time("response_p95")),
        (names::P99, time("response_p99")),
        (names::RESPONSE_TIME, time("response_mean")),
    ]
}

fn by_proxies(recorded: &Recorded<'_>, service: &str) -> Vec<(&'static str, Option<Values>)> {
    let mut proxies: Vec<&str> = recorded.topology.before(service).collect();
    if proxies.iter().any(|p| recorded.topology.behind(p).count() > 1) {
        proxies.clear();
    }
    let of = |proxy: &str, metric: &str, unit: &str| get(recorded, &column(proxy, metric, unit));
    let all = |metric: &str, unit: &str| sum(proxies.iter().map(|p| of(p, metric, unit)).collect());
    // Quantiles cannot be added up.
    let time = |metric: &str| match proxies.as_slice() {
        [proxy] => of(proxy, metric, "ms").map(seconds).or_else(|| of(proxy, metric, "s")),
        _ => None,
    };
    vec![
        (names::REQUEST_RATE, all("upstream_requests", "per_s")),
        // Its own count, where no proxy counts; of a proxy, what its clients sent.
        (names::REQUEST_RATE, of(service, "requests", "per_s")),
        (names::REQUEST_RATE, of(service, "downstream_requests", "per_s")),
        (names::IN_FLIGHT, all("upstream_active_requests", "requests")),
        (names::IN_FLIGHT, of(service, "downstream_active_requests", "requests")),
        (names::ERROR_RATE, failed(recorded, &proxies)),
        (names::P50, time("upstream_p50")),
        (names::P95, time("upstream_p95")),
        (names::P99, time("upstream_p99")),
    ]
}

/// Answers of class 5xx over all answers, where a proxy tells them by class. A class without a column did not occur in the
/// whole run; one that has no value in a bin is not known there.
fn failed(recorded: &Recorded<'_>, proxies: &[&str]) -> Option<Values> {
    let (mut all, mut errors) = (Vec::new(), Vec::new());
    for proxy in proxies {
        let class = |digit: char| {
            get(recorded, &column(proxy, &format!("upstream_{digit}xx"), "per_s")).map(|v| (digit, v))
        };
        let told: Vec<(char, Values)> = ['2', '3', '4', '5'].into_iter().filter_map(class).collect();
        let (_, first) = told.first()?;
        let none = vec![Some(0.0); first.len()];
        errors.push(Some(told.iter().find(|(digit, _)| *digit == '5').map_or(none, |(_, v)| v.clone())));
        all.extend(told.into_iter().map(|(_, v)| Some(v)));
    }
    quotient(sum(errors), sum(all))
}

fn seconds(ms: Values) -> Values {
    ms.into_iter().map(|v| v.map(|v| v / 1000.0)).collect()
}

/// Null where one of them is; none where one of them is not there.
fn sum(all: Vec<Option<Values>>) -> Option<Values> {
    let all: Vec<Values> = all.into_iter().collect::<Option<_>>()?;
    all.into_iter().reduce(|a, b| a.into_iter().zip(b).map(|(a, b)| Some(a? + b?)).collect())
}

/// Null where nothing is divided by: a limit of 0 is none.
fn quotient(above: Option<Values>, below: Option<Values>) -> Option<Values> {
    let pairs = above?.into_iter().zip(below?);
    Some(pairs.map(|(a, b)| Some(a? / b.filter(|b| *b > 0.0)?)).collect())
}
