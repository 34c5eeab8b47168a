//! Going from one arrival to the next, by whichever law.

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

use super::{Arrivals, Modulation};
use crate::shape::{Integral, exponential};

/// Where a schedule stands: after an arrival, before the next.
#[derive(Debug, Clone)]
pub(super) struct Walk {
    /// Whether gaps are all the same.
    is_uniform: bool,
    /// The two states, where there are two.
    modulator: Option<Modulator>,
    random: StdRng,
    /// The segment of the integral that it is in.
    cursor: usize,
    /// Area up to the last arrival.
    area: f64,
    last_s: f64,
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

impl Walk {
    pub fn new(arrivals: Arrivals, integral: &Integral, seed: u64) -> Self {
        let is_uniform = matches!(arrivals, Arrivals::Uniform);
        let modulator = match arrivals {
            Arrivals::Mmpp2(modulation) => Some(Modulator::new(modulation, integral, seed)),
            Arrivals::Uniform | Arrivals::Poisson => None,
        };
        let area = if is_uniform { -0.5 } else { 0.0 };
        Self { is_uniform, modulator, random: StdRng::seed_from_u64(seed), cursor: 0, area, last_s: 0.0 }
    }

    /// The next arrival.
    pub fn next(&mut self, integral: &Integral) -> Option<f64> {
        let gap = if self.is_uniform { 1.0 } else { exponential(&mut self.random, 1.0) };
        match &mut self.modulator {
            None => self.area += gap,
            Some(modulator) => self.area = modulator.advance(self.area, gap, integral),
        }
        let t_s = integral.inverse_from(&mut self.cursor, self.area)?;
        // Where an arc touches zero its area may fall by a rounding; time does not.
        self.last_s = t_s.max(self.last_s);
        Some(self.last_s)
    }

    /// What comes after the last arrival is another integral from now on.
    pub fn follow(&mut self, integral: &Integral) {
        if let Some(modulator) = &mut self.modulator {
            modulator.switch_area = integral.at(modulator.switch_s);
        }
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
