//! `sequence`

use serde::{Deserialize, Serialize};

use super::profile::Profile;
use super::{Pen, Segment, Shape, ShapeError};

/// One shape after the other.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sequence {
    /// The shapes in order.
    pub parts: Vec<Shape>,
}

impl Profile for Sequence {
    fn value_at(&self, t_s: f64) -> f64 {
        let mut start_s = 0.0;
        for part in &self.parts {
            let end_s = start_s + part.duration_s();
            if t_s < end_s {
                return part.value_at(t_s - start_s);
            }
            start_s = end_s;
        }
        0.0
    }

    fn duration_s(&self) -> f64 {
        self.parts.iter().map(Shape::duration_s).sum()
    }

    fn check(&self) -> Result<(), ShapeError> {
        if self.parts.is_empty() {
            return Err(ShapeError::Empty { parameter: "parts" });
        }
        self.parts.iter().try_for_each(Shape::check)
    }

    fn draw(&self, pen: &mut Pen) -> Result<(), ShapeError> {
        let mut start_s = 0.0;
        for part in &self.parts {
            for segment in part.drawn()? {
                pen.add(Segment { start_s: pen.now_s(), ..segment.moved(start_s) })?;
            }
            start_s += part.duration_s();
        }
        Ok(())
    }
}
