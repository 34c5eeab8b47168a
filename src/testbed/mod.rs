//! Where the services run: a Docker Swarm, or child processes on this machine.
//!
//! Both beds take the same stack file and answer the same questions (where to send load, which
//! services exist, how many replicas are healthy, what they used), so that everything behind this room does
//! not know which one it was.

pub mod bed;
pub mod embedded;
pub mod error;
pub mod observation;
pub mod stack;
pub mod swarm;

pub use error::TestbedError;
use serde::{Deserialize, Serialize};
use std::net::SocketAddr;
use swarmlab_stackfile::Role;

/// Which bed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Containers on a Docker Swarm.
    Swarm,
    /// Child processes of this command.
    Embedded,
}

impl std::fmt::Display for Kind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Swarm => "swarm",
            Self::Embedded => "embedded",
        })
    }
}

/// A service as the experiment sees it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Service {
    /// Short name in the stack file.
    pub name: String,
    /// What it is to the experiment.
    pub role: Role,
    /// The service behind it, for a proxy.
    pub fronts: Option<String>,
    /// Replicas asked for at the start.
    pub replicas: u64,
    /// Image, or the command line of the embedded bed.
    pub image: String,
}

/// Where load goes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Target {
    /// One or more addresses; connections are spread over them.
    pub addresses: Vec<SocketAddr>,
    /// `Host` header.
    pub host: String,
}

/// The truth about replicas at one moment, from the orchestrator.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ReplicaEvent {
    /// When, seconds since the Unix epoch; the Engine's own timestamp where it gives one.
    pub t_unix_s: f64,
    /// Short name of the service.
    pub service: String,
    /// Replicas asked for.
    pub desired: u64,
    /// Tasks whose container runs.
    pub running: u64,
    /// Of those, the ones whose health check passes (or that have none).
    pub healthy: u64,
    /// What happened.
    pub cause: String,
}

/// Life of one task, from the orchestrator: says when a counter started at zero and when it ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TaskLife {
    /// Short name of the service.
    pub service: String,
    /// Task as named in the samples.
    pub task: String,
    /// When its container started.
    pub born_unix_s: Option<f64>,
    /// When it ended.
    pub died_unix_s: Option<f64>,
}

/// What a bed reports while it comes up and goes down; for people and for `events.jsonl`.
#[derive(Debug, Clone, PartialEq)]
pub enum Note {
    /// A step has begun or ended, a sentence.
    Step(String),
    /// Services converged so far, of how many.
    Converged {
        /// Ready.
        ready: usize,
        /// All.
        of: usize,
    },
    /// Something the user should know, a sentence.
    Warning(String),
}
