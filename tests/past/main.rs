//! The past of a real Prometheus, whose samples are known one by one.
#![allow(clippy::unwrap_used)]

#[path = "../support/mod.rs"]
mod support;

mod import;
mod interrupt;
mod prometheus;
mod query;
