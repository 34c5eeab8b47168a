//! Where the services run: a Docker Swarm, or child processes on this machine.
//!
//! Both beds take the same stack file and answer the same questions (where to send load, which
//! services exist, how many replicas are healthy, what they used), so that everything behind this room does
//! not know which one it was: they hold a [`Testbed`].

// The command line prints (`src/cli`); nobody else does.
#![cfg_attr(not(test), deny(clippy::print_stdout))]

pub mod action;
mod chronicle;
pub mod embedded;
pub mod error;
pub mod observation;
pub mod scripted;
pub mod seam;
pub mod stack;
pub mod swarm;
mod turns;

pub use action::{Action, Bounds, Done};
pub use error::TestbedError;
pub use observation::Observation;
pub use seam::{Beds, Notes, Out, Pending, Testbed};
pub use swarmlab_record::topology::{Bed as Kind, ReplicaEvent, Service, Target, TaskLife};

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
