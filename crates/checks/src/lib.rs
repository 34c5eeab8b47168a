//! Thresholds: `p95(response) < 250ms`, `max(ms-exercise.cpu) < 0.9 cores`, `errors / sent < 1 %`,
//! `throughput >= 95 % of offered`.
//!
//! ```text
//! check    = ratio CMP limit
//! ratio    = quantity [ "/" quantity ]
//! limit    = NUMBER [ unit ] | NUMBER "%" [ "of" quantity ]
//! quantity = NAME | FUNCTION "(" NAME ")"
//! CMP      = "<" | "<=" | ">" | ">="
//! FUNCTION = min | max | mean | sum | last | p50 | p90 | p95 | p99 | p99.9
//! ```
//!
//! A name is a word (letters, digits, `_ - . : *`) or anything between double quotes. A bare name is a figure; `p95(response)` is
//! the quantile of all answers; another function takes a column over the load, whole as in the frame (`client_in_flight`), or as
//! `SERVICE.METRIC` (`ms-exercise.cpu`). What the names are worth says a [`Source`].

// The command line prints (`src/cli`); nobody else does.
#![cfg_attr(not(test), deny(clippy::print_stdout))]

mod early;
pub mod evaluate;
mod felt;
mod lexer;
mod names;
mod parser;
pub mod unit;

pub use early::{Threshold, only_later};
pub use evaluate::{LEAST_ANSWERS, Outcome, Source, evaluate};
pub use felt::{Felt, Response};
pub use names::{Known, Stranger, figure_keys, is_figure};
pub use parser::parse;
pub use unit::{Amount, Kind};

/// A threshold.
#[derive(Debug, Clone, PartialEq)]
pub struct Check {
    /// As it was written.
    pub text: String,
    /// What is bounded.
    pub left: Quantity,
    /// What it is divided by.
    pub over: Option<Quantity>,
    /// How it is compared.
    pub comparison: Comparison,
    /// With what.
    pub limit: Limit,
}

/// Something that a run has a number for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quantity {
    /// How a column becomes one number; none for a figure.
    pub function: Option<Function>,
    /// The figure's or column's name.
    pub name: String,
}

/// How values over the load become one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Function {
    /// Least.
    Min,
    /// Greatest.
    Max,
    /// Mean.
    Mean,
    /// Sum over the bins.
    Sum,
    /// The last that is known.
    Last,
    /// A quantile, in thousandths: 950 is p95.
    Quantile(u16),
}

impl Function {
    /// All of them by name.
    pub const NAMES: [(&str, Self); 10] = [
        ("min", Self::Min),
        ("max", Self::Max),
        ("mean", Self::Mean),
        ("sum", Self::Sum),
        ("last", Self::Last),
        ("p50", Self::Quantile(500)),
        ("p90", Self::Quantile(900)),
        ("p95", Self::Quantile(950)),
        ("p99", Self::Quantile(990)),
        ("p99.9", Self::Quantile(999)),
    ];

    /// The word.
    pub fn name(self) -> &'static str {
        Self::NAMES.iter().find(|(_, f)| *f == self).map_or("", |(name, _)| name)
    }
}

/// How two numbers are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    /// `<`
    Below,
    /// `<=`
    AtMost,
    /// `>`
    Above,
    /// `>=`
    AtLeast,
}

impl Comparison {
    /// Whether it holds.
    pub fn holds(self, left: f64, right: f64) -> bool {
        match self {
            Self::Below => left < right,
            Self::AtMost => left <= right,
            Self::Above => left > right,
            Self::AtLeast => left >= right,
        }
    }
}

/// What a quantity is compared with.
#[derive(Debug, Clone, PartialEq)]
pub enum Limit {
    /// A number with its unit.
    Amount(Amount),
    /// A share of another quantity.
    Share {
        /// The share, 0.95 of 95 %.
        of_one: f64,
        /// Of what.
        of: Quantity,
    },
}

/// Why a text is no check: where, what was expected, what to write.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{problem} at character {}; expected {expected}", at + 1)]
pub struct SyntaxError {
    /// Characters before the place.
    pub at: usize,
    /// What is there.
    pub problem: String,
    /// What should be there.
    pub expected: String,
}
