//! What can be wrong with a shape.

use thiserror::Error;

use super::profile::MINIMUM_STEP_S;
use super::{MAX_DEPTH, MAX_DURATION_S, MAX_LEVEL, MAX_PARTS, MAX_SEGMENTS};

/// What is wrong with the parameters of a shape.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum ShapeError {
    /// A level is negative, infinite or not a number.
    #[error("{parameter} must be a finite number >= 0, not {value}")]
    Level {
        /// Name of the parameter.
        parameter: &'static str,
        /// What it was set to.
        value: f64,
    },
    /// A duration that must be positive is not, or is not finite.
    #[error("{parameter} must be a finite number of seconds > 0, not {value}")]
    Duration {
        /// Name of the parameter.
        parameter: &'static str,
        /// What it was set to.
        value: f64,
    },
    /// A duration that may be zero is negative or not finite.
    #[error("{parameter} must be a finite number of seconds >= 0, not {value}")]
    Pause {
        /// Name of the parameter.
        parameter: &'static str,
        /// What it was set to.
        value: f64,
    },
    /// The step of something random is too short.
    #[error("{parameter} must be at least {MINIMUM_STEP_S} s, not {value}")]
    Step {
        /// Name of the parameter.
        parameter: &'static str,
        /// What it was set to.
        value: f64,
    },
    /// A factor is zero, negative, infinite or not a number.
    #[error("{parameter} must be a finite number > 0, not {value}")]
    Factor {
        /// Name of the parameter.
        parameter: &'static str,
        /// What it was set to.
        value: f64,
    },
    /// A count is zero or unreasonably large.
    #[error("{parameter} must be between 1 and {maximum}, not {value}")]
    Count {
        /// Name of the parameter.
        parameter: &'static str,
        /// What it was set to.
        value: f64,
        /// The largest accepted value.
        maximum: u32,
    },
    /// Two parameters contradict each other.
    #[error("{parameter} is {value}, but must be {relation} {other}")]
    Order {
        /// Name of the parameter.
        parameter: &'static str,
        /// What it was set to.
        value: f64,
        /// How it must stand to the other, and the other's name.
        relation: &'static str,
        /// What the other is.
        other: f64,
    },
    /// A list is empty.
    #[error("{parameter} must not be empty")]
    Empty {
        /// Name of the parameter.
        parameter: &'static str,
    },
    /// The points of a trace do not grow in time.
    #[error("point {index} of the trace, at {value} s, does not come after the one before it")]
    NotAscending {
        /// Number of the point, from 0.
        index: usize,
        /// Its time, seconds.
        value: f64,
    },
    /// The shape as a whole is higher than any load.
    #[error("the shape reaches {value}, which is beyond {MAX_LEVEL}")]
    TooHigh {
        /// The level.
        value: f64,
    },
    /// The shape as a whole is longer than any load.
    #[error("the shape lasts {value} s, which is beyond {MAX_DURATION_S} s")]
    TooLong {
        /// Its duration, seconds.
        value: f64,
    },
    /// The shape is made of too many pieces.
    #[error(
        "the shape needs more than {MAX_SEGMENTS} pieces: shorten it, repeat it less often, or take longer periods \
         and steps"
    )]
    TooManySegments,
    /// Shapes are nested too deeply.
    #[error("shapes are nested more than {MAX_DEPTH} deep")]
    TooDeep,
    /// A composition names too many shapes.
    #[error("the shape is composed of more than {MAX_PARTS} shapes")]
    TooManyParts,
}
