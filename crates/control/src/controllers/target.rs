//! `target-tracking`: `ceil(n m / target)` with a cool-down for each direction.

use serde::{Deserialize, Serialize};

use super::cooldown::Cooldown;
use crate::controller::Controller;
use crate::decision::Advice;
use crate::hold::Hold;
use crate::view::View;

/// What the metric is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Of {
    /// A mean over replicas (utilisation): halves if they double.
    Mean,
    /// A total (requests a second, cores): the target is per replica.
    Total,
}

/// Keeps a metric at its target.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TargetTracking {
    /// The metric.
    pub metric: String,
    /// What the metric is of.
    pub of: Of,
    /// Where it is to be.
    pub target: f64,
    /// Never fewer replicas than there are.
    pub only_up: bool,
    /// How long after a change there is none.
    pub cooldown: Cooldown,
}

impl Controller for TargetTracking {
    fn advise(&mut self, view: &View<'_>) -> Result<Advice, Hold> {
        let v = view.amount(&self.metric)?;
        if !(self.target.is_finite() && self.target > 0.0) {
            return Err(Hold::Undefined { what: "the target must be more than nothing".into() });
        }
        let from = view.desired();
        let exact = match self.of {
            // The mean is over those that answer; that there are none while a metric is there is a moment's matter.
            Of::Mean => view.ready().max(1) as f64 * v / self.target,
            Of::Total => v / self.target,
        };
        // Binary fractions: 3 * 0.6 / 0.6 is to be 3.
        let wanted = view.bounds().clamp((exact - 1e-9).ceil().max(0.0) as u64);
        let told =
            format!("`{}` is {v:.4}, aimed at {}: {exact:.2} replicas would do", self.metric, self.target);
        let advice = |replicas, told| Ok(Advice::replicas(replicas, told).with("exact", exact));
        if wanted < from && self.only_up {
            return advice(from, format!("{told}, but it is never to shrink"));
        }
        match self.cooldown.left_s(from, wanted, view.now_s()) {
            Some(left) => advice(from, format!("{told}, but cools down for {left:.0} s more")),
            None => advice(wanted, told),
        }
    }
}
