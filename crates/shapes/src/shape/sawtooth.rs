//! `sawtooth`

use serde::{Deserialize, Serialize};

use super::pieces::step_of;
use super::profile::{Profile, check_count, check_duration, check_level};
use super::{Pen, ShapeError};

/// A straight line from one level to another that jumps back at the end of each period.
/// Default: 0 to 100 in 60 s, five times.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Sawtooth {
    /// Level at the start of each tooth.
    pub from: f64,
    /// Level at the end of each tooth; below `from` the teeth fall.
    pub to: f64,
    /// Seconds of one tooth.
    pub period_s: f64,
    /// Number of teeth.
    pub cycles: u32,
}

impl Default for Sawtooth {
    fn default() -> Self {
        Self { from: 0.0, to: 100.0, period_s: 60.0, cycles: 5 }
    }
}

/// More teeth than this are a mistake, not an experiment.
const MAXIMUM_CYCLES: u32 = 100_000;

impl Profile for Sawtooth {
    fn value_at(&self, t_s: f64) -> f64 {
        let tau_s = t_s - step_of(t_s, self.period_s) as f64 * self.period_s;
        self.from + tau_s / self.period_s * (self.to - self.from)
    }

    fn duration_s(&self) -> f64 {
        f64::from(self.cycles) * self.period_s
    }

    fn check(&self) -> Result<(), ShapeError> {
        check_level("from", self.from)?;
        check_level("to", self.to)?;
        check_duration("period_s", self.period_s)?;
        check_count("cycles", f64::from(self.cycles), MAXIMUM_CYCLES)
    }

    fn draw(&self, pen: &mut Pen) -> Result<(), ShapeError> {
        for cycle in 1..=self.cycles {
            pen.line_to(f64::from(cycle) * self.period_s, self.from, self.to)?;
        }
        Ok(())
    }
}
