//! Campaigns: which variants of an experiment are run, how often, in which order and with which seeds, and what of it is done.
//!
//! A campaign file becomes a [`Campaign`]; that becomes a list of [`Trial`]s, the same list each time. Nothing else is kept of how
//! far a campaign is: each trial's runs lie in a folder of its own, and what their manifests say is what happened ([`ledger`]). So
//! whatever ends the command, nothing has to be mended before it goes on.

// The command line prints (`src/cli`); nobody else does.
#![cfg_attr(not(test), deny(clippy::print_stdout))]

mod axis;
mod exclude;
mod file;
pub mod folder;
pub mod ledger;
mod plan;
pub mod progress;
mod refusal;
pub mod until;

pub use axis::{Axis, Level, Setting};
pub use file::{Campaign, from_text, read};
pub use plan::{MOST_TRIALS, Trial, Variant};
