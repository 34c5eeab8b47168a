//! Load shapes: how many users, or how many requests per second, at which moment.
//!
//! A shape is a pure function of the time since the start of the load: no clock, no file, and what is random in it
//! is fixed by a seed of its own. Each lives in its own file, says its exact value at a moment, and draws itself as
//! [`Segment`]s, from which the integral and the inverse of the integral follow. Shapes of straight lines are drawn
//! as they are; curves are drawn as arcs whose error is bounded by [`CURVE_ERROR`] (see `pen.rs`). A new shape is
//! one file, one variant here, one word in the reader of shape files and one test.

mod clip;
mod constant;
mod cyclical;
mod diurnal;
mod dlim;
mod double_wave;
mod error;
mod mmpp2;
mod noise;
mod peak;
mod pen;
mod pieces;
mod profile;
mod ramp;
mod random;
mod repeat;
mod sawtooth;
mod scale;
mod segment;
mod sequence;
mod sine;
mod spike;
mod stages;
mod step;
mod sum;

pub use clip::Clip;
pub use constant::Constant;
pub use cyclical::Cyclical;
pub use diurnal::Diurnal;
pub use dlim::{Burst, BurstForm, Dlim, DlimNoise, Form, Operator, Seasonal, Trend};
pub use double_wave::DoubleWave;
pub use error::ShapeError;
pub use mmpp2::{Mmpp2, Mmpp2Parameters};
pub use noise::{Law, Noise};
pub use peak::Peak;
pub use pen::CURVE_ERROR;
pub use profile::MINIMUM_STEP_S;
pub use ramp::Ramp;
pub use repeat::Repeat;
pub use sawtooth::Sawtooth;
pub use scale::Scale;
pub use segment::{Integral, Segment};
pub use sequence::Sequence;
pub use sine::Sine;
pub use spike::Spike;
pub use stages::{Stage, Stages};
pub use step::Step;
pub use sum::Sum;

pub(crate) use mmpp2::exponential;
pub(crate) use pen::Pen;
pub(crate) use profile::Profile;

use serde::{Deserialize, Serialize};

use crate::trace::Trace;

/// Most segments a shape may be drawn with: what the schedule of one thread holds in memory (about 25 MB).
pub const MAX_SEGMENTS: usize = 1 << 19;
/// Deepest nesting of shapes.
pub const MAX_DEPTH: usize = 16;
/// Most shapes that one is composed of, itself included.
pub const MAX_PARTS: usize = 256;
/// Highest level of a shape as a whole: beyond it a mistake of units is certain.
pub const MAX_LEVEL: f64 = 1e9;
/// Longest duration of a shape as a whole, seconds: about 31 years.
pub const MAX_DURATION_S: f64 = 1e9;

/// A load shape. The unit of its value is the caller's: users (closed model) or requests per second.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Shape {
    /// One level all the time.
    Constant(Constant),
    /// A straight line from one level to another.
    Ramp(Ramp),
    /// A staircase up and, if asked, down again.
    Step(Step),
    /// Straight lines from target to target.
    Stages(Stages),
    /// Up, hold, down over a base.
    Spike(Spike),
    /// From nothing to a peak and back: the seed project's "peak".
    Peak(Peak),
    /// The same rise, hold and rest, repeated.
    Cyclical(Cyclical),
    /// A sine between two levels.
    Sine(Sine),
    /// Day and night.
    Diurnal(Diurnal),
    /// Two bell-shaped peaks.
    DoubleWave(DoubleWave),
    /// A line that jumps back, repeated.
    Sawtooth(Sawtooth),
    /// Two levels, each kept for a random time.
    Mmpp2(Mmpp2),
    /// LIMBO's model: seasonal pattern, trend, bursts and noise.
    Dlim(Box<Dlim>),
    /// What was recorded.
    Trace(Trace),
    /// One shape after the other.
    Sequence(Sequence),
    /// Shapes on top of each other.
    Sum(Sum),
    /// A shape with its levels multiplied and its time stretched.
    Scale(Scale),
    /// A shape several times.
    Repeat(Repeat),
    /// A shape between bounds.
    Clip(Clip),
    /// A shape that is off by chance.
    Noise(Noise),
}

impl Shape {
    /// The exact value at `t_s` seconds after the start. Before the start and from the end on it is 0.
    ///
    /// The closed model takes the integer part, as the seed project's formulas do.
    pub fn value_at(&self, t_s: f64) -> f64 {
        if !(t_s >= 0.0 && t_s < self.duration_s()) {
            return 0.0;
        }
        self.profile().value_at(t_s)
    }

    /// Length in seconds.
    pub fn duration_s(&self) -> f64 {
        self.profile().duration_s()
    }

