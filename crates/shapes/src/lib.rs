//! Load over time: shapes, recorded traces, and the moments at which requests are due. Pure functions of time and seed.

mod arrivals;
pub mod shape;
pub mod trace;

pub use arrivals::{Arrivals, Modulation, OutOfRange, Schedule, ThreadSchedule};
pub use shape::Shape;
