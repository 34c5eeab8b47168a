//! `sum`

use serde::{Deserialize, Serialize};

use super::pieces::sum;
use super::profile::Profile;
use super::{Pen, Shape, ShapeError};

/// Shapes on top of each other, all from the same start. It lasts as long as the longest.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sum {
    /// The shapes.
    pub parts: Vec<Shape>,
}

impl Profile for Sum {
    fn value_at(&self, t_s: f64) -> f64 {
        self.parts.iter().map(|part| part.value_at(t_s)).sum()
    }

    fn duration_s(&self) -> f64 {
        self.parts.iter().map(Shape::duration_s).fold(0.0, f64::max)
    }

    fn check(&self) -> Result<(), ShapeError> {
        if self.parts.is_empty() {
            return Err(ShapeError::Empty { parameter: "parts" });
        }
        self.parts.iter().try_for_each(Shape::check)
    }

    fn draw(&self, pen: &mut Pen) -> Result<(), ShapeError> {
        let mut all = Vec::new();
        for part in &self.parts {
            all = sum(&all, &part.drawn()?)?;
        }
        all.into_iter().try_for_each(|segment| pen.add(segment))
    }
}
