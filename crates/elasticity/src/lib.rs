//! How well supply followed demand, pure: step functions of time go in, figures come out.
//!
//! | module | figures | source |
//! |---|---|---|
//! | [`accuracy`] | under- and over-provisioning accuracy, timeshare, instability, jitter, in both normalisations | SPEC RG, *Ready for Rain?*, SPEC-RG-2016-01; Herbst, Kounev, Weber, Groenda, *BUNGEE*, SEAMS 2015 |
//! | [`deviation`] | elastic deviation and speedup against no autoscaling | SPEC RG |
//! | [`violations`] | requests, windows and integral beyond the objective | |
//! | [`cost`] | replica-seconds, core-seconds, actions an hour, reversals | |
//!
//! Null is never zero: where a quotient has no value the figure is `None`, and what demand was not known is left out, with
//! how much that was beside it.

#![cfg_attr(not(test), deny(clippy::print_stdout))]

pub mod accuracy;
pub mod cost;
pub mod deviation;
pub mod steps;
pub mod violations;

pub use steps::Steps;
