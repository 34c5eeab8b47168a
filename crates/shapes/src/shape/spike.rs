//! `spike`

use serde::{Deserialize, Serialize};

use super::profile::{Profile, check_duration, check_level, check_pause};
use super::{Pen, ShapeError};

/// Up, hold, down over a base, with time before and after. Default: the same as [`Peak`](super::Peak).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Spike {
    /// Level before and after.
    pub base: f64,
    /// Level at the top.
    pub peak: f64,
    /// Seconds of the rise from base to peak.
    pub rise_s: f64,
    /// Seconds at the peak.
    pub hold_s: f64,
    /// Seconds of the fall from peak to base.
    pub fall_s: f64,
    /// Seconds at the base before the rise.
    pub lead_s: f64,
    /// Seconds at the base after the fall.
    pub tail_s: f64,
}

impl Default for Spike {
    fn default() -> Self {
        Self { base: 0.0, peak: 100.0, rise_s: 120.0, hold_s: 60.0, fall_s: 120.0, lead_s: 0.0, tail_s: 0.0 }
    }
}

impl Profile for Spike {
    fn duration_s(&self) -> f64 {
        self.lead_s + self.rise_s + self.hold_s + self.fall_s + self.tail_s
    }

    fn value_at(&self, t_s: f64) -> f64 {
        let height = self.peak - self.base;
        let rising_s = t_s - self.lead_s;
        if rising_s < 0.0 {
            return self.base;
        }
        if rising_s < self.rise_s {
            return self.base + rising_s / self.rise_s * height;
        }
        let falling_s = rising_s - self.rise_s - self.hold_s;
        if falling_s < 0.0 {
            return self.peak;
        }
        if falling_s < self.fall_s {
            return self.base + height * (1.0 - falling_s / self.fall_s);
        }
        self.base
    }

    fn check(&self) -> Result<(), ShapeError> {
        check_level("base", self.base)?;
        check_level("peak", self.peak)?;
        check_pause("rise_s", self.rise_s)?;
        check_pause("hold_s", self.hold_s)?;
        check_pause("fall_s", self.fall_s)?;
        check_pause("lead_s", self.lead_s)?;
        check_pause("tail_s", self.tail_s)?;
        check_duration("the sum of lead_s, rise_s, hold_s, fall_s and tail_s", self.duration_s())
    }

    fn draw(&self, pen: &mut Pen) -> Result<(), ShapeError> {
        pen.line(self.lead_s, self.base, self.base)?;
        pen.line(self.rise_s, self.base, self.peak)?;
        pen.line(self.hold_s, self.peak, self.peak)?;
        pen.line(self.fall_s, self.peak, self.base)?;
        pen.line(self.tail_s, self.base, self.base)
    }
}
