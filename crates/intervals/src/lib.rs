//! What clients felt, interval by interval: counts, times and histograms, the names of errors, interval logs, and
//! the judgement whether the generator that measured them can be believed.
//!
//! Pure values: no socket, no clock, no thread. The load engine fills them; whoever reads a run (analysis, merging of
//! several generators, exports) needs nothing else of the engine.

// The command line prints (`src/cli`); nobody else does.
#![cfg_attr(not(test), deny(clippy::print_stdout))]

mod error_kind;
mod error_words;
mod first_answer;
mod generator;
mod interval;
pub mod log;
mod outcome;
mod plain;
mod retired;
mod stats;
mod statuses;
pub mod trust;

pub use error_kind::{ERROR_KINDS, ErrorKind};
pub use first_answer::FirstAnswer;
pub use generator::{MachineMetrics, SelfMetrics, ThreadMetrics};
pub use interval::Interval;
pub use outcome::{End, Outcome};
pub use plain::{Plain, plain};
pub use retired::Retired;
pub use stats::{
    EndpointStats, ErrorCounts, HIGHEST_US, Histogram, Tally, add_histogram, duration_s, fixed_histogram,
    new_histogram,
};
pub use statuses::{GRPC_NAMES, GRPC_STATUSES, Statuses, grpc_name, is_redirect, redirects, status_name};
