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
pub(crate) use stats::fixed_histogram;
pub use stats::{EndpointStats, Histogram, Tally, add_histogram, duration_s, new_histogram};
