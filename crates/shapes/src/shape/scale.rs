//! `scale`

use serde::{Deserialize, Serialize};

use super::profile::{Profile, check_factor, check_level};
use super::{Pen, Segment, Shape, ShapeError};

/// A shape with its levels multiplied and its time stretched. A stretched shape keeps its levels, so twice the
/// time is twice the requests.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scale {
    /// What levels are multiplied by.
    #[serde(default = "one")]
    pub factor: f64,
    /// What times are multiplied by.
    #[serde(default = "one")]
    pub stretch: f64,
    /// The shape.
    pub of: Box<Shape>,
}

fn one() -> f64 {
    1.0
}

impl Profile for Scale {
    fn value_at(&self, t_s: f64) -> f64 {
        self.of.value_at(t_s / self.stretch) * self.factor
    }

    fn duration_s(&self) -> f64 {
        self.of.duration_s() * self.stretch
    }

    fn check(&self) -> Result<(), ShapeError> {
        check_level("factor", self.factor)?;
        check_factor("stretch", self.stretch)?;
        self.of.check()
    }

    fn draw(&self, pen: &mut Pen) -> Result<(), ShapeError> {
        for segment in self.of.drawn()? {
            let scaled = segment.mapped(self.factor, 0.0);
            pen.add(Segment { start_s: pen.now_s(), end_s: segment.end_s * self.stretch, ..scaled })?;
        }
        Ok(())
    }
}
