//! `ramp`

use serde::{Deserialize, Serialize};

use super::profile::{Profile, check_duration, check_level};
use super::{Pen, ShapeError};

/// A straight line. Default: the seed project's ramp-up, `int(t / 300 * 100)` for 300 s.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Ramp {
    /// Level at the start.
    pub from: f64,
    /// Level at the end.
    pub to: f64,
    /// How long, seconds.
    pub duration_s: f64,
}

impl Default for Ramp {
    fn default() -> Self {
        Self { from: 0.0, to: 100.0, duration_s: 300.0 }
    }
}

impl Profile for Ramp {
    fn value_at(&self, t_s: f64) -> f64 {
        // The order of the operations is that of the seed's formula: it decides the integer part.
        self.from + t_s / self.duration_s * (self.to - self.from)
    }

    fn duration_s(&self) -> f64 {
        self.duration_s
    }

    fn check(&self) -> Result<(), ShapeError> {
        check_level("from", self.from)?;
        check_level("to", self.to)?;
        check_duration("duration_s", self.duration_s)
    }

    fn draw(&self, pen: &mut Pen) -> Result<(), ShapeError> {
        pen.line_to(self.duration_s, self.from, self.to)
    }
}
