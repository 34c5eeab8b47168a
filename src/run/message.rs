//! What the dispatcher receives, from whoever works beside it.

use swarmlab_intervals::{Interval, Outcome};
use swarmlab_loadgen::LoadError;

use swarmlab_testbed::observation::Observation;

/// One message.
#[derive(Debug)]
pub enum Message {
    /// News of the testbed.
    Observed(Observation),
    /// One interval of the load.
    Interval(Box<Interval>),
    /// The load is over, its answers are in.
    LoadEnded(Box<Result<Outcome, LoadError>>),
}
