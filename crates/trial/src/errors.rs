//! Why a session did not come to its end, and how it ended.

/// A failure outside of the core. The error itself, with what to do about it, stays with whoever executes the session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// The executor's number for the error.
    pub id: usize,
    /// What it says.
    pub message: String,
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}

/// What was waited for in vain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Waited {
    /// The testbed coming up.
    Up,
    /// The load ending.
    Load,
    /// The changes of one trial being taken back before the next.
    Restored,
    /// The testbed going down.
    Down,
    /// The record being closed.
    Close,
}

impl std::fmt::Display for Waited {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Up => "the testbed did not come up in time, and does not say why",
            Self::Load => "the load did not end in time",
            Self::Restored => "what the trial's actions changed could not be taken back in time",
            Self::Down => "the testbed did not go down in time; something of it may be left",
            Self::Close => "the results were not written to the end in time",
        })
    }
}

/// What cut a session short.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Cut {
    /// The user asked for the end.
    #[error("interrupted")]
    Interrupted,
    /// The testbed did not come up, broke, or did not go down.
    #[error("{0}")]
    Testbed(Failure),
    /// The generator refused the load.
    #[error("the load could not be started: {0}")]
    LoadRefused(Failure),
    /// The generator broke while it sent load.
    #[error("the load failed: {0}")]
    LoadFailed(Failure),
    /// The generator ended by itself before the plan was at its end.
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
        /// A sentence without a full stop.
        reason: String,
    },
    /// What was measured could not be written.
    #[error("{0}")]
    Record(Failure),
    /// Nothing was heard of something.
    #[error("{0}")]
    Overdue(Waited),
}

/// How a session ended.
#[derive(Debug, Clone, PartialEq)]
pub enum EndState {
    /// Every load ran its whole length, and everything after it was done.
    Complete,
    /// Cut short; the first cause.
    Partial(Cut),
}
