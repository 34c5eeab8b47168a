//! `optctrl`: cores from an optimal-control law for a closed queue, as the project that swarmlab began from had it.
//!
//! `S* = clip(e C / ((Z + e) u*), s_min, s_max)`: `C` users who think `Z` seconds and use `e` seconds of CPU a request keep
//! `e C / (Z + e)` cores busy, and those are to be `u*` of what is there. Up at once; down to the greatest of the last few.

use serde::{Deserialize, Serialize};

use crate::controller::Controller;
use crate::decision::Advice;
use crate::hold::Hold;
use crate::metrics;
use crate::view::View;

/// What follows the cores.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Act {
    /// So many replicas of one core each: `max(1, round S*)`.
    Replicas,
    /// The CPU limit of the replicas that there are: `S*` shared out.
    Cores,
}

/// Cores by users.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OptCtrl {
    /// The metric that counts users (predicted, if `predictive` is around it).
    pub users: String,
    /// The metric that counts requests a second.
    pub requests: String,
    /// Think time.
    pub think_s: f64,
    /// How busy cores are to be, 0 to 1.
    pub target: f64,
    /// Fewest cores together.
    pub min_cores: f64,
    /// Most cores together.
    pub max_cores: f64,
    /// Over how many rounds the way down is held.
    pub hold_rounds: usize,
    /// What follows.
    pub act: Act,
    /// The cores of the last rounds.
    #[serde(default)]
    pub recent: Vec<f64>,
}

impl OptCtrl {
    /// `S*` for a CPU demand per request, in seconds, and so many users.
    pub fn cores(&self, demand_s: f64, users: f64) -> f64 {
        let cores = demand_s * users / ((self.think_s + demand_s) * self.target);
        cores.min(self.max_cores).max(self.min_cores)
    }
}

impl Controller for OptCtrl {
    fn advise(&mut self, view: &View<'_>) -> Result<Advice, Hold> {
        let cpu = view.amount(metrics::CPU)?;
        let rate = view.amount(&self.requests)?;
        let users = view.amount(&self.users)?;
        let demand_s = cpu / rate;
        if !(demand_s.is_finite() && demand_s > 0.0) {
            return Err(Hold::Undefined {
                what: "the CPU of a request cannot be told where there is none".into(),
            });
        }
        let now = self.cores(demand_s, users);
        if !now.is_finite() {
            return Err(Hold::Undefined { what: "no number of cores is told".into() });
        }
        self.recent.push(now);
        let over = self.recent.len().saturating_sub(self.hold_rounds.max(1));
        self.recent.drain(..over);
        let cores = self.recent.iter().copied().fold(now, f64::max);
        let held = if cores > now { ", held at the greatest of the last rounds" } else { "" };
        let told = format!(
            "{users:.1} users of {:.2} ms CPU a request need {now:.2} cores{held}",
            demand_s * 1000.0
        );
        let advice = match self.act {
            Act::Replicas => Advice::replicas(cores.round().max(1.0) as u64, told),
            Act::Cores => {
                let replicas = view.desired();
                let limit = cores / replicas.max(1) as f64;
                Advice { cpu_limit_cores: Some(limit), ..Advice::replicas(replicas, told) }
            }
        };
        Ok(advice.with("demand_s", demand_s).with("cores", cores))
    }
}
