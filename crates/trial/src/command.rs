//! What a session asks its executor to do. Commands of one step are executed in their order; none of them is waited
//! for by the core: what comes of them are happenings.

use swarmlab_record::Phase;
use swarmlab_record::action::Action;
use swarmlab_record::manifest::Windows;

use crate::acts::{ActId, GaveUp};
use crate::errors::EndState;
use crate::happening::LoadId;
use crate::scaling::DecisionId;

/// What of a happening goes into the record.
#[derive(Debug, Clone, PartialEq)]
pub enum Entry {
    /// The samples of this step's happening.
    Samples,
    /// The replica counts or the life of a task that this step's happening is.
    Observed,
    /// The answer to an action that this step's happening is.
    Acted,
    /// The decision that this step's happening is.
    Decided,
    /// The interval of this step's happening, as one of this load.
    Interval(LoadId),
    /// An event of its own, a sentence.
    Step(String),
}

/// One order.
#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    /// Bring the testbed up, find out where load goes and what the samples' clock shows. Answered by `CameUp` or
    /// `UpFailed`.
    BringUp,
    /// Give up bringing the testbed up and clean up. Still answered by `CameUp` or `UpFailed`.
    CancelUp,
    /// Open the record of the next trial; the one before is complete.
    NextTrial(usize),
    /// Sample and watch the testbed, from its present state on.
    Observe,
    /// Stop sampling and watching.
    StopObserving,
    /// Start a load whose first request may be sent at an instant. Answered by `LoadRefused`, or by intervals and
    /// `LoadEnded`.
    StartLoad {
        /// Which.
        load: LoadId,
        /// First edge, seconds since the Unix epoch.
        start_unix_s: f64,
    },
    /// Send nothing more; answers under way are waited for.
    StopLoad(LoadId),
    /// Send nothing more, and give up what is under way.
    AbortLoad(LoadId),
    /// Give the running load another level than its shape says, until its end or the next change.
    SetLevel {
        /// Which load.
        load: LoadId,
        /// Users, or requests per second; finite, not negative.
        level: f64,
    },
    /// Change the testbed. Told and recorded when it is asked for. Answered by `Acted`, at most once.
    Act {
        /// Which.
        id: ActId,
        /// What.
        action: Action,
        /// The decision that wants it, if a controller's does.
        decision: Option<DecisionId>,
    },
    /// The answer to an action is not waited for any longer: nothing more of it may be done. Told and recorded.
    GiveUpAct {
        /// Which.
        id: ActId,
        /// Why.
        why: GaveUp,
    },
    /// Let the controller of a service decide on what is seen now. Answered by `Decided`, at most once.
    Decide {
        /// Which decision.
        id: DecisionId,
        /// Whose.
        service: String,
    },
    /// A decision is not waited for any longer; nothing will be done on it.
    GiveUpDecision(DecisionId),
    /// A phase begins. It is told and recorded; the last one, [`Phase::Analyse`], comes after the record was closed.
    Enter {
        /// Which.
        phase: Phase,
        /// How long it takes, where that is known, seconds.
        expected_s: Option<f64>,
    },
    /// Record what this step's happening brought.
    Record(Entry),
    /// Tell and record something a reader of the figures should know. No sentence comes twice in a trial.
    Warn(String),
    /// The trial's windows, as far as they are known; none if there is nothing to be analysed after all.
    /// `grid <= load_start <= load_end <= drained <= settled`, and `load_start` is an edge of the grid.
    Windows(Option<Windows>),
    /// Take the testbed down, also if it is not or only half up. Answered by `Down`.
    TakeDown,
    /// Leave the testbed up and say so.
    LeaveUp,
    /// Hand everything to the kernel and close the record. Answered by `Closed` or `RecordFailed`.
    Close,
    /// Send a `Tick` at this instant, instead of the one asked for before. Seconds since the Unix epoch.
    WakeAt(f64),
    /// The session is over.
    End(EndState),
}
