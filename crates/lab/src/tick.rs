//! One interval of the load in short, for whoever watches.

use std::collections::BTreeMap;

use swarmlab_intervals::Interval;
use swarmlab_record::Phase;
use swarmlab_record::topology::ReplicaEvent;

use crate::message::{Message, News};

/// One interval of the load, in short.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct LoadTick {
    /// Warm-up or load.
    pub phase: Phase,
    /// Since the load began, seconds.
    pub elapsed_s: f64,
    /// Until it ends, seconds.
    pub left_s: f64,
    /// Active users (closed loop), mean of the interval.
    pub users: f64,
    /// Requests due, per second.
    pub offered_per_s: f64,
    /// Requests answered, per second.
    pub completed_per_s: f64,
    /// Requests failed so far in this phase.
    pub errors: u64,
    /// Complete answers of this interval by exact status.
    pub status: BTreeMap<String, u64>,
    /// 95th percentile of the response time, milliseconds.
    pub p95_ms: Option<f64>,
    /// Healthy and desired replicas of the measured services.
    pub replicas: Vec<(String, u64, u64)>,
}

/// Remembers of the messages what a tick is made from.
#[derive(Debug, Default)]
pub struct Ticker {
    measured: Vec<String>,
    replicas: BTreeMap<String, ReplicaEvent>,
    phase: Option<Phase>,
    start_unix_s: f64,
    length_s: f64,
    errors: u64,
}

impl Ticker {
    /// Takes a message; a tick if it is an interval of the load under way (answers that come in afterwards are none).
    pub fn on(&mut self, message: &Message) -> Option<LoadTick> {
        match &message.news {
            News::Started { measured, .. } => self.measured.clone_from(measured),
            News::Replicas(event) => drop(self.replicas.insert(event.service.clone(), event.clone())),
            News::Phase { phase, expected_s } => {
                (self.phase, self.errors) = (Some(*phase), 0);
                self.length_s = expected_s.unwrap_or(0.0);
            }
            News::LoadStarts { start_unix_s, .. } => self.start_unix_s = *start_unix_s,
            News::Interval { load, interval } if self.phase == Some(load.part.phase()) => {
                return Some(self.tick(load.part.phase(), interval));
            }
            _ => {}
        }
        None
    }

    fn tick(&mut self, phase: Phase, i: &Interval) -> LoadTick {
        let tally = i.tally();
        self.errors += tally.failed;
        let response = i.overall().response;
        let per_s = |n: u64| n as f64 / i.length_s().max(1e-9);
        let elapsed_s = i.end_unix_s - self.start_unix_s;
        let replicas = |s: &String| self.replicas.get(s).map(|r| (s.clone(), r.healthy, r.desired));
        LoadTick {
            phase,
            elapsed_s,
            left_s: self.length_s - elapsed_s,
            users: i.users,
            offered_per_s: per_s(i.offered),
            completed_per_s: per_s(tally.completed),
            errors: self.errors,
            status: tally.statuses.by_name(),
            p95_ms: (!response.is_empty()).then(|| response.value_at_quantile(0.95) as f64 / 1e3),
            replicas: self.measured.iter().filter_map(replicas).collect(),
        }
    }
}
