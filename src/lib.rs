//! swarmlab: deploys a microservice stack, drives it with load, joins what clients felt with what containers did,
//! and proves its own numbers.
//!
//! Rooms, in the direction data flows (docs/architecture.md has the map): [`experiment`] reads what to do;
//! [`testbed`] brings the services up; [`telemetry`] samples them; [`bundle`] is the run's folder; [`run`] is the dispatcher; [`load`] is a load without a stack; [`assemble`] makes one
//! frame of everything; [`analysis`] computes figures and verdicts; [`present`] words them for the report; [`cli`]
//! is the only room that prints.

pub mod cli;
pub mod exit;
pub mod load;
pub mod run;
pub mod variables;
