//! Runs experiments. The pure core (`swarmlab-trial`) decides what is done when; this room does it: it brings testbeds
//! up, starts generators, and tells everything that happens on one bus.
//!
//! | module | owns |
//! |---|---|
//! | [`run()`] | one experiment from nothing to a report: the entry point of `swarmlab run` |
//! | [`session`] | executes the core's commands, and passes on what comes of them |
//! | [`scaling`] | controllers at work: what they are shown, what they say |
//! | [`site`], [`generator`] | the two seams: where services run, what sends load |
//! | [`message`], [`bus`] | what is told, and how it reaches whoever listens |
//! | [`sinks`] | who listens: the run folder, progress lines, JSON lines |
//! | [`machine`] | whether this machine is large enough for what is asked of it |
//! | [`inputs`] | the files that decided a run, kept with it |
//! | [`load`] | a load alone, without a stack |
//! | [`past`] | a run folder from the past of a Prometheus |
//! | [`others`] | a run folder of what another tool's clients measured |
//! | [`plan`], [`error`] | what a run is to do; why it did not |

// The command line prints (`src/cli`); nobody else does.
#![cfg_attr(not(test), deny(clippy::print_stdout))]

mod beds;
pub mod bus;
pub mod error;
pub mod generator;
mod inbox;
pub mod inputs;
pub mod load;
pub mod machine;
pub mod message;
pub mod others;
pub mod past;
pub mod plan;
mod run;
pub mod scaling;
pub mod session;
mod simulated;
pub mod sinks;
pub mod site;
mod threads;
pub mod tick;

pub use error::RunError;
pub use plan::{RunOptions, choose_testbed};
pub use run::{Finished, run};
