//! When requests of the open model are due: an absolute schedule, fixed by shape, law and seed.
//!
//! With the rate r(t) and its integral R(t), arrival k is due at t(k) = R⁻¹(E(k)). For uniform arrivals
//! E(k) = k + 1/2: even spacing that follows the rate, and never an arrival on a bin's edge. For Poisson
//! arrivals E(k) is a sum of unit exponential gaps (time rescaling of the inhomogeneous Poisson process,
//! Çinlar 1975). For MMPP2 arrivals the rate is multiplied by a factor that switches between a quiet and a busy
//! level at random moments of time, and the gaps are taken in the integral of that product. Every thread walks the
//! same sequence and takes the k that fall to it, so the schedule is the same, bit for bit, on any number of
//! threads.

mod thread;
mod walk;

use serde::{Deserialize, Serialize};

pub use thread::ThreadSchedule;
use walk::Walk;

use crate::shape::{Integral, MINIMUM_STEP_S, Shape};

/// A parameter of an arrival law that is out of its range.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{parameter} must be {expected}, not {value}")]
pub struct OutOfRange {
    /// Name of the parameter.
    pub parameter: &'static str,
    /// What is accepted.
    pub expected: &'static str,
    /// What it was set to.
    pub value: String,
}

/// The law of the gaps between arrivals.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Arrivals {
    /// Evenly spaced as the rate of the moment demands.
    #[default]
    Uniform,
    /// Independent exponential gaps: what many independent users produce.
    Poisson,
    /// Poisson arrivals whose rate is modulated by two random states: quiet times and bursts.
    Mmpp2(Modulation),
}

/// How the rate of [`Arrivals::Mmpp2`] is modulated: a Markov-modulated Poisson process with two states (Fischer
/// and Meier-Hellstern 1993). Both states last exponentially distributed times; the process begins in its
/// stationary state, and the mean of the factor is 1, so that the shape stays the mean rate.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Modulation {
    /// The busy rate divided by the quiet rate, at least 1.
    pub ratio: f64,
    /// Mean length of quiet times, seconds.
    pub quiet_s: f64,
    /// Mean length of busy times, seconds.
    pub busy_s: f64,
}

impl Default for Modulation {
    fn default() -> Self {
        Self { ratio: 10.0, quiet_s: 9.0, busy_s: 1.0 }
    }
}

impl Modulation {
    /// What the rate is multiplied by: in quiet times, in busy times.
    fn factors(&self) -> (f64, f64) {
        let quiet = (self.quiet_s + self.busy_s) / (self.quiet_s + self.ratio * self.busy_s);
        (quiet, quiet * self.ratio)
    }
}

impl Arrivals {
    /// Checks the parameters of the law.
    ///
    /// # Errors
    /// The first one that is out of its range.
    pub fn validate(&self) -> Result<(), OutOfRange> {
        let Arrivals::Mmpp2(modulation) = self else { return Ok(()) };
        for (name, value, least, most, expected) in [
            ("arrivals.ratio", modulation.ratio, 1.0, 1e6, "1 to 1000000"),
            ("arrivals.quiet_s", modulation.quiet_s, MINIMUM_STEP_S, 1e9, "0.001 to 1e9 seconds"),
            ("arrivals.busy_s", modulation.busy_s, MINIMUM_STEP_S, 1e9, "0.001 to 1e9 seconds"),
        ] {
            if !(value >= least && value <= most) {
                return Err(OutOfRange { parameter: name, expected, value: value.to_string() });
            }
        }
        Ok(())
    }
}

/// The due times, seconds since the start, never falling, all before the end of the shape.
#[derive(Debug, Clone)]
pub struct Schedule {
    integral: Integral,
    walk: Walk,
}

impl Schedule {
    /// The schedule of `shape` (requests per second), fixed by `seed`.
    pub fn new(shape: &Shape, arrivals: Arrivals, seed: u64) -> Self {
        let integral = Integral::new(shape.segments());
        let walk = Walk::new(arrivals, &integral, seed);
        Self { integral, walk }
    }

    /// The part of the schedule that falls to `thread` of `threads`: every k with k mod threads = thread.
    pub fn for_thread(self, thread: usize, threads: usize) -> ThreadSchedule {
        ThreadSchedule::new(self.integral, self.walk, thread, threads.max(1))
    }
}

impl Iterator for Schedule {
    type Item = f64;

    fn next(&mut self) -> Option<f64> {
        self.walk.next(&self.integral)
    }
}

#[cfg(test)]
mod tests;
