//! When requests of the open model are due: an absolute schedule, fixed by shape, law and seed.
//!
//! With the rate r(t) and its integral R(t), arrival k is due at t(k) = R⁻¹(E(k)). For uniform arrivals
//! E(k) = k + 1/2: even spacing that follows the rate, and never an arrival on a bin's edge. For Poisson
//! arrivals E(k) is a sum of unit exponential gaps (time rescaling of the inhomogeneous Poisson process,
//! Çinlar 1975). For MMPP2 arrivals the rate is multiplied by a factor that switches between a quiet and a busy
//! level at random moments of time, and the gaps are taken in the integral of that product. Every thread walks the
//! same sequence and takes the k that fall to it, so the schedule is the same, bit for bit, on any number of
//! threads.

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use serde::{Deserialize, Serialize};

use crate::shape::{Integral, MINIMUM_STEP_S, Shape, exponential};

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
    cursor: usize,
    law: Law,
    random: StdRng,
    area: f64,
    last_s: f64,
}

/// The law and where it stands.
#[derive(Debug, Clone)]
enum Law {
    Uniform,
    Poisson,
    Modulated(Box<Modulator>),
}

/// The two states and when they switch, in time and in area under the shape.
#[derive(Debug, Clone)]
struct Modulator {
    modulation: Modulation,
    /// A stream of its own: the switches do not depend on the shape.
    random: StdRng,
    busy: bool,
    switch_s: f64,
    switch_area: f64,
}

impl Schedule {
    /// The schedule of `shape` (requests per second), fixed by `seed`.
    pub fn new(shape: &Shape, arrivals: Arrivals, seed: u64) -> Self {
        let integral = Integral::new(shape.segments());
        let law = match arrivals {
            Arrivals::Uniform => Law::Uniform,
            Arrivals::Poisson => Law::Poisson,
            Arrivals::Mmpp2(modulation) => {
                Law::Modulated(Box::new(Modulator::new(modulation, &integral, seed)))
            }
        };
        Self {
            integral,
            cursor: 0,
            area: if matches!(law, Law::Uniform) { -0.5 } else { 0.0 },
            law,
            random: StdRng::seed_from_u64(seed),
            last_s: 0.0,
        }
    }

    /// The part of the schedule that falls to `thread` of `threads`: every k with k mod threads = thread.
    pub fn for_thread(self, thread: usize, threads: usize) -> impl Iterator<Item = f64> {
        self.skip(thread).step_by(threads.max(1))
    }
}

impl Iterator for Schedule {
    type Item = f64;

    fn next(&mut self) -> Option<f64> {
        match &mut self.law {
            Law::Uniform => self.area += 1.0,
            Law::Poisson => self.area += exponential(&mut self.random, 1.0),
            Law::Modulated(modulator) => {
                let gap = exponential(&mut self.random, 1.0);
                self.area = modulator.advance(self.area, gap, &self.integral);
            }
        }
        let t_s = self.integral.inverse_from(&mut self.cursor, self.area)?;
        // Where an arc touches zero its area may fall by a rounding; time does not.
        self.last_s = t_s.max(self.last_s);
        Some(self.last_s)
    }
}

impl Modulator {
    fn new(modulation: Modulation, integral: &Integral, seed: u64) -> Self {
        // Any constant will do that makes the two streams differ.
        let mut random = StdRng::seed_from_u64(seed ^ 0x6d6d_7070_325f_7377);
        let busy = random.random::<f64>() * (modulation.quiet_s + modulation.busy_s) < modulation.busy_s;
        let mut modulator = Self { modulation, random, busy: !busy, switch_s: 0.0, switch_area: 0.0 };
        modulator.switch(integral);
        modulator
    }

    /// The area under the shape at which the modulated area has grown by `gap`.
    fn advance(&mut self, mut area: f64, mut gap: f64, integral: &Integral) -> f64 {
        let (quiet, busy) = self.modulation.factors();
        while area < integral.total() {
            let factor = if self.busy { busy } else { quiet };
            let left = (self.switch_area - area) * factor;
            if gap < left {
                return area + gap / factor;
            }
            if left <= 0.0 {
                self.skip_silence(area, integral);
            }
            gap -= left.max(0.0);
            area = self.switch_area.max(area);
            self.switch(integral);
        }
        area
    }

    /// Where the shape is 0 for very long, its end is jumped to: after a thousand cycles the states have forgotten
    /// how they began, so their stationary law is drawn from again.
    fn skip_silence(&mut self, area: f64, integral: &Integral) {
        let cycle_s = self.modulation.quiet_s + self.modulation.busy_s;
        let resumes_s = integral.resumes_at(area);
        if resumes_s - self.switch_s > 1000.0 * cycle_s {
            self.switch_s = resumes_s;
            self.switch_area = area;
            self.busy = self.random.random::<f64>() * cycle_s >= self.modulation.busy_s;
        }
    }

    fn switch(&mut self, integral: &Integral) {
        self.busy = !self.busy;
        let mean_s = if self.busy { self.modulation.busy_s } else { self.modulation.quiet_s };
        self.switch_s += exponential(&mut self.random, mean_s);
        self.switch_area = integral.at(self.switch_s);
    }
}

#[cfg(test)]
mod tests;
