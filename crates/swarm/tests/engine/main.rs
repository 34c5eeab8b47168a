//! Tests on a real engine with an active Swarm.
//!
//! Ignored by default, so that a run without an engine does not claim to have tried them (`--ignored`). The
//! variable `SWARMLAB_TEST_ENGINE` names the engine (`unix:///…/docker.sock`); `scripts/engine` starts
//! one that belongs to the tests alone.

#![allow(clippy::unwrap_used)]

mod failures;
mod interruption;
mod lifecycle;
mod neighbours;
mod parity;
mod rounds;
mod support;
mod update;
mod watching;
