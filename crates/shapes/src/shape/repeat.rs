//! `repeat`

use serde::{Deserialize, Serialize};

use super::pieces::step_of;
use super::profile::{Profile, check_count};
use super::{Pen, Segment, Shape, ShapeError};

/// A shape several times, one after the other.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Repeat {
    /// How often.
    pub times: u32,
    /// The shape.
    pub of: Box<Shape>,
}

/// More repetitions than this are a mistake, not an experiment.
const MAXIMUM_TIMES: u32 = 100_000;

impl Profile for Repeat {
    fn value_at(&self, t_s: f64) -> f64 {
        let once_s = self.of.duration_s();
        self.of.value_at(t_s - step_of(t_s, once_s) as f64 * once_s)
    }

    fn duration_s(&self) -> f64 {
        f64::from(self.times) * self.of.duration_s()
    }

    fn check(&self) -> Result<(), ShapeError> {
        check_count("times", f64::from(self.times), MAXIMUM_TIMES)?;
        self.of.check()
    }

    fn draw(&self, pen: &mut Pen) -> Result<(), ShapeError> {
        let once = self.of.drawn()?;
        let once_s = self.of.duration_s();
        for time in 0..self.times {
            let start_s = f64::from(time) * once_s;
            for segment in &once {
                pen.add(Segment { start_s: pen.now_s(), ..segment.moved(start_s) })?;
            }
        }
        Ok(())
    }
}
