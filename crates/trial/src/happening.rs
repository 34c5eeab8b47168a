//! What can happen to a session.

use swarmlab_record::Phase;
use swarmlab_record::action::Action;
use swarmlab_record::topology::ClockOffset;

use crate::acts::ActId;
use crate::errors::Failure;
use crate::freshness::Seen;
use crate::scaling::DecisionId;

/// Which load of a trial.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Part {
    /// The load that is not measured.
    WarmUp,
    /// The measured load.
    Load,
}

impl Part {
    /// The phase whose rows the load's intervals are.
    pub fn phase(self) -> Phase {
        match self {
            Self::WarmUp => Phase::WarmUp,
            Self::Load => Phase::Load,
        }
    }
}

/// Names one load of a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LoadId {
    /// Number of the trial, from 0.
    pub trial: usize,
    /// Which of its loads.
    pub part: Part,
}

/// What the core needs to know of one interval of a load.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct IntervalSeen {
    /// End of the interval, seconds since the Unix epoch.
    pub end_unix_s: f64,
    /// Requests sent in it.
    pub sent: u64,
    /// Requests that were answered.
    pub completed: u64,
    /// Requests that failed.
    pub failed: u64,
    /// Connections refused, timed out or failed.
    pub connect_errors: u64,
    /// A threshold that is missed now and was to end the load, a sentence without a full stop.
    pub missed: Option<String>,
}

/// One thing that happened.
#[derive(Debug, Clone, PartialEq)]
pub enum Happening {
    /// Time passed; a time that [`Command::WakeAt`](crate::Command::WakeAt) asked for, or any other.
    Tick,
    /// The testbed is up, and it is known where load goes.
    CameUp {
        /// Where load goes, for people.
        target: String,
        /// The samples' clock, if it is another than ours.
        clock: Option<ClockOffset>,
        /// How often the slowest source is sampled, seconds: how long a sample may have to be waited for.
        sample_every_s: f64,
    },
    /// The testbed did not come up; it has tried to clean up after itself.
    UpFailed(Failure),
    /// A step of the testbed, a sentence.
    Noted(String),
    /// Something a reader of the figures should know, a sentence.
    Warned(String),
    /// A round of samples arrived.
    Sampled(Vec<Seen>),
    /// Replica counts changed, or a task was born or died; the executor holds the event.
    Observed,
    /// An action is in force, or failed; the executor holds the details.
    Acted(ActId, Result<(), Failure>),
    /// A controller decided; what it wants to be done, in order. Nothing is a decision as well. The executor holds the
    /// details.
    Decided(DecisionId, Vec<Action>),
    /// The testbed broke.
    Broken(Failure),
    /// A load could not be started.
    LoadRefused(LoadId, Failure),
    /// An interval of a load ended; the executor holds it.
    Interval(LoadId, IntervalSeen),
    /// A load is over, its answers are in.
    LoadEnded(LoadId, Result<(), Failure>),
    /// The user asks for the end.
    Interrupted,
    /// Something could not be recorded; nothing more will be.
    RecordFailed(Failure),
    /// The testbed is down, or could not be taken down.
    Down(Result<(), Failure>),
    /// The record is closed; everything is with the kernel.
    Closed,
}
