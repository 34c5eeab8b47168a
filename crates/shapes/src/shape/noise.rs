//! `noise`

use serde::{Deserialize, Serialize};

use super::pieces::{step_of, stepped};
use super::profile::{Profile, check_level, check_step};
use super::{Pen, Shape, ShapeError, random};

/// A shape that is off by chance, anew in each step: `value * (1 + relative * x) + absolute * y`, never below 0,
/// with x and y from [`Law`]. Default: a normal law with a deviation of a tenth, anew each second, seed 1.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Noise {
    /// The law of the deviations.
    #[serde(default)]
    pub law: Law,
    /// Size of the deviation as a share of the level.
    #[serde(default = "a_tenth")]
    pub relative: f64,
    /// Size of the deviation as a level.
    #[serde(default)]
    pub absolute: f64,
    /// How long a deviation lasts, seconds.
    #[serde(default = "a_second")]
    pub step_s: f64,
    /// Fixes the deviations.
    #[serde(default = "first")]
    pub seed: u64,
    /// The shape.
    pub of: Box<Shape>,
}

/// The law of deviations.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Law {
    /// Normal with mean 0 and standard deviation 1.
    #[default]
    Normal,
    /// Evenly between -1 and 1.
    Uniform,
}

impl Law {
    /// Deviation number `index` of the stream `seed`.
    pub(super) fn draw(self, seed: u64, index: u64) -> f64 {
        match self {
            Law::Normal => random::normal(seed, index),
            Law::Uniform => 2.0 * random::uniform(seed, index) - 1.0,
        }
    }
}

fn a_tenth() -> f64 {
    0.1
}

fn a_second() -> f64 {
    1.0
}

fn first() -> u64 {
    1
}

impl Noise {
    /// The default noise over a shape.
    pub fn over(of: Shape) -> Self {
        Self {
            law: Law::default(),
            relative: a_tenth(),
            absolute: 0.0,
            step_s: a_second(),
            seed: first(),
            of: Box::new(of),
        }
    }

    fn factor_and_offset(&self, step: u64) -> (f64, f64) {
        let draw = |i| self.law.draw(self.seed, step.wrapping_mul(2).wrapping_add(i));
        ((1.0 + self.relative * draw(0)).max(0.0), self.absolute * draw(1))
    }
}

impl Profile for Noise {
    fn value_at(&self, t_s: f64) -> f64 {
        let (factor, offset) = self.factor_and_offset(step_of(t_s, self.step_s));
        (self.of.value_at(t_s) * factor + offset).max(0.0)
    }

    fn duration_s(&self) -> f64 {
        self.of.duration_s()
    }

    fn check(&self) -> Result<(), ShapeError> {
        check_level("relative", self.relative)?;
        check_level("absolute", self.absolute)?;
        check_step("step_s", self.step_s)?;
        self.of.check()
    }

    fn draw(&self, pen: &mut Pen) -> Result<(), ShapeError> {
        let noisy = stepped(&self.of.drawn()?, self.step_s, |step| self.factor_and_offset(step))?;
        noisy.into_iter().try_for_each(|segment| pen.add(segment))
    }
}
