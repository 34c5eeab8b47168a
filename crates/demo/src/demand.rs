//! How much CPU a request is to cost: the configured distribution and the draws from it.

use std::num::NonZeroUsize;

use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};

use crate::DemoError;

/// The shape of the CPU demand around its mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Distribution {
    /// Every request costs the mean.
    Constant,
    /// Exponentially distributed: the station is an M/M/c queue under Poisson arrivals.
    Exponential,
}

impl std::str::FromStr for Distribution {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "constant" => Ok(Self::Constant),
            "exponential" => Ok(Self::Exponential),
            other => Err(format!("expected `constant` or `exponential`, got `{other}`")),
        }
    }
}

impl std::fmt::Display for Distribution {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Constant => "constant",
            Self::Exponential => "exponential",
        })
    }
}

/// The CPU demand of one role.
#[derive(Debug, Clone, PartialEq)]
pub struct DemandConfig {
    /// Mean CPU time of one application request, in milliseconds; zero burns nothing.
    pub mean_ms: f64,
    /// Shape of the demand.
    pub distribution: Distribution,
    /// Seed of the draws: the same seed gives the same sequence of demands in order of arrival.
    pub seed: u64,
    /// Threads that burn (the `c` of M/G/c); `None` takes what the machine or its CPU limit offers.
    pub workers: Option<NonZeroUsize>,
}

impl Default for DemandConfig {
    fn default() -> Self {
        Self { mean_ms: 0.0, distribution: Distribution::Constant, seed: 0, workers: None }
    }
}

impl DemandConfig {
    /// The longest mean demand: beyond a minute a request is no request any more.
    pub const MAX_MEAN_MS: f64 = 60_000.0;

    /// Whether a request can cost so much.
    ///
    /// # Errors
    /// The mean is below zero, above [`Self::MAX_MEAN_MS`], or no number.
    pub fn validate(&self) -> Result<(), DemoError> {
        if (0.0..=Self::MAX_MEAN_MS).contains(&self.mean_ms) {
            return Ok(());
        }
        let (got, max) = (self.mean_ms, Self::MAX_MEAN_MS);
        Err(DemoError::Config(format!("the CPU demand must be between 0 and {max} ms, got {got}")))
    }

    pub(crate) fn worker_count(&self) -> usize {
        let workers = self.workers.or_else(|| std::thread::available_parallelism().ok());
        workers.map_or(1, NonZeroUsize::get)
    }
}

/// The endless, seeded sequence of demands.
pub(crate) struct Draws {
    mean_ns: f64,
    distribution: Distribution,
    rng: SmallRng,
}

impl Draws {
    pub(crate) fn new(config: &DemandConfig) -> Self {
        Self {
            mean_ns: config.mean_ms * 1e6,
            distribution: config.distribution,
            rng: SmallRng::seed_from_u64(config.seed),
        }
    }

    /// The next demand, in nanoseconds of CPU.
    pub(crate) fn next_ns(&mut self) -> u64 {
        let demand_ns = match self.distribution {
            Distribution::Constant => self.mean_ns,
            // Inverse transform; 1 - u lies in (0, 1], so the logarithm is finite.
            Distribution::Exponential => -self.mean_ns * (1.0 - self.rng.random::<f64>()).ln(),
        };
        demand_ns.round() as u64
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn config(mean_ms: f64, distribution: Distribution, seed: u64) -> DemandConfig {
        DemandConfig { mean_ms, distribution, seed, workers: None }
    }

    #[test]
    fn constant_draws_are_the_mean() {
        let mut draws = Draws::new(&config(15.0, Distribution::Constant, 1));
        assert!((0..10).all(|_| draws.next_ns() == 15_000_000));
    }

    #[test]
    fn exponential_draws_have_mean_and_deviation_of_the_mean() {
        let mut draws = Draws::new(&config(4.0, Distribution::Exponential, 7));
        let n = 200_000;
        let sample: Vec<f64> = (0..n).map(|_| draws.next_ns() as f64 / 1e6).collect();
        let mean = sample.iter().sum::<f64>() / f64::from(n);
        let variance = sample.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / f64::from(n - 1);
        assert!((mean - 4.0).abs() < 0.04, "{mean}");
        assert!((variance.sqrt() - 4.0).abs() < 0.08, "{variance}");
    }

    #[test]
    fn a_seed_fixes_the_sequence() {
        let take = |seed| {
            let mut draws = Draws::new(&config(4.0, Distribution::Exponential, seed));
            (0..5).map(|_| draws.next_ns()).collect::<Vec<_>>()
        };
        assert_eq!(take(3), take(3));
        assert_ne!(take(3), take(4));
    }

    #[test]
    fn impossible_demands_are_refused() {
        for mean_ms in [-1.0, f64::NAN, f64::INFINITY, 60_001.0] {
            assert!(config(mean_ms, Distribution::Constant, 0).validate().is_err(), "{mean_ms}");
        }
        assert!(config(0.0, Distribution::Constant, 0).validate().is_ok());
    }

    #[test]
    fn names_of_distributions_read_back() {
        for distribution in [Distribution::Constant, Distribution::Exponential] {
            assert_eq!(distribution.to_string().parse::<Distribution>().unwrap(), distribution);
        }
        assert!("pareto".parse::<Distribution>().is_err());
    }
}
