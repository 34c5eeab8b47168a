//! Thresholds (`--check`) on a load's own figures.

use serde::Serialize;
use swarmlab_checks::{Check, Felt, Limit, Outcome, Quantity, Response, Source, evaluate};
use swarmlab_record::client::error_rate;

use super::summary::{Counts, LoadSummary, Times};

/// A threshold against what was measured.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Checked {
    /// As it was written.
    pub check: String,
    /// Whether it holds; unknown where there is too little to tell.
    pub holds: Option<bool>,
    /// What was measured, in ms, requests a second, or a number.
    pub value: Option<f64>,
    /// What it was compared with, in the same.
    pub limit: Option<f64>,
    /// Unit of both; empty for a number or a share.
    pub unit: &'static str,
    /// What was measured against what, with units; or why it is not known.
    pub because: String,
}

/// Evaluates them.
pub fn judge(checks: &[Check], s: &LoadSummary) -> Vec<Checked> {
    let one = |check: &Check| {
        let text = check.text.clone();
        match evaluate(check, s) {
            Outcome::Judged { holds, value, limit } => Checked {
                check: text,
                holds: Some(holds),
                value: Some(value.value),
                limit: Some(limit.value),
                unit: value.kind.base_unit(),
                because: format!("{value} against {limit}"),
            },
            Outcome::NotJudged(because) => {
                Checked { check: text, holds: None, value: None, limit: None, unit: "", because }
            }
        }
    };
    checks.iter().map(one).collect()
}

/// The first quantity that a load alone does not have: a column over time, of servers or clients.
pub fn column(check: &Check) -> Option<&Quantity> {
    let of = match &check.limit {
        Limit::Share { of, .. } => Some(of),
        Limit::Amount(_) => None,
    };
    let is_column = |q: &&Quantity| q.function.is_some() && q.name.split(':').next() != Some("response");
    [Some(&check.left), check.over.as_ref(), of].into_iter().flatten().find(is_column)
}

impl Source for LoadSummary {
    fn figure(&self, key: &str) -> Option<(f64, String)> {
        let (stem, endpoint) = key.split_once(':').map_or((key, None), |(a, b)| (a, Some(b)));
        let felt = match endpoint {
            None => felt(&self.counts, self.requests_per_s, &self.times),
            Some(name) => {
                let e = self.endpoints.iter().find(|e| e.name == name)?;
                felt(&e.counts, e.requests_per_s, &e.times)
            }
        };
        felt.figure(stem)
    }

    fn answers(&self, endpoint: Option<&str>) -> Option<u64> {
        match endpoint {
            None => Some(self.counts.completed),
            Some(name) => self.endpoints.iter().find(|e| e.name == name).map(|e| e.counts.completed),
        }
    }

    fn column(&self, name: &str) -> Option<(Vec<Option<f64>>, String)> {
        // Its mean over the load is all that is asked for.
        (name == OFFERED).then(|| (vec![Some(self.offered_per_s)], "/s".to_owned()))
    }

    fn columns(&self) -> Vec<String> {
        vec![OFFERED.to_owned()]
    }
}

const OFFERED: &str = "client_offered_per_s";

fn felt(c: &Counts, throughput_per_s: f64, times: &Times) -> Felt {
    let response = times.response.as_ref().map(|q| Response {
        mean_ms: q.mean_ms,
        quantiles_ms: [q.p50_ms, q.p90_ms, q.p95_ms, q.p99_ms, q.p999_ms],
        max_ms: q.max_ms,
    });
    let error_rate = error_rate(c.succeeded, c.failed);
    Felt { sent: c.sent, completed: c.completed, failed: c.failed, throughput_per_s, error_rate, response }
}
