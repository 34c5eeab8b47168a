//! `hpa`: the algorithm of Kubernetes' HorizontalPodAutoscaler, `autoscaling/v2`, as kube-controller-manager runs it
//! (`pkg/controller/podautoscaler`; the numbers were compared with the tables of its tests, `tests/oracle`).
//!
//! In order: each metric proposes a count ([`calculator`]), the greatest wins; metrics that fail block the way down;
//! recent recommendations stabilise ([`stabilise`]); policies limit the rate ([`behavior`]); bounds.

pub mod behavior;
pub mod calculator;
pub mod metric;
pub mod pods;
pub mod stabilise;

use serde::{Deserialize, Serialize};

use crate::controller::Controller;
use crate::decision::Advice;
use crate::hold::Hold;
use crate::view::View;
use behavior::{Behavior, Tolerances};
use metric::MetricSpec;
use pods::Timing;
use stabilise::Memory;

/// The Kubernetes autoscaler.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Hpa {
    /// What it looks at; the greatest proposal wins.
    pub metrics: Vec<MetricSpec>,
    /// How far the ratio of usage and target may be from 1 without a change.
    pub tolerances: Tolerances,
    /// When a young task's CPU is trusted.
    pub timing: Timing,
    /// Rates and stabilisation by direction. `None` is what Kubernetes does without `behavior`: up to the greater of twice
    /// the count and 4 at once, down stabilised.
    pub behavior: Option<Behavior>,
    /// Stabilisation on the way down where the behavior says nothing of it
    /// (`--horizontal-pod-autoscaler-downscale-stabilization`).
    pub down_stabilization_s: f64,
    /// Without a behavior: how many times the count it may become at once. Kubernetes has 2, and no setting for it.
    pub up_limit_factor: i64,
    /// What it remembers.
    #[serde(default)]
    pub memory: Memory,
}

/// What all metrics say together.
struct Proposal {
    replicas: i64,
    by: String,
    failed: Vec<String>,
}

impl Hpa {
    /// With the defaults of Kubernetes for all but the metrics.
    pub fn new(metrics: Vec<MetricSpec>) -> Self {
        Self {
            metrics,
            tolerances: Tolerances::default(),
            timing: Timing::default(),
            behavior: None,
            down_stabilization_s: 300.0,
            up_limit_factor: 2,
            memory: Memory::default(),
        }
    }

    fn propose(&self, view: &View<'_>, current: i64) -> Result<Proposal, Hold> {
        let mut best: Option<(i64, String)> = None;
        let mut failed = Vec::new();
        let mut first = None;
        for metric in &self.metrics {
            match metric.replicas(view, current, &self.tolerances, &self.timing) {
                Ok(p) if best.as_ref().is_none_or(|(b, _)| *b == 0 || p.replicas > *b) => {
                    best = Some((p.replicas, format!("{} is {}", metric.describe(), p.told)));
                }
                Ok(_) => {}
                Err(why) => {
                    failed.push(metric.name().to_owned());
                    first.get_or_insert(why);
                }
            }
        }
        let Some((replicas, by)) = best else {
            return Err(first.unwrap_or(Hold::NoTasks));
        };
        if !failed.is_empty() && replicas < current {
            return Err(Hold::PartlyBlind { metrics: failed });
        }
        Ok(Proposal { replicas, by, failed })
    }
}

impl Controller for Hpa {
    fn advise(&mut self, view: &View<'_>) -> Result<Advice, Hold> {
        let now_s = view.now_s();
        let bounds = view.bounds();
        let (min, max) = (signed(bounds.min), signed(bounds.max));
        let current = signed(view.desired());
        self.memory.begin(current, now_s);
        if current == 0 && min != 0 {
            return Err(Hold::ScaledToZero);
        }
        let outside = match current {
            c if c > max => Some((max, "more than the greatest count")),
            c if c < min => Some((min, "fewer than the least count")),
            _ => None,
        };
        if let Some((bound, what)) = outside {
            // A change like others: it uses up what policies allow.
            if let Some(rules) = &self.behavior {
                self.memory.rescaled(current, bound, now_s, rules.longest_period_s());
            }
            return Ok(Advice::replicas(bound.unsigned_abs(), format!("{current} run, {what}")));
        }
        let proposal = self.propose(view, current)?;
        let (replicas, how) = match &self.behavior {
            None => {
                let stable = self.memory.stabilise_down(proposal.replicas, self.down_stabilization_s, now_s);
                let (to, limit) = behavior::without_rules(current, stable, (min, max), self.up_limit_factor);
                (to, told(proposal.replicas, stable, limit))
            }
            Some(rules) => {
                let windows = rules.windows(self.down_stabilization_s);
                let stable = self.memory.stabilise(current, proposal.replicas, windows, now_s);
                let (to, limit) = rules.limit(&self.memory, current, stable, (min, max), now_s);
                self.memory.rescaled(current, to, now_s, rules.longest_period_s());
                (to, told(proposal.replicas, stable, limit))
            }
        };
        let blind = match proposal.failed.as_slice() {
            [] => String::new(),
            failed => format!("; `{}` cannot be seen", failed.join("`, `")),
        };
        let reason = format!("{}, which asks for {}{how}{blind}", proposal.by, proposal.replicas);
        Ok(Advice::replicas(replicas.max(0).unsigned_abs(), reason)
            .with("proposed", proposal.replicas as f64))
    }
}

fn told(proposed: i64, stable: i64, limit: Option<&str>) -> String {
    let mut text = String::new();
    if stable != proposed {
        text += &format!(", stabilised to {stable}");
    }
    if let Some(limit) = limit {
        text += ", ";
        text += limit;
    }
    text
}

fn signed(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
