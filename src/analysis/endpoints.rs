//! Client figures by endpoint over the whole load, from merged histograms: never from means of percentiles.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use swarmlab_intervals::Histogram;

use crate::assemble::Raw;

/// One endpoint over the load.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EndpointFigures {
    /// Name; `*` for all together.
    pub endpoint: String,
    /// Requests sent.
    pub sent: u64,
    /// Complete answers.
    pub completed: u64,
    /// Failed requests.
    pub failed: u64,
    /// Failed requests by named error.
    pub errors: BTreeMap<String, u64>,
    /// Mean response time, milliseconds.
    pub mean_ms: Option<f64>,
    /// Quantiles of the response time, milliseconds: 50, 90, 95, 99, 99.9 %.
    pub quantiles_ms: Option<[f64; 5]>,
    /// Longest response time, milliseconds.
    pub max_ms: Option<f64>,
}

/// The quantiles in [`EndpointFigures::quantiles_ms`].
pub const QUANTILES: [f64; 5] = [0.5, 0.9, 0.95, 0.99, 0.999];

/// Figures of every endpoint, all together (`*`) last; `response` are the merged histograms by endpoint.
pub fn figures(raw: &Raw, response: &BTreeMap<String, Histogram>) -> Vec<EndpointFigures> {
    let mut by_endpoint: BTreeMap<&str, EndpointFigures> = BTreeMap::new();
    for row in raw.client.iter().filter(|r| r.phase == "load") {
        let f = by_endpoint.entry(&row.endpoint).or_insert_with(|| EndpointFigures {
            endpoint: row.endpoint.clone(),
            sent: 0,
            completed: 0,
            failed: 0,
            errors: BTreeMap::new(),
            mean_ms: None,
            quantiles_ms: None,
            max_ms: None,
        });
        f.sent += row.sent;
        f.completed += row.completed;
        f.failed += row.failed;
        let errors: BTreeMap<String, u64> = serde_json::from_str(&row.errors_json).unwrap_or_default();
        for (kind, n) in errors {
            *f.errors.entry(kind).or_default() += n;
        }
        if let Some(r) = row.response {
            // Sum of response times; divided by the count below.
            *f.mean_ms.get_or_insert(0.0) += r.mean * row.completed as f64;
        }
    }
    let mut all = swarmlab_intervals::new_histogram();
    for h in response.values() {
        if let Err(e) = all.add(h) {
            tracing::warn!("a histogram is wider than its sum: {e}");
        }
    }
    let mut out: Vec<EndpointFigures> = by_endpoint.into_values().collect();
    out.sort_by_key(|f| f.endpoint == swarmlab_frame::client::ALL_ENDPOINTS);
    for f in &mut out {
        f.mean_ms = f.mean_ms.filter(|_| f.completed > 0).map(|sum| sum / f.completed as f64);
        let h = if f.endpoint == swarmlab_frame::client::ALL_ENDPOINTS {
            Some(&all)
        } else {
            response.get(&f.endpoint)
        };
        if let Some(h) = h.filter(|h| !h.is_empty()) {
            f.quantiles_ms = Some(QUANTILES.map(|q| h.value_at_quantile(q) as f64 / 1e3));
            f.max_ms = Some(h.max() as f64 / 1e3);
        }
    }
    out
}
