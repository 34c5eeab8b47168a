//! Closed forms of queueing theory, pure: rates in customers a second, times in seconds.
//!
//! | module | model | source |
//! |---|---|---|
//! | [`mm1`] | M/M/1 | Kleinrock, *Queueing Systems* I, 1975, ch. 3 |
//! | [`mmc`] | M/M/c (Erlang C), and G/G/c by Allen and Cunneen | Erlang 1917; Allen, *Probability, Statistics, and Queueing Theory*, 1990, ch. 5 |
//! | [`mg1`] | M/G/1, first come first served (Pollaczek-Khinchine) and processor sharing | Kleinrock II, 1976, ch. 4 |
//! | [`mva`] | closed networks, exact mean value analysis | Reiser and Lavenberg, J. ACM 27(2), 1980 |
//!
//! A queue that is not stable, or a parameter that cannot be, has no mean: those are `None`, never infinite or NaN.

#![cfg_attr(not(test), deny(clippy::print_stdout))]

pub mod mg1;
pub mod mm1;
pub mod mmc;
pub mod mva;

/// True for a rate or a time that can be: finite and more than nothing.
fn positive(v: f64) -> bool {
    v.is_finite() && v > 0.0
}
