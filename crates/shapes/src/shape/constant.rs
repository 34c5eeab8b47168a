//! `constant`

use serde::{Deserialize, Serialize};

use super::profile::{Profile, check_duration, check_level};
use super::{Pen, ShapeError};

/// One level all the time. Default: 50 for 300 s, as in the seed project.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Constant {
    /// The level.
    pub level: f64,
    /// How long, seconds.
    pub duration_s: f64,
}

impl Default for Constant {
    fn default() -> Self {
        Self { level: 50.0, duration_s: 300.0 }
    }
}

impl Profile for Constant {
    fn value_at(&self, _t_s: f64) -> f64 {
        self.level
    }

    fn duration_s(&self) -> f64 {
        self.duration_s
    }

    fn check(&self) -> Result<(), ShapeError> {
        check_level("level", self.level)?;
        check_duration("duration_s", self.duration_s)
    }

    fn draw(&self, pen: &mut Pen) -> Result<(), ShapeError> {
        pen.line_to(self.duration_s, self.level, self.level)
    }
}
