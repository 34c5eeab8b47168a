//! What the decisions over a service come to.

use std::collections::BTreeMap;

use serde::Serialize;
use swarmlab_control::Outcome;

use super::Line;

/// Of one service.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Tally {
    /// Its short name.
    pub service: String,
    /// The controller's name.
    pub controller: &'static str,
    /// Seconds between decisions.
    pub every_s: f64,
    /// How often it was asked.
    pub decisions: u64,
    /// Moments at which nobody knew the replicas, so that it was not asked.
    pub unknown: u64,
    /// How often it asked for another count, or another CPU limit, than there was.
    pub acts: u64,
    /// How often it held, by what was not there.
    pub holds: BTreeMap<&'static str, u64>,
    /// How often the count that it asked for turned from rising to falling or back; holds are passed over.
    pub reversals: u64,
    /// The first act.
    pub first: Option<First>,
    /// Fewest replicas that it asked for; holds ask for none.
    pub least: Option<u64>,
    /// Most replicas that it asked for.
    pub most: Option<u64>,
}

/// The first act of a controller.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct First {
    /// Seconds since the load began.
    pub t_s: f64,
    /// Replicas that the run had asked for then.
    pub from: u64,
    /// Replicas that the controller would have asked for.
    pub to: u64,
    /// Why.
    pub reason: String,
}

impl Tally {
    pub(super) fn of(
        service: &str,
        controller: &'static str,
        every_s: f64,
        lines: &[Line],
        unknown: u64,
    ) -> Self {
        let acts = || lines.iter().filter(|l| l.outcome == Outcome::Change);
        let asked: Vec<u64> =
            lines.iter().filter(|l| !matches!(l.outcome, Outcome::Hold { .. })).map(|l| l.asked).collect();
        let mut holds = BTreeMap::new();
        for line in lines {
            if let Outcome::Hold { cause } = &line.outcome {
                *holds.entry(cause.name()).or_default() += 1;
            }
        }
        Self {
            service: service.to_owned(),
            controller,
            every_s,
            decisions: lines.len() as u64,
            unknown,
            acts: acts().count() as u64,
            holds,
            reversals: reversals(&asked),
            first: acts().next().map(|l| First {
                t_s: l.t_s,
                from: l.recorded.desired,
                to: l.asked,
                reason: l.reason.clone(),
            }),
            least: asked.iter().min().copied(),
            most: asked.iter().max().copied(),
        }
    }
}

fn reversals(asked: &[u64]) -> u64 {
    let steps: Vec<bool> = asked.windows(2).filter(|w| w[0] != w[1]).map(|w| w[1] > w[0]).collect();
    steps.windows(2).filter(|w| w[0] != w[1]).count() as u64
}
