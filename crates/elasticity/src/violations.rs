//! How much of the objective was broken: requests, windows, and by how much for how long.

use serde::{Deserialize, Serialize};

/// A window of time: what its requests were like.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Window {
    /// How long it is.
    pub length_s: f64,
    /// Requests that ended in it.
    pub requests: u64,
    /// Of those, failed or slower than the objective.
    pub violating: u64,
    /// The latency that the objective is of (its 95th percentile); `None` if nothing ended.
    pub latency_s: Option<f64>,
}

/// How much of the objective was broken.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Violations {
    /// Share of requests that failed or were too slow. `None` without a request.
    pub requests: Option<f64>,
    /// Share of the time of windows whose latency was above the objective, of those that have one.
    pub windows: Option<f64>,
    /// `integral max(p95 - SLO, 0) dt`, in seconds of latency times seconds.
    pub integral_s2: f64,
    /// Seconds of windows without a latency.
    pub unknown_s: f64,
}

/// Judges windows against an objective in seconds.
pub fn judge(windows: &[Window], objective_s: f64) -> Violations {
    let share = |part: f64, whole: f64| (whole > 0.0).then(|| part / whole);
    let count = |of: fn(&Window) -> u64| windows.iter().map(of).fold(0u64, u64::saturating_add) as f64;
    let known: Vec<(f64, f64)> =
        windows.iter().filter_map(|w| Some((w.length_s, w.latency_s.filter(|l| l.is_finite())?))).collect();
    let known_s: f64 = known.iter().map(|(l, _)| l).sum();
    let above = known.iter().filter(|(_, latency)| *latency > objective_s);
    Violations {
        requests: share(count(|w| w.violating), count(|w| w.requests)),
        windows: share(above.map(|(l, _)| l).sum(), known_s),
        integral_s2: known.iter().map(|(l, latency)| l * (latency - objective_s).max(0.0)).sum(),
        unknown_s: windows.iter().map(|w| w.length_s).sum::<f64>() - known_s,
    }
}
