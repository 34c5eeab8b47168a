//! Why a run did not come to its end, and what can be done about it.

use std::io::ErrorKind;

use swarmlab_analysis::assemble::AssembleError;
use swarmlab_codes::{self as codes, Code};
use swarmlab_loadgen::LoadError;
use swarmlab_present::recompute::RecomputeError;
use swarmlab_record::manifest::ManifestError;
use swarmlab_testbed::TestbedError;
use swarmlab_trial::rules::{CheckMissed, TargetRefuses};
use swarmlab_trial::{Cut, Waited};

/// A run failed; what had been measured until then is in its folder.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The testbed.
    #[error(transparent)]
    Testbed(#[from] TestbedError),
    /// The generator refused the load, or broke.
    #[error("the load could not be started: {0}")]
    Load(#[from] LoadError),
    /// The generator ended by itself before its time.
    #[error("the load ended {missing_s:.1} s before its planned end")]
    LoadShort {
        /// What is missing, seconds.
        missing_s: f64,
    },
    /// A rule ended the load.
    #[error("{reason}")]
    Rule {
        /// Stable code of the rule.
        code: &'static str,
        /// Why.
        reason: String,
    },
    /// Someone did not answer.
    #[error("{0}")]
    Overdue(Waited),
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
    /// What was asked for cannot be simulated.
    #[error("it cannot be simulated: {0}")]
    Simulation(String),
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

    /// What cut a session short; `errors` are those that the core knows by number.
    pub(crate) fn of(cut: Cut, mut errors: Vec<Option<Self>>) -> Self {
        match cut {
            Cut::Interrupted => Self::Interrupted,
            Cut::Testbed(f) | Cut::LoadRefused(f) | Cut::LoadFailed(f) | Cut::Record(f) => errors
                .get_mut(f.id)
                .and_then(Option::take)
                .unwrap_or(Self::Io { what: f.message, source: ErrorKind::Other.into() }),
            Cut::LoadShort { missing_s } => Self::LoadShort { missing_s },
            Cut::Rule { code, reason } => Self::Rule { code, reason },
            Cut::Overdue(what) => Self::Overdue(what),
        }
    }

    /// What the user can do next.
    pub fn help(&self) -> Option<String> {
        match self {
            Self::Testbed(e) => e.help(),
            Self::Rule { code: TargetRefuses::CODE, .. } => Some(
                "check `target` in the experiment and the state of the stack (`swarmlab run --keep`, then `swarmlab status`)"
                    .to_owned(),
            ),
            Self::Rule { code: CheckMissed::CODE, .. } => {
                Some("what was measured until then is in the folder; without `abort` the load goes on to its end".to_owned())
            }
            Self::Recompute(RecomputeError::GoesOn(_)) => {
                Some("wait until it has ended; `swarmlab list` tells which runs go on".to_owned())
            }
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
            Self::LoadShort { .. } => codes::LOAD_SHORT,
            Self::Rule { code: CheckMissed::CODE, .. } => codes::CHECK_ENDED,
            Self::Rule { .. } => codes::TARGET_REFUSES,
            Self::Overdue(Waited::Up | Waited::Restored | Waited::Down) => codes::TESTBED_OVERDUE,
            Self::Overdue(Waited::Load | Waited::Close) => codes::RUN_OVERDUE,
            Self::Io { .. } => codes::RUN_IO,
            Self::Stack(findings) => findings.code(),
            Self::Simulation(_) => codes::NOT_SIMULATED,
            Self::Recompute(e) => e.code(),
            Self::Interrupted => codes::INTERRUPTED,
        }
    }
}
