//! `mmpp2`

use std::sync::Arc;

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use serde::{Deserialize, Serialize};

use super::profile::{Profile, check_duration, check_level, check_step};
use super::{MAX_SEGMENTS, Pen, ShapeError};

/// The rate of a Markov-modulated Poisson process with two states (Fischer and Meier-Hellstern, "The
/// Markov-modulated Poisson process (MMPP) cookbook", Performance Evaluation 18, 1993): a low and a high level,
/// each kept for an exponentially distributed time. One path of it, fixed by the seed; sent with `poisson`
/// arrivals it is the process itself. It begins in either state as often as it is in it on the long run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(from = "Mmpp2Parameters", into = "Mmpp2Parameters")]
pub struct Mmpp2 {
    parameters: Mmpp2Parameters,
    begins_high: bool,
    /// When the level changes, growing, all before the end.
    changes_s: Arc<[f64]>,
}

/// Parameters of [`Mmpp2`]. Default: 20 for 60 s and 100 for 20 s on average, for 600 s, seed 1.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Mmpp2Parameters {
    /// Level of the low state.
    pub low: f64,
    /// Level of the high state.
    pub high: f64,
    /// Mean stay in the low state, seconds.
    pub low_for_s: f64,
    /// Mean stay in the high state, seconds.
    pub high_for_s: f64,
    /// How long, seconds.
    pub duration_s: f64,
    /// Fixes the path.
    pub seed: u64,
}

impl Default for Mmpp2Parameters {
    fn default() -> Self {
        Self { low: 20.0, high: 100.0, low_for_s: 60.0, high_for_s: 20.0, duration_s: 600.0, seed: 1 }
    }
}

impl Default for Mmpp2 {
    fn default() -> Self {
        Self::new(Mmpp2Parameters::default())
    }
}

impl From<Mmpp2Parameters> for Mmpp2 {
    fn from(parameters: Mmpp2Parameters) -> Self {
        Self::new(parameters)
    }
}

impl From<Mmpp2> for Mmpp2Parameters {
    fn from(shape: Mmpp2) -> Self {
        shape.parameters
    }
}

impl Mmpp2 {
    /// Draws the path. One with parameters out of range is empty and refused by
    /// [`validate`](super::Shape::validate).
    pub fn new(parameters: Mmpp2Parameters) -> Self {
        let p = &parameters;
        let mut random = StdRng::seed_from_u64(p.seed);
        let begins_high = random.random::<f64>() * (p.low_for_s + p.high_for_s) < p.high_for_s;
        let mut changes_s = Vec::new();
        if check(p).is_ok() {
            let (mut now_s, mut high) = (0.0, begins_high);
            while changes_s.len() < MAX_SEGMENTS {
                now_s += exponential(&mut random, if high { p.high_for_s } else { p.low_for_s });
                if now_s >= p.duration_s {
                    break;
                }
                changes_s.push(now_s);
                high = !high;
            }
        }
        Self { parameters, begins_high, changes_s: changes_s.into() }
    }

    /// The parameters.
    pub fn parameters(&self) -> &Mmpp2Parameters {
        &self.parameters
    }

    fn level(&self, changes: usize) -> f64 {
        if self.begins_high ^ (changes % 2 == 1) { self.parameters.high } else { self.parameters.low }
    }
}

/// An exponentially distributed time.
pub(crate) fn exponential(random: &mut StdRng, mean_s: f64) -> f64 {
    // random() is in [0, 1): the argument of the logarithm is never 0.
    -(1.0 - random.random::<f64>()).ln() * mean_s
}

fn check(p: &Mmpp2Parameters) -> Result<(), ShapeError> {
    check_level("low", p.low)?;
    check_level("high", p.high)?;
    check_step("low_for_s", p.low_for_s)?;
    check_step("high_for_s", p.high_for_s)?;
    check_duration("duration_s", p.duration_s)
}

impl Profile for Mmpp2 {
    fn value_at(&self, t_s: f64) -> f64 {
        self.level(self.changes_s.partition_point(|change_s| *change_s <= t_s))
    }

    fn duration_s(&self) -> f64 {
        self.parameters.duration_s
    }

    fn check(&self) -> Result<(), ShapeError> {
        check(&self.parameters)
    }

    fn draw(&self, pen: &mut Pen) -> Result<(), ShapeError> {
        if self.changes_s.len() >= MAX_SEGMENTS {
            return Err(ShapeError::TooManySegments);
        }
        for (changes, end_s) in self.changes_s.iter().chain([&self.parameters.duration_s]).enumerate() {
            let level = self.level(changes);
            pen.line_to(*end_s, level, level)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_path_has_the_stays_it_was_asked_for() {
        let p = Mmpp2Parameters {
            low: 10.0,
            high: 90.0,
            low_for_s: 3.0,
            high_for_s: 1.0,
            duration_s: 100_000.0,
            seed: 3,
        };
        let path = Mmpp2::new(p);
        let mut pen = Pen::default();
        path.draw(&mut pen).unwrap();
        let segments = pen.finish();
        for (level, mean_s) in [(10.0, 3.0), (90.0, 1.0)] {
            let stays: Vec<f64> =
                segments.iter().filter(|s| s.from == level).map(super::super::Segment::length_s).collect();
            let n = stays.len() as f64;
            // About 25000 stays of either state; an exponential law's deviation is its mean. Five standard errors.
            assert!((n - 25_000.0).abs() < 5.0 * 250.0, "{n}");
            let mean = stays.iter().sum::<f64>() / n;
            assert!((mean / mean_s - 1.0).abs() < 5.0 / n.sqrt(), "{mean}");
        }
        assert!(segments.windows(2).all(|pair| pair[0].from != pair[1].from));
    }

    #[test]
    fn it_begins_in_the_high_state_as_often_as_it_is_in_it() {
        let high = (0..4000)
            .filter(|seed| Mmpp2::new(Mmpp2Parameters { seed: *seed, ..Default::default() }).begins_high)
            .count();
        // 20 / (60 + 20) of 4000: five standard deviations of 27.
        assert!((high as f64 - 1000.0).abs() < 5.0 * 27.4, "{high}");
    }
}
