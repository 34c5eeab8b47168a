//! The messages, one JSON object a line. Unknown keys are passed over, so that either side may grow.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::autoscaler::Bounds;
use crate::observation::Reading;

/// The version of the protocol. It changes when a message of before would be misunderstood.
pub const PROTOCOL: u32 = 1;

/// The longest line that is read.
pub const LONGEST_LINE: usize = 1 << 20;

/// From swarmlab.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Message {
    /// The first one.
    Hello(Hello),
    /// One per decision.
    Observe(Observe),
}

/// To swarmlab.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Reply {
    /// The answer to `hello`.
    Ready(Ready),
    /// The answer to `observe`.
    Decide(Decide),
}

/// Who asks, and within what.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Hello {
    /// The version that swarmlab speaks.
    pub protocol: u32,
    /// The seed of the run, for controllers that draw.
    pub seed: u64,
    /// The services that will be asked about.
    pub services: Vec<String>,
    /// What holds for each, whatever is answered.
    pub limits: BTreeMap<String, Limits>,
    /// What is promised to users.
    pub slo: Promise,
}

/// What holds for a service whatever is answered.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Limits {
    /// Fewest replicas.
    pub min: u64,
    /// Most replicas.
    pub max: u64,
    /// Least CPU limit of a replica.
    pub min_cpu_cores: f64,
    /// Greatest CPU limit of a replica.
    pub max_cpu_cores: f64,
    /// Readings older than this come without a value.
    pub stale_after_s: f64,
    /// Answers that take longer count as none.
    pub answer_within_s: f64,
}

impl Limits {
    /// Of these bounds.
    pub fn new(bounds: &Bounds, answer_within_s: f64) -> Self {
        let Bounds { min, max, min_cpu_cores, max_cpu_cores, stale_after_s } = *bounds;
        Self { min, max, min_cpu_cores, max_cpu_cores, stale_after_s, answer_within_s }
    }
}

/// What is promised to users; null is not promised.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Promise {
    /// 95th percentile of the response time.
    pub p95_s: Option<f64>,
    /// Share of failed requests, 0 to 1.
    pub error_rate: Option<f64>,
}

/// The controller is there.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Ready {
    /// The version that it speaks; another than swarmlab's ends the conversation.
    pub protocol: u32,
    /// Its name, for the record.
    #[serde(default)]
    pub name: String,
}

/// What is seen of a service.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Observe {
    /// Number of the observation; the answer repeats it.
    pub seq: u64,
    /// Seconds, by the clock of the run.
    pub t: f64,
    /// The service.
    pub service: String,
    /// Its metrics: value (null if there is none, or it is too old) and age.
    pub metrics: BTreeMap<String, Reading>,
    /// Its replicas.
    pub replicas: ReplicaCounts,
    /// CPU limit of a replica; null if there is none.
    pub cpu_limit_cores: Option<f64>,
}

/// Its replicas.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReplicaCounts {
    /// Asked for.
    pub desired: u64,
    /// Running.
    pub running: u64,
    /// Ready.
    pub ready: u64,
}

/// What is to be done.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Decide {
    /// The observation that it answers.
    pub seq: u64,
    /// Replicas wanted.
    pub replicas: u64,
    /// CPU limit of each replica; null or absent leaves it.
    #[serde(default)]
    pub cpu_limit_cores: Option<f64>,
    /// Why, in one sentence.
    #[serde(default)]
    pub reason: String,
    /// Numbers on the way, for the record.
    #[serde(default)]
    pub debug: BTreeMap<String, f64>,
}
