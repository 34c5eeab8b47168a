//! What a testbed tells while it is observed.

use swarmlab_record::series::Reading;
use swarmlab_telemetry::TelemetryError;

use super::{ReplicaEvent, TaskLife, TestbedError};
use swarmlab_record::topology::Trouble;

/// One piece of news of a testbed.
#[derive(Debug)]
pub enum Observation {
    /// A round of samples.
    Samples(Vec<Reading>),
    /// A round, or a part of it, failed; it is tried again.
    TelemetryFailed(TelemetryError),
    /// Replica counts changed.
    Replicas(ReplicaEvent),
    /// A task was born or died.
    Task(TaskLife),
    /// A task ran out of memory or became unhealthy.
    Trouble(Trouble),
    /// Something a reader of the figures should know.
    Warning(String),
    /// The testbed broke.
    Broken(TestbedError),
}
