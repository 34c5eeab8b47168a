//! `sine`

use std::f64::consts::TAU;

use serde::{Deserialize, Serialize};

use super::pen::{CURVE_ERROR, Smooth};
use super::profile::{Profile, check_duration, check_level, check_order};
use super::{Pen, ShapeError};

/// A sine between two levels: `min + (max - min) / 2 * (1 + sin(2 pi (t + phase) / period))`, LIMBO's `Sin`.
/// Default: between 10 and 100 with a period of 60 s, for 300 s.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Sine {
    /// Lowest level.
    pub min: f64,
    /// Highest level.
    pub max: f64,
    /// Seconds of one wave.
    pub period_s: f64,
    /// How far into a wave the shape begins, seconds. At 0 it begins in the middle, rising.
    pub phase_s: f64,
    /// How long, seconds.
    pub duration_s: f64,
}

impl Default for Sine {
    fn default() -> Self {
        Self { min: 10.0, max: 100.0, period_s: 60.0, phase_s: 0.0, duration_s: 300.0 }
    }
}

impl Profile for Sine {
    fn value_at(&self, t_s: f64) -> f64 {
        let angle = TAU * (t_s + self.phase_s) / self.period_s;
        self.min + (self.max - self.min) / 2.0 * (1.0 + angle.sin())
    }

    fn duration_s(&self) -> f64 {
        self.duration_s
    }

    fn check(&self) -> Result<(), ShapeError> {
        check_level("min", self.min)?;
        check_level("max", self.max)?;
        check_order("min", self.min, self.max, "at most max,")?;
        check_duration("period_s", self.period_s)?;
        check_level("phase_s", self.phase_s)?;
        check_duration("duration_s", self.duration_s)
    }

    fn draw(&self, pen: &mut Pen) -> Result<(), ShapeError> {
        let third = (self.max - self.min) / 2.0 * (TAU / self.period_s).powi(3);
        let smooth = Smooth {
            value: &|t_s| self.value_at(t_s),
            third: &|_, _| third,
            tolerance: CURVE_ERROR * self.max,
        };
        pen.curve_to(self.duration_s, &smooth)
    }
}
