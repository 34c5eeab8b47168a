//! Autoscaling controllers: an [`Observation`] of a service and the time go in, a [`Decision`] comes out.
//!
//! ```
//! use swarmlab_control::{Autoscaler, Bounds, Observation, Replicas, controllers::Fixed};
//!
//! let mut autoscaler = Autoscaler::new(Bounds::default(), Fixed { replicas: 3 }.into());
//! let replicas = Replicas { desired: 1, running: 1, ready: 1 };
//! let seen = Observation { t_s: 100.0, service: "web".into(), replicas, ..Observation::default() };
//! let decision = autoscaler.decide(&seen, 100.2);
//! assert_eq!(decision.replicas, 3);
//! assert_eq!(decision.reason, "3 replicas are set");
//! ```
//!
//! Pure: no clock, no randomness, no file. [`Autoscaler`] is everything that decides over a service, and serialisable
//! with its state, so that a run can be replayed and a service restarted without forgetting. What is true of every
//! controller (bounds, the age that data may have, holding where something is missing) is there, and once.

#![cfg_attr(not(test), deny(clippy::print_stdout))]

mod autoscaler;
mod controller;
pub mod controllers;
mod decision;
pub mod external;
pub mod forecast;
mod hold;
pub mod metrics;
mod observation;
mod strategy;
mod view;

pub use autoscaler::{Autoscaler, Bounds};
pub use controller::Controller;
pub use decision::{Advice, Decision, Outcome, Seen};
pub use hold::Hold;
pub use observation::{Observation, Reading, Replicas, Task, TaskReading, TaskState};
pub use strategy::Strategy;
pub use view::View;