    /// The shape as consecutive segments from 0 to [`Shape::duration_s`]; none for a shape that
    /// [`Shape::validate`] refuses.
    pub fn segments(&self) -> Vec<Segment> {
        self.try_segments().unwrap_or_default()
    }

    /// As [`Shape::segments`].
    ///
    /// # Errors
    /// What is wrong with the shape.
    pub fn try_segments(&self) -> Result<Vec<Segment>, ShapeError> {
        self.validate_parameters()?;
        let duration_s = self.duration_s();
        if !(duration_s > 0.0 && duration_s <= MAX_DURATION_S) {
            return Err(ShapeError::TooLong { value: duration_s });
        }
        self.drawn()
    }

    /// The word for its kind, as shape files have it.
    pub fn word(&self) -> &'static str {
        match self {
            Shape::Constant(_) => "constant",
            Shape::Ramp(_) => "ramp",
            Shape::Step(_) => "step",
            Shape::Stages(_) => "stages",
            Shape::Spike(_) => "spike",
            Shape::Peak(_) => "peak",
            Shape::Cyclical(_) => "cyclical",
            Shape::Sine(_) => "sine",
            Shape::Diurnal(_) => "diurnal",
            Shape::DoubleWave(_) => "double-wave",
            Shape::Sawtooth(_) => "sawtooth",
            Shape::Mmpp2(_) => "mmpp2",
            Shape::Dlim(_) => "dlim",
            Shape::Trace(_) => "trace",
            Shape::Sequence(_) => "sequence",
            Shape::Sum(_) => "sum",
            Shape::Scale(_) => "scale",
            Shape::Repeat(_) => "repeat",
            Shape::Clip(_) => "clip",
            Shape::Noise(_) => "noise",
        }
    }

    /// The highest value the shape reaches.
    pub fn maximum(&self) -> f64 {
        self.segments().iter().map(Segment::maximum).fold(0.0, f64::max)
    }

    /// Checks the parameters, and that the shape as a whole is neither too long, too high nor made of too many
    /// pieces.
    ///
    /// # Errors
    /// The first thing that is wrong.
    pub fn validate(&self) -> Result<(), ShapeError> {
        self.try_segments().map(drop)
    }

    /// Checks the parameters of this shape and its parts alone, which costs next to nothing: what a reader does for
    /// each part in its place before [`Shape::validate`] draws the whole.
    ///
    /// # Errors
    /// The first thing that is wrong.
    pub fn validate_parameters(&self) -> Result<(), ShapeError> {
        self.check_nesting(MAX_DEPTH, &mut 0)?;
        self.check()
    }

    /// The shapes that this one is composed of.
    pub fn parts(&self) -> &[Shape] {
        match self {
            Shape::Sequence(shape) => &shape.parts,
            Shape::Sum(shape) => &shape.parts,
            Shape::Scale(shape) => std::slice::from_ref(&*shape.of),
            Shape::Repeat(shape) => std::slice::from_ref(&*shape.of),
            Shape::Clip(shape) => std::slice::from_ref(&*shape.of),
            Shape::Noise(shape) => std::slice::from_ref(&*shape.of),
            _ => &[],
        }
    }

    fn check_nesting(&self, depth: usize, parts: &mut usize) -> Result<(), ShapeError> {
        *parts += 1;
        if *parts > MAX_PARTS {
            return Err(ShapeError::TooManyParts);
        }
        let deeper = depth.checked_sub(1).ok_or(ShapeError::TooDeep)?;
        self.parts().iter().try_for_each(|part| part.check_nesting(deeper, parts))
    }

    fn check(&self) -> Result<(), ShapeError> {
        self.profile().check()
    }

    /// The segments of a shape that was checked.
    fn drawn(&self) -> Result<Vec<Segment>, ShapeError> {
        let mut pen = Pen::default();
        self.profile().draw(&mut pen)?;
        Ok(pen.finish())
    }

    fn profile(&self) -> &dyn Profile {
        match self {
            Shape::Constant(shape) => shape,
            Shape::Ramp(shape) => shape,
            Shape::Step(shape) => shape,
            Shape::Stages(shape) => shape,
            Shape::Spike(shape) => shape,
            Shape::Peak(shape) => shape,
            Shape::Cyclical(shape) => shape,
            Shape::Sine(shape) => shape,
            Shape::Diurnal(shape) => shape,
            Shape::DoubleWave(shape) => shape,
            Shape::Sawtooth(shape) => shape,
            Shape::Mmpp2(shape) => shape,
            Shape::Dlim(shape) => &**shape,
            Shape::Trace(shape) => shape,
            Shape::Sequence(shape) => shape,
            Shape::Sum(shape) => shape,
            Shape::Scale(shape) => shape,
            Shape::Repeat(shape) => shape,
            Shape::Clip(shape) => shape,
            Shape::Noise(shape) => shape,
        }
    }
}

#[cfg(test)]
pub(crate) mod tests;
