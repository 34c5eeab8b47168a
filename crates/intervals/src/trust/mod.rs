//! Whether the generator's own figures can be believed: a pure judgement of what it recorded of itself.
//!
//! [`Interval::verdict_inputs`](crate::Interval::verdict_inputs) is judged as the load goes, and
//! [`Outcome::verdict_inputs`](crate::Outcome::verdict_inputs) at its end. A late wake-up counts in both models:
//! in the open one it delays requests, in the closed one it stretches think times, and in both a thread that
//! notices timers late notices answers late, which is in the service time and seen nowhere else.

mod inputs;
mod judge;
#[cfg(test)]
mod tests;
mod thresholds;

pub use inputs::{Judged, VerdictInputs, overslept_share};
pub use judge::{Reason, Trust, Verdict, verdict};
pub use thresholds::Thresholds;
