//! How long a closed-loop user waits between two journeys.

use rand::Rng;
use serde::{Deserialize, Serialize};

/// The think time of a user after each iteration of its scenario.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Wait {
    /// Always the same.
    Constant {
        /// Seconds.
        s: f64,
    },
    /// Uniform between two bounds.
    Between {
        /// Least, seconds.
        min_s: f64,
        /// Most, seconds.
        max_s: f64,
    },
    /// Exponential.
    Exponential {
        /// Mean, seconds.
        mean_s: f64,
    },
    /// The next iteration starts this long after the start of the last one, or at once if it took longer.
    Pacing {
        /// Seconds from start to start.
        s: f64,
    },
    /// Each user begins so many iterations per second, or fewer if they take longer: pacing by its reciprocal.
    ConstantThroughput {
        /// Iterations per second and user.
        per_s: f64,
    },
}

impl Default for Wait {
    /// No wait.
    fn default() -> Self {
        Wait::Constant { s: 0.0 }
    }
}

impl Wait {
    /// Draws a wait in seconds for an iteration that took `iteration_s`.
    pub fn draw_s(&self, iteration_s: f64, random: &mut impl Rng) -> f64 {
        match *self {
            Wait::Constant { s } => s,
            Wait::Between { min_s, max_s } => min_s + (max_s - min_s) * random.random::<f64>(),
            Wait::Exponential { mean_s } => -mean_s * (1.0 - random.random::<f64>()).ln(),
            Wait::Pacing { s } => (s - iteration_s).max(0.0),
            Wait::ConstantThroughput { per_s } => (1.0 / per_s - iteration_s).max(0.0),
        }
    }

    /// The mean, seconds; `None` where it depends on how long iterations take.
    pub fn mean_s(&self) -> Option<f64> {
        match *self {
            Wait::Constant { s } => Some(s),
            Wait::Between { min_s, max_s } => Some((min_s + max_s) / 2.0),
            Wait::Exponential { mean_s } => Some(mean_s),
            Wait::Pacing { .. } | Wait::ConstantThroughput { .. } => None,
        }
    }

    /// Whether every parameter is a finite number of seconds, not negative and in order; a throughput between
    /// 1e-6 and 1e6 per second.
    pub fn is_valid(&self) -> bool {
        let ok = |s: f64| s.is_finite() && s >= 0.0;
        match *self {
            Wait::Constant { s } | Wait::Pacing { s } => ok(s),
            Wait::Between { min_s, max_s } => ok(min_s) && ok(max_s) && min_s <= max_s,
            Wait::Exponential { mean_s } => ok(mean_s),
            Wait::ConstantThroughput { per_s } => (1e-6..=1e6).contains(&per_s),
        }
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use rand::rngs::SmallRng;

    use super::*;

    fn mean(wait: Wait) -> f64 {
        let mut random = SmallRng::seed_from_u64(1);
        (0..100_000).map(|_| wait.draw_s(0.3, &mut random)).sum::<f64>() / 100_000.0
    }

    #[test]
    fn waits_have_their_means() {
        assert_eq!(mean(Wait::Constant { s: 0.5 }).to_bits(), 0.5_f64.to_bits());
        assert!((mean(Wait::Between { min_s: 1.0, max_s: 3.0 }) - 2.0).abs() < 0.01);
        assert!((mean(Wait::Exponential { mean_s: 2.0 }) - 2.0).abs() < 0.03);
        assert!((mean(Wait::Pacing { s: 1.0 }) - 0.7).abs() < 1e-9);
        assert_eq!(mean(Wait::Pacing { s: 0.1 }), 0.0);
        assert!((mean(Wait::ConstantThroughput { per_s: 2.0 }) - 0.2).abs() < 1e-9);
        assert_eq!(Wait::Between { min_s: 1.0, max_s: 3.0 }.mean_s(), Some(2.0));
        assert_eq!(Wait::Pacing { s: 1.0 }.mean_s(), None);
    }

    #[test]
    fn bounds_are_kept_and_checked() {
        let mut random = SmallRng::seed_from_u64(2);
        let wait = Wait::Between { min_s: 1.0, max_s: 3.0 };
        assert!((0..10_000).all(|_| (1.0..=3.0).contains(&wait.draw_s(0.0, &mut random))));
        assert!(!Wait::Between { min_s: 3.0, max_s: 1.0 }.is_valid());
        assert!(!Wait::Constant { s: -1.0 }.is_valid());
        assert!(!Wait::Exponential { mean_s: f64::INFINITY }.is_valid());
        assert!(!Wait::ConstantThroughput { per_s: 0.0 }.is_valid());
    }
}
