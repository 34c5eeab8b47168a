//! Dates in UTC and Unix seconds, from one to the other: the one place that knows a calendar.
//!
//! Pure: nothing here asks what time it is.

// The command line prints (`src/cli`); nobody else does.
#![cfg_attr(not(test), deny(clippy::print_stdout))]

pub mod utc;
