//! What the user demands of a load's answers.

use std::time::Duration;

use serde::Serialize;

use swarmlab_checks::Check;
use swarmlab_record::client::error_rate;

use super::summary::LoadSummary;

/// Bounds that the user sets.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Objectives {
    /// Upper bound of the 95th percentile of the response time.
    pub p95: Option<Duration>,
    /// Upper bound of the error rate: of the requests that ended, the share that failed, 0 to 1.
    pub error_rate: Option<f64>,
    /// Thresholds.
    pub checks: Vec<Check>,
}

/// One of them against what was measured.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Objective {
    /// What is bounded.
    pub figure: Figure,
    /// The bound, in the figure's unit.
    pub limit: f64,
    /// What was measured; nothing where there was no answer.
    pub value: Option<f64>,
    /// Whether the value is known and at most the bound.
    pub met: bool,
}

/// What can be bounded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Figure {
    /// 95th percentile of the response time, milliseconds.
    ResponseP95Ms,
    /// Of the requests that ended, the share that failed, 0 to 1.
    ErrorRate,
}

impl Objectives {
    /// Compares them with the figures of a load.
    pub fn judge(&self, s: &LoadSummary) -> Vec<Objective> {
        let p95_ms = self.p95.map(|limit| {
            (Figure::ResponseP95Ms, limit.as_secs_f64() * 1e3, s.times.response.as_ref().map(|q| q.p95_ms))
        });
        let errors = self
            .error_rate
            .map(|limit| (Figure::ErrorRate, limit, error_rate(s.counts.succeeded, s.counts.failed)));
        [p95_ms, errors]
            .into_iter()
            .flatten()
            .map(|(figure, limit, value)| Objective {
                figure,
                limit,
                value,
                met: value.is_some_and(|v| v <= limit),
            })
            .collect()
    }
}
