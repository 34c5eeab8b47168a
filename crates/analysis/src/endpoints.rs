//! Client figures by endpoint over the whole load, from merged histograms: never from means of percentiles.

use std::collections::BTreeMap;

use swarmlab_intervals::{Histogram, new_histogram};
use swarmlab_record::client::{ALL_ENDPOINTS, Totals, endpoints};
use swarmlab_record::summary::{EndpointFigures, QUANTILES};

use crate::assemble::Raw;

/// Figures of every endpoint in the order of names, all together (`*`) last; `response` are the merged histograms by
/// endpoint, microseconds.
pub fn figures(raw: &Raw, response: &BTreeMap<String, Histogram>) -> Vec<EndpointFigures> {
    let mut all = new_histogram();
    for h in response.values() {
        if let Err(e) = all.add(h) {
            tracing::warn!("a histogram is wider than its sum: {e}");
        }
    }
    let mut names = endpoints(&raw.client);
    names.sort_unstable();
    let mut out: Vec<EndpointFigures> = names.iter().map(|n| one(raw, n, response.get(*n))).collect();
    if !raw.client.is_empty() {
        out.push(one(raw, ALL_ENDPOINTS, Some(&all)));
    }
    out
}

fn one(raw: &Raw, endpoint: &str, histogram: Option<&Histogram>) -> EndpointFigures {
    let window = raw.windows().map_or((0.0, 0.0), |w| (w.load_start_unix_s, w.load_end_unix_s));
    let totals = Totals::of(&raw.client, endpoint, window.0, window.1);
    let histogram = histogram.filter(|h| !h.is_empty());
    let told = raw.manifest.imported.as_ref().and_then(|of| of.told.get(endpoint));
    let told_ms = told.and_then(|t| {
        let known: Option<Vec<f64>> = t.quantiles_ms.into_iter().collect();
        known?.try_into().ok()
    });
    EndpointFigures {
        endpoint: endpoint.to_owned(),
        sent: totals.known("sent", totals.sent),
        completed: totals.completed,
        succeeded: totals.known("succeeded", totals.succeeded),
        failed: totals.known("failed", totals.failed),
        throughput_per_s: totals.throughput_per_s(),
        mean_ms: totals.response_mean_ms(),
        quantiles_ms: histogram.map(|h| QUANTILES.map(|q| h.value_at_quantile(q) as f64 / 1e3)).or(told_ms),
        max_ms: histogram.map(|h| h.max() as f64 / 1e3).or(told.and_then(|t| t.max_ms)),
        errors: totals.errors,
        statuses: totals.statuses,
    }
}
