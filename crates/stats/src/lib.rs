//! Statistics of time series and operational laws, pure: no clock, no file, no network. Randomness comes in
//! as a [`rand::Rng`].
//!
//! A series is a slice of `Option<f64>`, one element a bin, `None` where nothing is known. `NaN` and infinities
//! count as missing as well, so that one bad sample cannot poison a figure. What cannot be computed is a
//! [`StatsError`] with a reason; no function returns `NaN`.

// The command line prints (`src/cli`); nobody else does.
#![cfg_attr(not(test), deny(clippy::print_stdout))]

pub mod autocorrelation;
pub mod block_length;
pub mod bootstrap;
pub mod cliff;
pub mod correlation;
pub mod demand;
pub mod distribution;
pub mod efron;
pub mod equivalence;
pub mod error;
mod fourier;
pub mod hac;
pub mod hodges_lehmann;
pub mod lag;
pub mod laws;
pub mod linear;
pub mod multiple;
pub mod nnls;
pub mod noncentral_t;
pub mod permutation;
pub mod power;
pub mod randomisation;
pub mod rank_distribution;
pub mod series;

pub use correlation::{Correlation, Method as CorrelationMethod, correlate, pearson, spearman};
pub use demand::{Aggregation, ClassDemand, DemandFit, DemandOptions, Estimate};
pub use error::StatsError;
pub use lag::{LagBest, LagChoice, LagPoint, LagScan};
