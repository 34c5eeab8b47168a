//! Load over time: shapes, recorded traces, and the moments at which requests are due. Pure functions of time and seed.

// The command line prints (`src/cli`); nobody else does.
#![cfg_attr(not(test), deny(clippy::print_stdout))]

mod arrivals;
pub mod shape;
pub mod trace;

pub use arrivals::{Arrivals, Modulation, OutOfRange, Schedule, ThreadSchedule};
pub use shape::Shape;
