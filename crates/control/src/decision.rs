//! What came of an observation.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::hold::Hold;

/// What a controller would do, before the bounds of the service are applied.
#[derive(Debug, Clone, PartialEq)]
pub struct Advice {
    /// Replicas that it wants.
    pub replicas: u64,
    /// CPU limit of each replica that it wants, in cores; `None` leaves it as it is.
    pub cpu_limit_cores: Option<f64>,
    /// Why: one sentence without a full stop.
    pub reason: String,
    /// Numbers on the way, by name, for whoever wants to see how it came to this.
    pub debug: BTreeMap<String, f64>,
}

impl Advice {
    /// So many replicas, for this reason.
    pub fn replicas(replicas: u64, reason: impl Into<String>) -> Self {
        Self { replicas, cpu_limit_cores: None, reason: reason.into(), debug: BTreeMap::new() }
    }

    /// With a number on the way.
    #[must_use]
    pub fn with(mut self, name: &str, value: f64) -> Self {
        // JSON has no word for what is not finite, and a log must be read back as it was written.
        if value.is_finite() {
            self.debug.insert(name.to_owned(), value);
        }
        self
    }
}

/// What kind of decision it is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Outcome {
    /// The count or the limit is to be changed.
    Change,
    /// All was seen, and it is well as it is.
    Keep,
    /// Something needed for a judgement was not there: all stays as it is.
    Hold {
        /// What was not there.
        cause: Hold,
    },
}

/// A metric as it was seen: what it said, and how old it was at the time of the decision.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Seen {
    /// The value; `None` if there was none.
    pub v: Option<f64>,
    /// Its age at the decision.
    pub age_s: f64,
}

/// A decision: one line of `decisions.jsonl`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Decision {
    /// Number of the observation that it answers.
    pub seq: u64,
    /// When it was taken.
    pub at_s: f64,
    /// The service.
    pub service: String,
    /// Change, keep or hold.
    pub outcome: Outcome,
    /// Replicas to ask for, within the bounds. On a hold, what was asked for already, whatever it is.
    pub replicas: u64,
    /// CPU limit of each replica to set, in cores; `None` leaves it as it is.
    pub cpu_limit_cores: Option<f64>,
    /// Replicas wanted before the bounds; `None` on a hold.
    pub wanted: Option<u64>,
    /// Why, in one sentence.
    pub reason: String,
    /// What was looked at, by metric.
    pub seen: BTreeMap<String, Seen>,
    /// Numbers on the way.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub debug: BTreeMap<String, f64>,
}
