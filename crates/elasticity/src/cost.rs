//! What it took: replicas and cores over time, and how restless it was.

use serde::{Deserialize, Serialize};

use crate::steps::Steps;

/// What it took.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Cost {
    /// Replicas times seconds.
    pub replica_s: f64,
    /// Cores of CPU limits times seconds; `None` if a replica had no limit.
    pub core_s: Option<f64>,
    /// Changes of the count.
    pub actions: u64,
    /// An hour.
    pub actions_per_h: Option<f64>,
    /// Changes that went the other way than the one before.
    pub reversals: u64,
    /// Seconds that were counted.
    pub known_s: f64,
}

/// Counts. `cores` is the CPU limit of one replica; all of the time that replicas are known must have one.
pub fn count(replicas: &Steps, cores: Option<&Steps>) -> Cost {
    let known_s: f64 = replicas.pieces(replicas).iter().filter(|p| p.a.is_some()).map(|p| p.length_s).sum();
    let changes = replicas.changes();
    let rises: Vec<bool> = changes.iter().map(|(_, from, to)| to > from).collect();
    let reversals = rises.iter().zip(rises.iter().skip(1)).filter(|(a, b)| a != b).count() as u64;
    Cost {
        replica_s: replicas.integral(),
        core_s: cores.and_then(|cores| core_seconds(replicas, cores)),
        actions: changes.len() as u64,
        actions_per_h: (known_s > 0.0).then(|| changes.len() as f64 * 3600.0 / known_s),
        reversals,
        known_s,
    }
}

fn core_seconds(replicas: &Steps, cores: &Steps) -> Option<f64> {
    if cores.begin_s() > replicas.begin_s() || cores.end_s() < replicas.end_s() {
        return None;
    }
    let pieces = replicas.pieces(cores);
    pieces.iter().filter_map(|p| p.a.map(|n| p.b.map(|c| n * c * p.length_s))).sum()
}
