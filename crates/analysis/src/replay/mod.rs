//! What controllers would have asked for, had they seen what a finished run recorded.
//!
//! An open loop: the load and the services did what they did, whatever a controller asks for here. Pure: frame, topology
//! and lives of tasks in, decisions out; no clock, no file.

mod again;
mod live;
mod metrics;
mod observe;
mod tally;
mod tasks;
#[cfg(test)]
mod tests;

pub use again::{Again, Difference, again};
pub use live::{Live, is_needed};
pub use observe::Recorded;
pub use tally::Tally;

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use swarmlab_control::{Autoscaler, Decision, Hold, Outcome, Replicas, Seen};

/// A service and who decides over it.
#[derive(Debug, Clone, PartialEq)]
pub struct Controlled {
    /// Its short name.
    pub service: String,
    /// Seconds between decisions; above zero.
    pub every_s: f64,
    /// The controller with its bounds, fresh.
    pub autoscaler: Autoscaler,
}

/// One decision.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Line {
    /// Seconds since the load began.
    pub t_s: f64,
    /// The service.
    pub service: String,
    /// What the controller looked at, each with its age at the decision.
    pub seen: BTreeMap<String, Seen>,
    /// The replicas that there were.
    pub recorded: Replicas,
    /// Replicas that it would have asked for, within its bounds; on a hold those that were asked for in the run.
    pub asked: u64,
    /// CPU limit of a replica that it would have set, in cores.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cpu_limit_cores: Option<f64>,
    /// Change, keep, or hold and what was not there.
    pub outcome: Outcome,
    /// Why, in one sentence.
    pub reason: String,
}

/// All decisions and what they come to.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Replay {
    /// In order of time; of one moment in the order of the controllers.
    pub lines: Vec<Line>,
    /// One a service, in the order of the controllers.
    pub tallies: Vec<Tally>,
    /// What a reader of these should know, in sentences.
    pub remarks: Vec<String>,
}

/// Asks each controller every so many seconds of the load, the first time when the first of these are over.
pub fn replay(recorded: &Recorded<'_>, controlled: Vec<Controlled>) -> Replay {
    let mut out = Replay::default();
    for mut one in controlled {
        let (lines, unknown) = of_service(recorded, &mut one);
        let tally = Tally::of(&one.service, one.autoscaler.strategy.name(), one.every_s, &lines, unknown);
        remark(recorded, &tally, &lines, &mut out.remarks);
        out.lines.extend(lines);
        out.tallies.push(tally);
    }
    // Stable: services of one moment keep their order.
    out.lines.sort_by(|a, b| a.t_s.total_cmp(&b.t_s));
    out
}

/// The decisions, and at how many moments nobody knew the replicas, so that nobody could be asked.
fn of_service(recorded: &Recorded<'_>, one: &mut Controlled) -> (Vec<Line>, u64) {
    let (mut lines, mut unknown) = (Vec::new(), 0);
    for t_s in recorded.moments(one.every_s) {
        let Some(mut observation) = recorded.observation(&one.service, t_s) else {
            unknown += 1;
            continue;
        };
        observation.seq = lines.len() as u64;
        let decision = one.autoscaler.decide(&observation, observation.t_s);
        lines.push(line(t_s, observation.replicas, decision));
    }
    (lines, unknown)
}

fn line(t_s: f64, recorded: Replicas, decision: Decision) -> Line {
    Line {
        t_s,
        service: decision.service,
        seen: decision.seen,
        recorded,
        asked: decision.replicas,
        cpu_limit_cores: decision.cpu_limit_cores,
        outcome: decision.outcome,
        reason: decision.reason,
    }
}

fn remark(recorded: &Recorded<'_>, tally: &Tally, lines: &[Line], out: &mut Vec<String>) {
    let service = &tally.service;
    if tally.decisions + tally.unknown == 0 {
        out.push(format!(
            "{service}: the load lasted {} s, so no decision was due at one every {} s",
            recorded.load_s(),
            tally.every_s
        ));
    }
    if tally.unknown > 0 {
        out.push(format!(
            "{service}: at {} moments the run does not say how many replicas there were; nobody was asked then",
            tally.unknown
        ));
    }
    let held = lines.iter().filter_map(|l| match &l.outcome {
        Outcome::Hold { cause: Hold::Missing { metric } } => Some(std::slice::from_ref(metric)),
        Outcome::Hold { cause: Hold::PartlyBlind { metrics } } => Some(metrics.as_slice()),
        _ => None,
    });
    let absent: BTreeSet<&String> = held.flatten().filter(|m| !recorded.has(service, m)).collect();
    out.extend(absent.into_iter().map(|metric| format!("{service}: the run does not have `{metric}`")));
}
