//! A controller with the bounds of its service around it. All that is true of every controller is here: the age that data
//! may have, holding, the least and the most.

use serde::{Deserialize, Serialize};

use crate::controller::Controller;
use crate::decision::{Advice, Decision, Outcome};
use crate::hold::Hold;
use crate::observation::Observation;
use crate::strategy::Strategy;
use crate::view::View;

/// What holds for a service whatever controls it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Bounds {
    /// Fewest replicas.
    pub min: u64,
    /// Most replicas.
    pub max: u64,
    /// Least CPU limit of a replica, in cores.
    pub min_cpu_cores: f64,
    /// Greatest CPU limit of a replica, in cores.
    pub max_cpu_cores: f64,
    /// How old a reading may be to be acted on, in seconds.
    pub stale_after_s: f64,
}

impl Default for Bounds {
    fn default() -> Self {
        Self { min: 1, max: 10, min_cpu_cores: 0.1, max_cpu_cores: 16.0, stale_after_s: 30.0 }
    }
}

/// A controller, its bounds and its state: everything that decides over one service. Written down and read back it goes
/// on as if nothing had been.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Autoscaler {
    /// What holds whatever controls it.
    pub bounds: Bounds,
    /// The controller with its state.
    pub strategy: Strategy,
}

impl Autoscaler {
    /// A fresh one.
    pub fn new(bounds: Bounds, strategy: Strategy) -> Self {
        Self { bounds, strategy }
    }

    /// Decides. The same autoscaler with the same observations at the same times gives the same decisions.
    pub fn decide(&mut self, observation: &Observation, now_s: f64) -> Decision {
        let view = match View::new(observation, now_s, self.bounds) {
            Ok(view) => view,
            Err(cause) => return self.bounds.settle(observation, now_s, Err(cause), None),
        };
        let advice = self.strategy.advise(&view);
        self.bounds.settle(observation, now_s, advice, Some(view))
    }
}

impl Bounds {
    /// Makes a decision of a controller's advice: bounds, and holding where there is none.
    pub fn settle(
        &self,
        observation: &Observation,
        now_s: f64,
        advice: Result<Advice, Hold>,
        view: Option<View<'_>>,
    ) -> Decision {
        let desired = observation.replicas.desired;
        let mut decision = Decision {
            seq: observation.seq,
            at_s: now_s,
            service: observation.service.clone(),
            outcome: Outcome::Keep,
            replicas: desired,
            cpu_limit_cores: None,
            wanted: None,
            reason: String::new(),
            seen: view.map(View::into_seen).unwrap_or_default(),
            debug: Default::default(),
        };
        match advice {
            Err(cause) => {
                decision.reason = format!("holds at {desired}: {cause}");
                decision.outcome = Outcome::Hold { cause };
            }
            Ok(advice) => self.bound(&mut decision, advice, observation),
        }
        decision
    }

    fn bound(&self, decision: &mut Decision, advice: Advice, observation: &Observation) {
        let replicas = self.clamp(advice.replicas);
        let bounded = match replicas {
            r if r < advice.replicas => format!(", of which at most {} are allowed", self.max),
            r if r > advice.replicas => format!(", but at least {} are to run", self.min),
            _ => String::new(),
        };
        decision.cpu_limit_cores = advice
            .cpu_limit_cores
            .filter(|c| c.is_finite())
            .map(|c| c.min(self.max_cpu_cores).max(self.min_cpu_cores.min(self.max_cpu_cores)))
            // The Engine counts in billionths; less than a thousandth of a core is no change.
            .filter(|c| observation.cpu_limit_cores.is_none_or(|now| (now - c).abs() >= 0.001));
        let changes = replicas != decision.replicas || decision.cpu_limit_cores.is_some();
        decision.outcome = if changes { Outcome::Change } else { Outcome::Keep };
        decision.replicas = replicas;
        decision.wanted = Some(advice.replicas);
        decision.reason = advice.reason + &bounded;
        decision.debug = advice.debug;
    }

    /// A count within the bounds. (`u64::clamp` panics if they are crossed; files are checked, values made in code may not
    /// be.)
    pub fn clamp(&self, replicas: u64) -> u64 {
        replicas.min(self.max).max(self.min.min(self.max))
    }
}
