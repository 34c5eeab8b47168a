//! Why a figure could not be computed.

use serde::{Deserialize, Serialize};

/// Which of two series a message is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// The first argument.
    X,
    /// The second argument.
    Y,
    /// Both arguments.
    Both,
}

impl std::fmt::Display for Side {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::X => "the first series is",
            Self::Y => "the second series is",
            Self::Both => "both series are",
        })
    }
}

/// Reason why no figure exists. Serialisable, so that a report can print it where the figure would have been.
#[derive(Debug, Clone, PartialEq, thiserror::Error, Serialize, Deserialize)]
#[serde(tag = "reason", rename_all = "snake_case")]
pub enum StatsError {
    /// Two series that must be parallel are not.
    #[error("the series differ in length: {left} against {right}")]
    LengthMismatch {
        /// Length of the first.
        left: usize,
        /// Length of the second.
        right: usize,
    },
    /// Not enough complete observations.
    #[error("{n} complete observations, at least {needed} needed")]
    TooFew {
        /// Complete observations there are.
        n: usize,
        /// Complete observations needed.
        needed: usize,
    },
    /// A series does not vary, so that nothing can vary with it.
    #[error("{side} constant")]
    Constant {
        /// Which series.
        side: Side,
    },
    /// No request was served in the bins looked at, so that there is no cost per request.
    #[error("no request in any complete bin")]
    NoRequests,
    /// An argument is outside its domain.
    #[error("{name} must be {expected}")]
    OutOfRange {
        /// Name of the argument.
        name: String,
        /// The values it may have, in words.
        expected: String,
    },
    /// The columns of a design are linearly dependent.
    #[error("the regressors are linearly dependent")]
    Singular,
    /// An iteration did not end.
    #[error("no solution after {iterations} iterations")]
    NotConverged {
        /// Iterations spent.
        iterations: usize,
    },
}

impl StatsError {
    pub(crate) fn out_of_range(name: &str, expected: &str) -> Self {
        Self::OutOfRange { name: name.to_owned(), expected: expected.to_owned() }
    }
}

pub(crate) fn same_length(left: usize, right: usize) -> Result<(), StatsError> {
    if left == right { Ok(()) } else { Err(StatsError::LengthMismatch { left, right }) }
}
