//! Why a run did not come to its end, and what was left.

use std::io::ErrorKind;

use swarmlab_codes::{self as codes, Code};
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

    /// Its number and name; of several findings in files the first.
    pub fn code(&self) -> Code {
        match self {
            Self::Testbed(e) => e.code(),
            Self::Load(e) => e.code(),
            Self::TargetRefuses { .. } => codes::TARGET_REFUSES,
            Self::Io { .. } => codes::RUN_IO,
            Self::Stack(findings) => findings.code(),
            Self::Recompute(e) => e.code(),
            Self::Interrupted => codes::INTERRUPTED,
        }
    }

    /// Exit code: the one of its code.
    pub fn exit(&self) -> Exit {
        Exit::of(self.code())
    }
}
