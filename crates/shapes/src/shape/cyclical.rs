//! `cyclical`

use serde::{Deserialize, Serialize};

use super::profile::{Profile, check_count, check_duration, check_level, check_pause};
use super::{Pen, ShapeError};

/// The same rise, hold and rest, repeated. Default: the seed project's 4 cycles of 360 s, each rising to
/// 100 in 60 s (`int(tau / 60 * 100)`), holding 60 s, then resting at 1 user.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Cyclical {
    /// Level at the start of each rise.
    pub from: f64,
    /// Level at the top.
    pub peak: f64,
    /// Level after the hold, until the cycle ends.
    pub rest: f64,
    /// Seconds of the rise.
    pub rise_s: f64,
    /// Seconds at the peak.
    pub hold_s: f64,
    /// Seconds of one whole cycle; what rise and hold leave over is the rest.
    pub period_s: f64,
    /// Number of cycles.
    pub cycles: u32,
}

impl Default for Cyclical {
    fn default() -> Self {
        Self { from: 0.0, peak: 100.0, rest: 1.0, rise_s: 60.0, hold_s: 60.0, period_s: 360.0, cycles: 4 }
    }
}

/// More cycles than this are a mistake, not an experiment.
const MAXIMUM_CYCLES: u32 = 100_000;

impl Profile for Cyclical {
    fn duration_s(&self) -> f64 {
        f64::from(self.cycles) * self.period_s
    }

    fn value_at(&self, t_s: f64) -> f64 {
        let tau_s = t_s % self.period_s;
        if tau_s < self.rise_s {
            self.from + tau_s / self.rise_s * (self.peak - self.from)
        } else if tau_s < self.rise_s + self.hold_s {
            self.peak
        } else {
            self.rest
        }
    }

    fn check(&self) -> Result<(), ShapeError> {
        check_count("cycles", f64::from(self.cycles), MAXIMUM_CYCLES)?;
        check_level("from", self.from)?;
        check_level("peak", self.peak)?;
        check_level("rest", self.rest)?;
        check_pause("rise_s", self.rise_s)?;
        check_pause("hold_s", self.hold_s)?;
        check_duration("period_s", self.period_s)?;
        check_pause("period_s - rise_s - hold_s", self.period_s - self.rise_s - self.hold_s)
    }

    fn draw(&self, pen: &mut Pen) -> Result<(), ShapeError> {
        for cycle in 0..self.cycles {
            let start_s = f64::from(cycle) * self.period_s;
            pen.line_to(start_s + self.rise_s, self.from, self.peak)?;
            pen.line_to(start_s + self.rise_s + self.hold_s, self.peak, self.peak)?;
            pen.line_to(f64::from(cycle + 1) * self.period_s, self.rest, self.rest)?;
        }
        Ok(())
    }
}
