//! A load alone, without a stack: send it, write down what comes back as it comes, and sum it up, also over several
//! generators.

pub mod checks;
pub mod files;
pub mod locust;
pub mod merge;
pub mod objectives;
pub mod summary;

use swarmlab_intervals::Interval;
use swarmlab_intervals::trust::{Thresholds, Verdict, verdict};
pub use swarmlab_lab::load::{Beat, Ended, LoadFailure};

/// What the generator thinks of itself in one interval.
pub fn judge(interval: &Interval) -> Verdict {
    verdict(&interval.verdict_inputs(), &Thresholds::default())
}
