//! Why a controller holds: what it needed and did not have.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What was not there. Names are stable: they are counted in a run's record.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "name", rename_all = "snake_case")]
pub enum Hold {
    /// The metric is not in the observation, or has no value.
    Missing {
        /// Its name.
        metric: String,
    },
    /// The metric's newest sample is too old (or from the future by as much).
    Stale {
        /// Its name.
        metric: String,
        /// How old it is at the decision.
        age_s: f64,
        /// How old it may be.
        limit_s: f64,
    },
    /// The metric is not a finite number, or below zero where that cannot be.
    Invalid {
        /// Its name.
        metric: String,
    },
    /// The observation itself is too old: the replica counts in it may be wrong by now.
    OldObservation {
        /// How old it is.
        age_s: f64,
        /// How old it may be.
        limit_s: f64,
    },
    /// No task can be judged.
    NoTasks,
    /// The service was scaled to zero, and this controller does not start it again by itself.
    ScaledToZero,
    /// Not enough of the past is known yet.
    Learning {
        /// Observations seen.
        seen: u64,
        /// Observations needed.
        needed: u64,
    },
    /// No number of replicas meets the objective, or a quotient has no value there.
    Undefined {
        /// What, in a few words.
        what: String,
    },
    /// Some of several metrics failed while the others ask for less: that is not safe.
    PartlyBlind {
        /// The failed metrics.
        metrics: Vec<String>,
    },
    /// A controller outside of swarmlab gave no answer in time.
    Late,
    /// Its answer could not be understood.
    BadAnswer {
        /// What was wrong.
        what: String,
    },
    /// Its answer was to an older question.
    OldAnswer {
        /// The question that it answers.
        seq: u64,
    },
    /// It has ended.
    Gone,
}

impl Hold {
    /// The stable name, as it is counted.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Missing { .. } => "missing",
            Self::Stale { .. } => "stale",
            Self::Invalid { .. } => "invalid",
            Self::OldObservation { .. } => "old_observation",
            Self::NoTasks => "no_tasks",
            Self::ScaledToZero => "scaled_to_zero",
            Self::Learning { .. } => "learning",
            Self::Undefined { .. } => "undefined",
            Self::PartlyBlind { .. } => "partly_blind",
            Self::Late => "late",
            Self::BadAnswer { .. } => "bad_answer",
            Self::OldAnswer { .. } => "old_answer",
            Self::Gone => "gone",
        }
    }
}

impl fmt::Display for Hold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing { metric } => write!(f, "`{metric}` is missing"),
            Self::Stale { metric, age_s, limit_s } => {
                write!(f, "`{metric}` is {age_s:.1} s old, more than the {limit_s} s it may be")
            }
            Self::Invalid { metric } => write!(f, "`{metric}` is no number that can be"),
            Self::OldObservation { age_s, limit_s } => {
                write!(f, "the observation is {age_s:.1} s old, more than the {limit_s} s it may be")
            }
            Self::NoTasks => write!(f, "no task can be judged"),
            Self::ScaledToZero => write!(f, "the service was scaled to zero"),
            Self::Learning { seen, needed } => {
                write!(f, "{seen} of the {needed} observations that it needs are seen")
            }
            Self::Undefined { what } => write!(f, "{what}"),
            Self::PartlyBlind { metrics } => {
                write!(f, "the others ask for less while `{}` cannot be seen", metrics.join("`, `"))
            }
            Self::Late => write!(f, "the controller did not answer in time"),
            Self::BadAnswer { what } => write!(f, "the controller's answer is invalid: {what}"),
            Self::OldAnswer { seq } => write!(f, "the controller answered observation {seq} again"),
            Self::Gone => write!(f, "the controller has ended"),
        }
    }
}
