//! The words in which a run is told, and the files that hold them.
//!
//! Whoever measures (a run, a load alone, a merge, an importer) writes a run folder; whoever reads (analysis, report,
//! comparison) knows nothing but this room. So the folder is the only interface between the two.
//!
//! | module | owns |
//! |---|---|
//! | [`phase`], [`events`] | parts of a run; what happened when, one order (`events.jsonl`) |
//! | [`action`] | what was changed of a testbed, and what became of it |
//! | [`topology`] | services, the proxies before them, tasks, replicas, where load goes |
//! | [`metric`], [`series`] | what a series says (meaning, kind, unit), and its samples |
//! | [`client`] | what clients felt, a row an interval and endpoint; totals over a window |
//! | [`summary`] | figures with keys, verdicts with codes, remarks (`summary.json`) |
//! | [`manifest`], [`plan`] | what was run, on what, with which seeds (`manifest.json`) |
//! | [`integrity`] | whether the files are whole, and agree with each other |
//! | [`folder`], [`journal`], [`samples`], [`histograms`] | the files themselves |

// The command line prints (`src/cli`); nobody else does.
#![cfg_attr(not(test), deny(clippy::print_stdout))]

pub mod action;
pub mod client;
pub mod decisions;
pub mod events;
pub mod file_error;
pub mod folder;
pub mod histograms;
pub mod integrity;
pub mod journal;
pub mod layout1;
pub mod manifest;
pub mod metric;
mod nonfinite;
pub mod phase;
pub mod plan;
pub mod samples;
pub mod series;
pub mod summary;
pub mod topology;
pub mod utc;

pub use file_error::FileError;
pub use layout1::identity_of as identity_in_layout_1;
pub use phase::Phase;
