//! `step`

use serde::{Deserialize, Serialize};

use super::profile::{Profile, check_count, check_duration, check_level};
use super::{Pen, ShapeError};

/// A staircase. Default: the seed project's 20, 40, .., 100 for 60 s each and down again, 600 s.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Step {
    /// Level of the first stair.
    pub first: f64,
    /// Difference between two stairs; it may be negative as long as no level is.
    pub increment: f64,
    /// Number of stairs on the way up.
    pub steps: u32,
    /// Seconds on each stair.
    pub hold_s: f64,
    /// Whether the same stairs are then taken in reverse order (the last one twice).
    pub down: bool,
}

impl Default for Step {
    fn default() -> Self {
        Self { first: 20.0, increment: 20.0, steps: 5, hold_s: 60.0, down: true }
    }
}

/// More stairs than this are a mistake, not an experiment.
const MAXIMUM_STEPS: u32 = 100_000;

impl Step {
    fn stairs(&self) -> u32 {
        if self.down { self.steps.saturating_mul(2) } else { self.steps }
    }

    fn level(&self, stair: u32) -> f64 {
        let up = if stair < self.steps { stair } else { self.stairs() - 1 - stair };
        self.first + self.increment * f64::from(up)
    }
}

impl Profile for Step {
    fn value_at(&self, t_s: f64) -> f64 {
        let stair = (t_s / self.hold_s) as u32;
        self.level(stair.min(self.stairs().saturating_sub(1)))
    }

    fn duration_s(&self) -> f64 {
        f64::from(self.stairs()) * self.hold_s
    }

    fn check(&self) -> Result<(), ShapeError> {
        check_count("steps", f64::from(self.steps), MAXIMUM_STEPS)?;
        check_duration("hold_s", self.hold_s)?;
        check_level("first", self.first)?;
        check_level("the level of the last stair", self.level(self.steps - 1))
    }

    fn draw(&self, pen: &mut Pen) -> Result<(), ShapeError> {
        for stair in 0..self.stairs() {
            let level = self.level(stair);
            pen.line_to(f64::from(stair + 1) * self.hold_s, level, level)?;
        }
        Ok(())
    }
}
