//! What every shape can say of itself, and the checks of parameters they share.

use super::{Pen, ShapeError};

/// A shape's own file implements this; [`Shape`](super::Shape) does the rest.
pub(crate) trait Profile {
    /// The exact value at `t_s`, which lies in `[0, duration)`. Cheap: the closed model asks each 20 ms.
    fn value_at(&self, t_s: f64) -> f64;

    /// Length in seconds.
    fn duration_s(&self) -> f64;

    /// Checks the parameters; nothing else is called before that.
    fn check(&self) -> Result<(), ShapeError>;

    /// Draws the shape from 0 to its duration.
    fn draw(&self, pen: &mut Pen) -> Result<(), ShapeError>;
}

pub(super) fn check_level(parameter: &'static str, value: f64) -> Result<(), ShapeError> {
    if value.is_finite() && value >= 0.0 { Ok(()) } else { Err(ShapeError::Level { parameter, value }) }
}

pub(super) fn check_duration(parameter: &'static str, value: f64) -> Result<(), ShapeError> {
    if value.is_finite() && value > 0.0 { Ok(()) } else { Err(ShapeError::Duration { parameter, value }) }
}

pub(super) fn check_pause(parameter: &'static str, value: f64) -> Result<(), ShapeError> {
    if value.is_finite() && value >= 0.0 { Ok(()) } else { Err(ShapeError::Pause { parameter, value }) }
}

pub(super) fn check_count(parameter: &'static str, value: f64, maximum: u32) -> Result<(), ShapeError> {
    if value >= 1.0 && value <= f64::from(maximum) {
        Ok(())
    } else {
        Err(ShapeError::Count { parameter, value, maximum })
    }
}

/// A time that something random changes at: a millisecond at least, so that no shape is made of dust.
pub(super) fn check_step(parameter: &'static str, value: f64) -> Result<(), ShapeError> {
    if value.is_finite() && value >= MINIMUM_STEP_S {
        Ok(())
    } else {
        Err(ShapeError::Step { parameter, value })
    }
}

/// Shortest step of noise, shortest mean stay of a random process, seconds.
pub const MINIMUM_STEP_S: f64 = 1e-3;

pub(super) fn check_factor(parameter: &'static str, value: f64) -> Result<(), ShapeError> {
    if value.is_finite() && value > 0.0 { Ok(()) } else { Err(ShapeError::Factor { parameter, value }) }
}

pub(super) fn check_order(
    parameter: &'static str,
    low: f64,
    high: f64,
    relation: &'static str,
) -> Result<(), ShapeError> {
    if low <= high { Ok(()) } else { Err(ShapeError::Order { parameter, value: low, relation, other: high }) }
}
