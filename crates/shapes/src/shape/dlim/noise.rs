//! What is random in a DLIM shape.

use serde::{Deserialize, Serialize};

use crate::shape::ShapeError;
use crate::shape::noise::Law;
use crate::shape::profile::{check_level, check_step};

/// What is added by chance, anew in each step: `mean + spread * x`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DlimNoise {
    /// The law of x: evenly between -1 and 1 (LIMBO's `UniformNoise`), or standard normal (`NormalNoise`).
    pub law: Law,
    /// What is added on average; it may be below 0.
    pub mean: f64,
    /// Half the width of the uniform law, or the standard deviation of the normal one.
    pub spread: f64,
    /// How long a deviation lasts, seconds.
    pub step_s: f64,
    /// Fixes the deviations.
    pub seed: u64,
}

impl Default for DlimNoise {
    fn default() -> Self {
        Self { law: Law::Uniform, mean: 0.0, spread: 3.0, step_s: 1.0, seed: 1 }
    }
}

impl DlimNoise {
    /// What is added in a step.
    pub(super) fn at(&self, step: u64) -> f64 {
        self.mean + self.spread * self.law.draw(self.seed, step)
    }

    pub(super) fn check(&self) -> Result<(), ShapeError> {
        check_level("the size of the noise's mean", self.mean.abs())?;
        check_level("spread of the noise", self.spread)?;
        check_step("step_s of the noise", self.step_s)
    }
}
