//! `step`: a table of breaches. The farther the metric is from its threshold, the greater the step (AWS step scaling).

use serde::{Deserialize, Serialize};

use super::cooldown::Cooldown;
use super::threshold::Change;
use crate::controller::Controller;
use crate::decision::Advice;
use crate::hold::Hold;
use crate::view::View;

/// A row: from how far to how far beyond the threshold, and what then.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// From here (metric less threshold); `None` without end.
    pub from: Option<f64>,
    /// To here; `None` without end.
    pub to: Option<f64>,
    /// What it does.
    pub change: Change,
}

impl Step {
    /// Above the threshold the nearer end belongs to the row, and so it does below it.
    fn holds(&self, breach: f64) -> bool {
        let (from, to) = (self.from.unwrap_or(f64::NEG_INFINITY), self.to.unwrap_or(f64::INFINITY));
        if breach >= 0.0 { from <= breach && breach < to } else { from < breach && breach <= to }
    }
}

/// A table of breaches.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StepScaling {
    /// The metric.
    pub metric: String,
    /// Its threshold.
    pub threshold: f64,
    /// The rows; the first that holds counts.
    pub steps: Vec<Step>,
    /// How long after a change there is none.
    pub cooldown: Cooldown,
}

impl Controller for StepScaling {
    fn advise(&mut self, view: &View<'_>) -> Result<Advice, Hold> {
        let v = view.metric(&self.metric)?;
        let breach = v - self.threshold;
        let from = view.desired();
        let told = format!("`{}` is {v:.4}, {breach:+.4} from {}", self.metric, self.threshold);
        let Some(step) = self.steps.iter().find(|s| s.holds(breach)) else {
            return Ok(Advice::replicas(from, format!("{told}: no step is for that")));
        };
        let to = view.bounds().clamp(step.change.apply(from));
        match self.cooldown.left_s(from, to, view.now_s()) {
            Some(left) => Ok(Advice::replicas(from, format!("{told}, but cools down for {left:.0} s more"))),
            None => Ok(Advice::replicas(to, format!("{told}: {from} to {to}"))),
        }
    }
}
