//! From values to places: units, scales and the ticks that people expect.
//!
//! The scales and the choice of round tick values are plotters' (`plotters::coord::ranged1d`): linear and
//! logarithmic value axes use its coordinates, the axis of elapsed time is a coordinate of our own behind
//! the same trait. plotters maps to whole pixels, which shows as jitter on slow curves, so places are asked
//! for on a grid of [`FINE`] steps and handed on as fractions.

mod display;
mod elapsed;
mod value;

pub(crate) use display::Display;
pub(crate) use elapsed::ElapsedAxis;
pub(crate) use value::ValueAxis;

use plotters::coord::ranged1d::Ranged;

/// Steps of the grid on which plotters is asked for places.
const FINE: i32 = 1 << 24;

/// A labelled place on an axis.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Tick {
    /// Place as a fraction of the axis, 0 at its start.
    pub(crate) at: f64,
    /// What is printed there.
    pub(crate) label: String,
}

/// Where `value` lies on `coord`, as a fraction of its length.
fn place<C: Ranged<ValueType = f64>>(coord: &C, value: f64) -> f64 {
    f64::from(coord.map(&value, (0, FINE))) / f64::from(FINE)
}
