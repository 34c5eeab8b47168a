//! Which way a figure is better.

use serde::{Deserialize, Serialize};

/// Which way a figure is better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// Less of it is better: times, failures, cost.
    Lower,
    /// More of it is better: throughput.
    Higher,
}

/// Figures that have a direction, by the part of the key before the colon. A new figure that is good or bad gets a line here.
const DIRECTIONS: [(&str, Direction); 14] = [
    ("throughput_per_s", Direction::Higher),
    ("failed", Direction::Lower),
    ("error_rate", Direction::Lower),
    ("response_mean_ms", Direction::Lower),
    ("response_p50_ms", Direction::Lower),
    ("response_p90_ms", Direction::Lower),
    ("response_p95_ms", Direction::Lower),
    ("response_p99_ms", Direction::Lower),
    ("response_p999_ms", Direction::Lower),
    ("response_max_ms", Direction::Lower),
    ("demand_ms", Direction::Lower),
    ("idle_cores", Direction::Lower),
    ("replica_seconds", Direction::Lower),
    ("slo_violation_s", Direction::Lower),
];

impl Direction {
    /// Of the figure with this key; `None` where neither way is better by itself, or where it is not known.
    pub fn of(key: &str) -> Option<Self> {
        let stem = key.split(':').next().unwrap_or(key);
        DIRECTIONS.iter().find(|(name, _)| *name == stem).map(|(_, direction)| *direction)
    }

    /// How much worse it is: positive where a rise by `change` is for the worse.
    pub fn worse_by(self, change: f64) -> f64 {
        match self {
            Self::Lower => change,
            Self::Higher => -change,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_stem() {
        assert_eq!(Direction::of("demand_ms:ms-exercise"), Some(Direction::Lower));
        assert_eq!(Direction::of("throughput_per_s"), Some(Direction::Higher));
        assert_eq!(Direction::of("users"), None);
        assert!(Direction::Higher.worse_by(-1.0) > 0.0);
    }
}
