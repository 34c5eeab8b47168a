//! From where on a figure counts against the generator.

use serde::{Deserialize, Serialize};

/// From where on a figure counts against the generator. Where each comes from: `docs/measurement.md`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Thresholds {
    /// INVALID when the lateness's p99 exceeds this share of the service's p50, and the floor.
    pub lateness_share: f64,
    /// Lateness up to here never counts, seconds: what an undisturbed machine cannot do better.
    pub lateness_floor_s: f64,
    /// INVALID when a smaller share of what was due was sent.
    pub sent_share: f64,
    /// INVALID when late wake-ups took a larger share of the time of the closed model's users.
    pub overslept_share: f64,
    /// INVALID when a thread used more CPU, cores.
    pub cpu_cores: f64,
    /// INVALID when a thread waited for a core for a larger share of the time.
    pub run_queue_fraction: f64,
    /// INVALID when the hypervisor took a larger share of the time from the CPUs of a thread.
    pub steal_fraction: f64,
    /// SUSPECT when all CPUs of a thread were busy with other work with a larger chance.
    pub crowded_chance: f64,
    /// INVALID when CPU quotas held the generator back for a larger share of the time; SUSPECT from anything.
    pub throttled_fraction: f64,
    /// A run is INVALID when a larger share of its intervals is, SUSPECT from one on; it is also SUSPECT when a
    /// larger share is SUSPECT.
    pub intervals_share: f64,
    /// SUSPECT from this share of a limit on.
    pub suspect_share: f64,
}

impl Default for Thresholds {
    fn default() -> Self {
        Self {
            lateness_share: 0.10,
            lateness_floor_s: 1e-3,
            sent_share: 0.999,
            overslept_share: 0.01,
            cpu_cores: 0.80,
            run_queue_fraction: 0.20,
            steal_fraction: 0.10,
            crowded_chance: 0.50,
            throttled_fraction: 0.01,
            intervals_share: 0.05,
            suspect_share: 0.5,
        }
    }
}
