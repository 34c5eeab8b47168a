//! Comparing finished runs. One run is one sample: what can be claimed of a difference rests on repetitions.
//!
//! Data flows one way: folders -> [`run`] -> [`variants`] -> [`pair`] (a figure of one variant against the baseline's) ->
//! [`comparison`] (all figures, adjusted together, with verdicts) -> [`words`]. Nothing here is random but what a seed fixes.
//!
//! | module | owns |
//! |---|---|
//! | [`run`] | what a comparison needs of a run folder |
//! | [`comparable`] | why runs must not be compared |
//! | [`variants`] | which runs are repetitions of the same |
//! | [`pair`], [`verdict`] | one figure of two variants; what is said of it |
//! | [`comparison`] | all figures of all variants against the baseline |
//! | [`baseline`], [`regression`] | runs kept for later; the gate of a pipeline |
//! | [`words`] | tables and Markdown |

// The command line prints (`src/cli`); nobody else does.
#![cfg_attr(not(test), deny(clippy::print_stdout))]

pub mod baseline;
pub mod comparable;
pub mod comparison;
pub mod pair;
pub mod regression;
pub mod run;
pub mod variants;
pub mod verdict;
pub mod words;

pub use comparison::{Comparison, compare};
pub use run::Run;
pub use verdict::Verdict;
