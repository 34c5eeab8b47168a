//! swarmlab: deploys a microservice stack, drives it with load, joins what clients felt with what containers did,
//! and proves its own numbers.
//!
//! The rooms are crates (docs/architecture.md has the map); here is the command: [`cli`] parses, calls and prints, and is
//! the only room that prints; [`load`] writes and sums up a load without a stack; [`exit`] and [`variables`] serve both.

// The command line prints (`src/cli`); nobody else does.
#![cfg_attr(not(test), deny(clippy::print_stdout))]

#[allow(clippy::print_stdout)]
/// Writes a line to standard error, as `eprintln!` does, but a terminal that was closed meanwhile ends nothing.
macro_rules! tell {
    ($($text:tt)*) => {{
        use std::io::Write as _;
        let _ = writeln!(std::io::stderr(), $($text)*);
    }};
}

pub mod cli;
pub mod exit;
pub mod load;
pub mod variables;
