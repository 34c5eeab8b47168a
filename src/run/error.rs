//! Why a run did not come to its end, and what was left.

use std::io::ErrorKind;

use swarmlab_loadgen::LoadError;

use crate::exit::Exit;
use swarmlab_analysis::assemble::AssembleError;
use swarmlab_present::recompute::RecomputeError;
use swarmlab_record::manifest::ManifestError;
use swarmlab_testbed::TestbedError;

/// A run failed; what had been measured until then is in its folder.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The testbed.
    #[error(transparent)]
    Testbed(#[from] TestbedError),
    /// The load engine refused.
    #[error("the load could not be started: {0}")]
    Load(#[from] LoadError),
    /// Nobody listens at the target.
    #[error("the target {target} refuses connections: no request of the first second got through")]
    TargetRefuses {
        /// Addresses.
        target: String,
    },
    /// A result file could not be written or read.
    #[error("{what}: {source}")]
    Io {
        /// Which.
        what: String,
        /// Why.
        source: std::io::Error,
    },
    /// The stack file cannot become services under this name.
    #[error("{0}")]
    Stack(swarmlab_yaml::Diagnostics),
    /// The folder cannot be analysed.
    #[error(transparent)]
    Recompute(#[from] RecomputeError),
    /// The user interrupted.
    #[error("interrupted")]
    Interrupted,
}

impl RunError {
    /// An I/O error with what was attempted.
    pub fn io(what: impl Into<String>) -> impl FnOnce(std::io::Error) -> Self {
        let what = what.into();
        move |source| Self::Io { what, source }
    }

    /// What the user can do next.
    pub fn help(&self) -> Option<String> {
        match self {
            Self::Testbed(e) => e.help(),
            Self::TargetRefuses { .. } => Some(
                "check `target` in the experiment and the state of the stack (`swarmlab run --keep`, then `swarmlab status`)"
                    .to_owned(),
            ),
            Self::Recompute(RecomputeError::Assemble(AssembleError::NoWindow)) => {
                Some("run it again; the folder's events.jsonl says how far it came".to_owned())
            }
            Self::Recompute(RecomputeError::Manifest(ManifestError::Io { source, .. }))
                if source.kind() == ErrorKind::NotFound =>
            {
                Some("give the folder of a `swarmlab run` or of a `swarmlab load --out`".to_owned())
            }
            _ => None,
        }
    }

    /// Exit code.
    pub fn exit(&self) -> Exit {
        use swarmlab_swarm::SwarmError;
        match self {
            Self::Interrupted
            | Self::Testbed(
                TestbedError::Interrupted | TestbedError::Swarm(SwarmError::Interrupted { .. }),
            ) => Exit::Interrupted,
            Self::Testbed(e) => testbed_exit(e),
            Self::Load(_) => Exit::BadInput,
            Self::TargetRefuses { .. }
            | Self::Recompute(RecomputeError::Assemble(AssembleError::NoWindow)) => Exit::NoMeasurement,
            Self::Recompute(RecomputeError::Manifest(_)) | Self::Stack(_) => Exit::BadInput,
            Self::Io { .. } | Self::Recompute(_) => Exit::Failure,
        }
    }
}

/// Exit code of the stack engine's error.
pub fn swarm_exit(e: &swarmlab_swarm::SwarmError) -> Exit {
    match e.code() {
        "interrupted" => Exit::Interrupted,
        "no-such-stack" | "no-such-service" | "not-scalable" | "external-missing" => Exit::BadInput,
        "not-converged" | "down-timeout" | "contention" => Exit::Stack,
        "engine-error" => Exit::Failure,
        _ => Exit::Environment,
    }
}

/// Exit code of a testbed's error.
pub fn testbed_exit(e: &TestbedError) -> Exit {
    match e {
        TestbedError::Swarm(s) => swarm_exit(s),
        TestbedError::PortTaken { .. } => Exit::Environment,
        TestbedError::NotPublished { .. }
        | TestbedError::NotEmbeddable { .. }
        | TestbedError::OutOfBounds { .. }
        | TestbedError::NoService { .. }
        | TestbedError::CannotAct { .. }
        | TestbedError::NoPrometheus => Exit::BadInput,
        TestbedError::TargetsDown(_)
        | TestbedError::NoProof(_)
        | TestbedError::Telemetry(_)
        | TestbedError::ActTimeout { .. }
        | TestbedError::GoingDown { .. }
        | TestbedError::Child { .. } => Exit::Stack,
        TestbedError::Io { .. } => Exit::Failure,
        TestbedError::Interrupted => Exit::Interrupted,
    }
}
