//! One interval of the load engine becomes client rows: one an endpoint, and one for all together.

use std::collections::{BTreeMap, BTreeSet};

use swarmlab_intervals::trust::{Thresholds, Trust, verdict};
use swarmlab_intervals::{EndpointStats, Histogram, Interval};

use super::{ALL_ENDPOINTS, ClientRow, LatencyMs, LatenessMs, Unknown};
use crate::Phase;

/// Rows of one interval; the row of all endpoints carries the merged histograms' quantiles.
pub fn rows(interval: &Interval, phase: Phase) -> Vec<ClientRow> {
    let mut overall = interval.overall();
    overall.endpoint = ALL_ENDPOINTS.to_owned();
    std::iter::once(&overall).chain(&interval.endpoints).map(|e| row(interval, e, phase)).collect()
}

fn row(interval: &Interval, e: &EndpointStats, phase: Phase) -> ClientRow {
    let all = e.endpoint == ALL_ENDPOINTS;
    let t = &e.tally;
    let mut errors: serde_json::Map<String, serde_json::Value> =
        t.errors().into_iter().map(|(kind, count)| (kind.name().to_owned(), count.into())).collect();
    let mut failed = t.failed;
    let mut offered = t.offered;
    if all {
        // Intents that never got a step belong to no endpoint, but they were offered.
        offered = interval.offered;
        for (kind, count) in &interval.unassigned_errors {
            failed += count;
            let sum = errors.get(kind.name()).and_then(serde_json::Value::as_u64).unwrap_or(0) + count;
            errors.insert(kind.name().to_owned(), sum.into());
        }
    }
    // Where no thread sent anything there is nothing to judge.
    let sends = !interval.generator.threads.is_empty();
    let (trust, doubts) = if all && sends { judged(interval) } else { (None, String::new()) };
    ClientRow {
        t_unix_s: interval.start_unix_s,
        width_s: interval.length_s(),
        phase,
        endpoint: e.endpoint.clone(),
        users: interval.users,
        offered,
        sent: t.sent,
        completed: t.completed,
        succeeded: t.succeeded,
        failed,
        late: t.late,
        connect_errors: t.errors().iter().filter(|(kind, _)| kind.is_before_send()).map(|(_, n)| n).sum(),
        trust,
        doubts,
        in_flight: if all { interval.in_flight_end } else { 0 },
        queued: if all { interval.queued_end } else { 0 },
        iterations: if all { interval.iterations_completed } else { 0 },
        think_s: if all { interval.think_s } else { 0.0 },
        status_1xx: t.statuses.class(1),
        status_2xx: t.statuses.class(2),
        status_3xx: t.statuses.class(3),
        status_4xx: t.statuses.class(4),
        status_5xx: t.statuses.class(5),
        statuses_json: json(&t.statuses.by_name()),
        errors_json: serde_json::Value::Object(errors).to_string(),
        bytes_sent: t.bytes_sent,
        bytes_received: t.bytes_received,
        response: latency(&e.response, t.response_sum_s),
        service: latency(&e.service, t.service_sum_s),
        lateness: lateness(&e.lateness),
        unknown: Unknown::default(),
    }
}

/// An object of counts.
pub(super) fn json(counts: &BTreeMap<String, u64>) -> String {
    // Texts and numbers cannot fail to be written.
    serde_json::to_string(counts).unwrap_or_else(|_| "{}".to_owned())
}

/// The load engine's verdict on itself, and the figures that lead to it.
fn judged(interval: &Interval) -> (Option<Trust>, String) {
    let verdict = verdict(&interval.verdict_inputs(), &Thresholds::default());
    let gravest = verdict.reasons.iter().filter(|reason| reason.trust == verdict.trust);
    let figures: BTreeSet<&str> = gravest.map(|reason| reason.figure.as_str()).collect();
    (Some(verdict.trust), figures.into_iter().collect::<Vec<_>>().join(" "))
}

fn latency(h: &Histogram, sum_s: f64) -> Option<LatencyMs> {
    with_quantiles(h, sum_s * 1e3 / h.len() as f64)
}

/// A mean, milliseconds, with the quantiles of a histogram; `None` of an empty one.
pub fn with_quantiles(h: &Histogram, mean: f64) -> Option<LatencyMs> {
    (!h.is_empty()).then(|| LatencyMs {
        mean,
        p50: quantile_ms(h, 0.5),
        p90: quantile_ms(h, 0.9),
        p95: quantile_ms(h, 0.95),
        p99: quantile_ms(h, 0.99),
        max: ms(h.max()),
    })
}

/// Quantiles of lateness; `None` of an empty histogram.
pub(super) fn lateness(h: &Histogram) -> Option<LatenessMs> {
    (!h.is_empty()).then(|| LatenessMs { p50: quantile_ms(h, 0.5), p99: quantile_ms(h, 0.99) })
}

/// A quantile, milliseconds.
fn quantile_ms(h: &Histogram, q: f64) -> f64 {
    ms(h.value_at_quantile(q))
}

fn ms(value_us: u64) -> f64 {
    value_us as f64 / 1e3
}
