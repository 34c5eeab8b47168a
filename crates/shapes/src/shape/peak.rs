//! `peak`

use serde::{Deserialize, Serialize};

use super::profile::{Profile, check_duration, check_level, check_pause};
use super::{Pen, ShapeError};

/// From nothing to a peak and back. Default: the seed project's "peak", `int(t / 120 * 100)`, 100 for 60 s,
/// `int(100 * (1 - tau / 120))`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Peak {
    /// Level at the top.
    pub level: f64,
    /// Seconds of the rise.
    pub rise_s: f64,
    /// Seconds at the top.
    pub hold_s: f64,
    /// Seconds of the fall.
    pub fall_s: f64,
}

impl Default for Peak {
    fn default() -> Self {
        Self { level: 100.0, rise_s: 120.0, hold_s: 60.0, fall_s: 120.0 }
    }
}

impl Profile for Peak {
    fn value_at(&self, t_s: f64) -> f64 {
        // The order of the operations is that of the seed's formula: it decides the integer part.
        if t_s < self.rise_s {
            return t_s / self.rise_s * self.level;
        }
        let falling_s = t_s - self.rise_s - self.hold_s;
        if falling_s < 0.0 { self.level } else { self.level * (1.0 - falling_s / self.fall_s) }
    }

    fn duration_s(&self) -> f64 {
        self.rise_s + self.hold_s + self.fall_s
    }

    fn check(&self) -> Result<(), ShapeError> {
        check_level("level", self.level)?;
        check_pause("rise_s", self.rise_s)?;
        check_pause("hold_s", self.hold_s)?;
        check_pause("fall_s", self.fall_s)?;
        check_duration("the sum of rise_s, hold_s and fall_s", self.duration_s())
    }

    fn draw(&self, pen: &mut Pen) -> Result<(), ShapeError> {
        pen.line(self.rise_s, 0.0, self.level)?;
        pen.line(self.hold_s, self.level, self.level)?;
        pen.line(self.fall_s, self.level, 0.0)
    }
}
