//! What the user demands of a load's answers.

use std::time::Duration;

use serde::Serialize;

use swarmlab_checks::{Check, LEAST_ANSWERS};
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
    /// What was measured; nothing where there were too few answers to judge by.
    pub value: Option<f64>,
    /// Whether the value is known and at most the bound.
    pub met: bool,
    /// Why it is not judged, a sentence without its full stop.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub because: Option<String>,
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
    /// Compares them with the figures of a load, as the verdicts of a run do.
    pub fn judge(&self, s: &LoadSummary) -> Vec<Objective> {
        let c = &s.counts;
        let p95_ms = self.p95.map(|limit| {
            let value = s.times.response.as_ref().map(|q| q.p95_ms).filter(|_| c.completed >= LEAST_ANSWERS);
            judged(Figure::ResponseP95Ms, limit.as_secs_f64() * 1e3, value, c.completed)
        });
        let errors = self.error_rate.map(|limit| {
            let ended = c.succeeded + c.failed;
            // A miss is one, of however many.
            let told = |rate: &f64| ended >= LEAST_ANSWERS || *rate > limit;
            judged(Figure::ErrorRate, limit, error_rate(c.succeeded, c.failed).filter(told), ended)
        });
        [p95_ms, errors].into_iter().flatten().collect()
    }
}

/// One objective; `answers` are those that its value is of.
fn judged(figure: Figure, limit: f64, value: Option<f64>, answers: u64) -> Objective {
    let because =
        value.is_none().then(|| format!("of {answers} answers, and {LEAST_ANSWERS} are needed to judge by"));
    Objective { figure, limit, value, met: value.is_some_and(|v| v <= limit), because }
}
