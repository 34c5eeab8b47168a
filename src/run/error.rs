//! Why a run did not come to its end, and what was left.

use std::io::ErrorKind;

use swarmlab_codes::{self as codes, Code};
use swarmlab_loadgen::LoadError;

use crate::assemble::AssembleError;
use crate::bundle::manifest::ManifestError;
use crate::exit::Exit;
use crate::testbed::TestbedError;

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
    /// A stored table could not be written or read.
    #[error(transparent)]
    Store(#[from] swarmlab_frame::store::StoreError),
    /// The stack file cannot become services under this name.
    #[error("{0}")]
    Stack(swarmlab_yaml::Diagnostics),
    /// The manifest is damaged.
    #[error(transparent)]
    Manifest(#[from] ManifestError),
    /// There is nothing to analyse.
    #[error(transparent)]
    Assemble(#[from] AssembleError),
    /// The report could not be drawn.
    #[error("the report could not be drawn: {0}")]
    Report(String),
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
            Self::Assemble(AssembleError::NoWindow) => {
                Some("run it again; the folder's events.jsonl says how far it came".to_owned())
            }
            Self::Manifest(ManifestError::Io { source, .. }) if source.kind() == ErrorKind::NotFound => Some(
                "give the folder of a `swarmlab run`; what `swarmlab load --out` writes has no servers to compare with, \
                 and its figures are in its summary.json and client.parquet"
                    .to_owned(),
            ),
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
            Self::Store(_) => codes::BAD_STORE,
            Self::Stack(findings) => findings.code(),
            Self::Manifest(e) => e.code(),
            Self::Assemble(e) => e.code(),
            Self::Report(_) => codes::NO_REPORT,
            Self::Interrupted => codes::INTERRUPTED,
        }
    }

    /// Exit code: the one of its code.
    pub fn exit(&self) -> Exit {
        Exit::of(self.code())
    }
}
