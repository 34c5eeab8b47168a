//! The whole job on a real Swarm: Envoy, Prometheus, cAdvisor, PostgreSQL. `scripts/test` starts the engine.
//!
//! Each test uses the ports of the stack, so they run one after the other (`--test-threads 1`).
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod bed;
mod bystanders;
mod ends;
mod engine;
mod metrics;
mod proof;
mod replicas;
mod scale_in;
#[path = "../support/mod.rs"]
mod support;
mod watched;
mod woven;
