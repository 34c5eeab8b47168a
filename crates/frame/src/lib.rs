//! One clock, one row a bin: aligning, joining and storing measurements.
//!
//! What the clients felt and what the containers did is recorded by different programs at different
//! instants. Two series may only be compared once both are known over the *same* intervals of time,
//! so everything is brought onto one grid of half-open bins ([`clock::Bins`]) by rules that are
//! exact where exactness is possible (a counter's increase) and that say "unknown" (`None`, null)
//! everywhere else. Nothing unknown is ever written as a zero.
//!
//! | module | holds |
//! |---|---|
//! | [`clock`] | the grid of bins |
//! | [`align`] | pure rules: counters, gauges, histograms and step functions onto bins, sums over tasks |
//! | [`client`] | client rows become columns |
//! | [`frame`] | the wide table, one row a bin, with checked column names |
//! | [`store`] | Parquet and CSV files, written whole or not at all |
//!
//! All times are Unix seconds as `f64` (resolution 0.24 us in this century). Only [`store`]
//! touches files and knows polars. The words (series, client rows) are the room `record`'s.

// The command line prints (`src/cli`); nobody else does.
#![cfg_attr(not(test), deny(clippy::print_stdout))]

pub mod align;
pub mod client;
pub mod clock;
pub mod frame;
pub mod store;
