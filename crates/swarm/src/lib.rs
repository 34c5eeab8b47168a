//! The stack engine: desired specifications made real on a Docker Swarm, through the Engine API.
//!
//! The Engine knows services, networks, configs, secrets and volumes, but no stacks: a stack is a label
//! that its objects share. This room holds what that takes: creation in the right order, convergence as
//! the Engine's own command line judges it, removal that waits until really nothing is left, and a
//! record of how many replicas there were when. It runs no `docker` command.
//!
//! What it promises:
//! - it touches only objects that carry the stack's label, or that it has created itself;
//! - it never starts, leaves or re-initialises a Swarm;
//! - what a secret holds appears in no error, no `Debug` output and no log line of this room. (The HTTP
//!   client below logs request bodies through the `log` crate at level `debug`: whoever installs a
//!   bridge from `log` must keep the target `bollard` above that level.)
//!
//! Registries that need a login are out of its reach: pull such images beforehand.

// The command line prints (`src/cli`); nobody else does.
#![cfg_attr(not(test), deny(clippy::print_stdout))]

mod bounds;
mod change;
mod connect;
mod converge;
mod create;
mod diagnose;
mod doctor;
mod down;
mod error;
mod follow;
mod host;
mod images;
mod inside;
mod judge;
mod labels;
mod listing;
mod logs;
mod model;
mod plan;
mod ports;
mod prune;
mod raw;
mod scale;
mod status;
mod tasks;
mod teardown;
mod time;
mod up;
mod watch;
mod watch_event;
mod watch_state;

pub use bounds::{MAX_REPLICAS, MAX_REPLICAS_FORCED, TASKS_PER_CPU};
pub use change::{ServiceChange, Settle, change, settled};
pub use connect::{Engine, EngineInfo, connect, connect_any};
pub use diagnose::{NotConverged, TaskFailure, Unconverged};
pub use doctor::{Check, Health as CheckHealth, doctor};
pub use down::{DownOptions, DownPlan, DownReport, down, own_stacks, plan_down};
pub use error::{Leftover, MissingImage, ObjectKind, ObjectRef, PortClash, SwarmError};
pub use follow::{LogLine, LogOptions, logs};
pub use host::{HostError, resolve_host};
pub use images::{ImageSource, ensure_images};
pub use inside::run_inside;
pub use labels::{LABEL_NAMESPACE, LABEL_SWARMLAB};
pub use model::{Health, ServiceMode, TaskState};
pub use plan::{Change, Difference, Planned, UpPlan, plan_up};
pub use scale::{ScaleOptions, ScaleReport, ServiceScaled, scale};
pub use status::{PortStatus, ServiceStatus, StackStatus, StackSummary, list_stacks, status};
pub use tasks::{TaskStatus, tasks};
pub use teardown::DownEvent;
/// Cancels what runs: clone it, hand one to an operation, call `cancel` on the other.
pub use tokio_util::sync::CancellationToken;
pub use up::{STABLE_S, UpEvent, UpOptions, UpReport, up};
pub use watch::{WatchOptions, WatchReport, watch, watch_into};
pub use watch_event::{Cause, ReplicaEvent, TaskEvent, TaskPhase, WatchEvent};
