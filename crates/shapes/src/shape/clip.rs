//! `clip`

use serde::{Deserialize, Serialize};

use super::profile::{Profile, check_level, check_order};
use super::{Pen, Shape, ShapeError, pieces};

/// A shape that is never below one level nor above another.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Clip {
    /// Lowest level.
    #[serde(default)]
    pub min: f64,
    /// Highest level; none: no bound.
    #[serde(default)]
    pub max: Option<f64>,
    /// The shape.
    pub of: Box<Shape>,
}

impl Clip {
    fn high(&self) -> f64 {
        self.max.unwrap_or(f64::INFINITY)
    }
}

impl Profile for Clip {
    fn value_at(&self, t_s: f64) -> f64 {
        self.of.value_at(t_s).max(self.min).min(self.high())
    }

    fn duration_s(&self) -> f64 {
        self.of.duration_s()
    }

    fn check(&self) -> Result<(), ShapeError> {
        check_level("min", self.min)?;
        if let Some(max) = self.max {
            check_level("max", max)?;
        }
        check_order("min", self.min, self.high(), "at most max,")?;
        self.of.check()
    }

    fn draw(&self, pen: &mut Pen) -> Result<(), ShapeError> {
        let clipped = pieces::clip(&self.of.drawn()?, self.min, self.high())?;
        clipped.into_iter().try_for_each(|segment| pen.add(segment))
    }
}
