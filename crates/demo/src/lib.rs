//! The sample application and the embedded testbed's reverse proxy.
//!
//! Three services make up the application: [`gateway`] calls [`ms_exercise`] and [`ms_other`]. Each burns a
//! *configured* amount of CPU for each application request ([`DemandConfig`]), measured on the burning
//! thread's own CPU clock, and serves all of its requests from one FIFO queue in front of `c` threads: an
//! M/G/c station with known service demand. It is the oracle for every figure that is measured elsewhere.
//!
//! Two more services stand alone, for scenarios with several kinds of users: [`target_app`], a small web
//! shop with a GraphQL endpoint, and [`ai_agent`], which answers for two models of different cost.
//!
//! [`proxy`] stands before a service on a testbed without Envoy, counts and times what passes, and
//! publishes it under its own names. [`healthcheck`] is what a container's health check runs.
//!
//! Every role is a plain config struct plus `run(config, shutdown)`; the caller parses arguments and wires
//! signals to the `shutdown` future. `serve_on` does the same on listeners that the caller has bound.

// The command line prints (`src/cli`); nobody else does.
#![cfg_attr(not(test), deny(clippy::print_stdout))]

pub mod ai_agent;
mod base_url;
mod burn;
mod clock;
mod demand;
mod endpoint;
mod error;
pub mod gateway;
mod healthcheck;
mod metrics;
pub mod ms_exercise;
pub mod ms_other;
mod pool;
pub mod proxy;
mod reply;
mod secret;
mod server;
mod service;
mod station;
mod store;
pub mod target_app;
mod token;
mod upstream;

pub use base_url::BaseUrl;
pub use demand::{DemandConfig, Distribution};
pub use error::DemoError;
pub use healthcheck::{HealthcheckError, healthcheck};
pub use secret::Secret;
pub use store::{DatabaseConfig, PostgresConfig, SqliteConfig};

/// How long a role, once told to stop, waits for the requests in flight before it drops them.
pub const DRAIN_BOUND: std::time::Duration = std::time::Duration::from_secs(10);

/// The runtime every role is meant for: two threads for sockets, so that the CPU they take beside the
/// configured demand stays small and does not grow with the machine.
///
/// # Errors
/// When the operating system refuses the threads or the event queue.
pub fn runtime() -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()
}
