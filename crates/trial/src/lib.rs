//! The pure core of a run. What happened and what time it is go in, commands come out: no clock, no file, no thread,
//! no runtime. Whoever executes it brings a stack up, sends load and writes files; *what is done when* is decided
//! here alone, and so it can be tried on thousands of random histories in virtual time.
//!
//! A [`Session`] brings a testbed up once, runs one trial or several in it, and takes it down. A trial is warm-up,
//! settle, load, drain, collect. A run is a session of one trial.
//!
//! # What holds, whatever happens
//! - **It ends.** Every state that waits has a deadline; [`Plan::bound_s`] is the sum of them all.
//! - **What was brought up is taken down.** After [`Command::BringUp`] comes exactly one [`Command::TakeDown`] or
//!   [`Command::LeaveUp`], also when coming up failed half way or never answered. A bed cleans up after itself when it
//!   fails, but whether it did is not known here: so taking down must be harmless where nothing is left.
//! - **What happened is in the record,** in the order in which it became known: the first command of each step records
//!   the happening (see [`Entry`]). Only the passing of time, a record that failed, and what comes after
//!   [`Command::Close`] are not recorded. [`Command::Enter`] and [`Command::Warn`] are records by themselves.
//! - **Nothing is sent after a stop.** After [`Command::StopLoad`], [`Command::AbortLoad`], an interrupt or
//!   [`Command::TakeDown`] no load starts, no level changes, no decision and no action is asked for; actions under way are cancelled.
//! - **Actions end.** Each planned one is asked for at most once, and what was asked for has one end: an answer, or
//!   [`Command::GiveUpAct`]. Where another trial follows, what was changed is taken back before it.
//! - **Controllers are asked while the load lasts.** Each decision has one end: an answer, or [`Command::GiveUpDecision`].
//!   What it wants is asked for at most once, within the bounds of its service, and never beside an action that another
//!   decision over the service asked for.
//! - **A run is complete only if it is.** Whatever cuts it short is remembered, the first cause first ([`Cut`]).

// The command line prints (`src/cli`); nobody else does.
#![cfg_attr(not(test), deny(clippy::print_stdout))]

mod acts;
mod command;
mod errors;
mod freshness;
mod grid;
mod happening;
mod plan;
pub mod rules;
mod run;
mod scaling;
mod session;
mod state;

pub use acts::{ActId, GaveUp};
pub use command::{Command, Entry};
pub use errors::{Cut, EndState, Failure, Waited};
pub use freshness::{Seen, Source};
pub use grid::LEAD_S;
pub use happening::{Happening, IntervalSeen, LoadId, Part};
pub use plan::{Keep, Limits, Plan, PlannedAction, Scaled, Start, TrialPlan, When};
pub use scaling::DecisionId;
pub use session::Session;
