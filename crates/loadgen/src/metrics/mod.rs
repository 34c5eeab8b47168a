//! What was measured: counts, times and histograms per interval, and their sums.

mod generator;
mod interval;
mod level;
mod outcome;
mod stats;

pub use generator::{MachineMetrics, SelfMetrics, ThreadMetrics};
pub use interval::Interval;
pub use level::Level;
pub use outcome::{End, Outcome};
pub use stats::{EndpointStats, Histogram, Tally, duration_s, new_histogram};
pub(crate) use stats::{add_histogram, fixed_histogram};
