//! What one endpoint did in one interval, while a file is read.

use std::collections::BTreeMap;

use swarmlab_intervals::{HIGHEST_US, Histogram, new_histogram};

/// Counts, and times as a histogram of which only what holds something is kept: there are thousands of these at once.
#[derive(Debug, Clone, Default)]
pub struct Cell {
    pub sent: u64,
    pub completed: u64,
    pub succeeded: u64,
    pub failed: u64,
    pub connect_errors: u64,
    pub bytes_sent: u64,
    pub bytes_received: u64,
    /// Requests that were sent and ended, answered or not.
    pub ended: u64,
    /// Exact sum of the response times, microseconds.
    pub sum_us: u64,
    /// By the number of the error's name.
    pub errors: BTreeMap<u16, u64>,
    pub statuses: BTreeMap<u16, u64>,
    times: BTreeMap<u32, u64>,
}

impl Cell {
    /// Records the response time of a complete answer.
    pub fn answered(&mut self, us: u64) {
        self.completed += 1;
        self.sum_us = self.sum_us.saturating_add(us);
        *self.times.entry(step(us)).or_default() += 1;
    }

    /// Records so many at once, of a histogram.
    pub fn answered_many(&mut self, us: u64, n: u64) {
        self.completed = self.completed.saturating_add(n);
        self.sum_us = self.sum_us.saturating_add(us.saturating_mul(n));
        let sum = self.times.entry(step(us)).or_default();
        *sum = sum.saturating_add(n);
    }

    /// So many that were counted elsewhere, of which the sum of the times is known.
    pub fn counted(&mut self, requests: u64, sum_us: u64) {
        self.completed = self.completed.saturating_add(requests);
        self.sum_us = self.sum_us.saturating_add(sum_us);
    }

    /// The response times; the same as if each had been recorded.
    pub fn histogram(&self) -> Histogram {
        let mut out = new_histogram();
        for (us, n) in &self.times {
            // It grows with what is recorded, up to the highest time, which nothing here exceeds.
            if out.record_n(u64::from(*us), *n).is_err() {
                out.saturating_record_n(u64::from(*us), *n);
            }
        }
        out
    }
}

/// The lower end of the step of a histogram in which a time lies: 3 significant digits are steps of 1/1024 of the power of
/// two below.
fn step(us: u64) -> u32 {
    const EXACT_BITS: u32 = 11;
    let us = us.min(HIGHEST_US);
    let shift = (u64::BITS - us.leading_zeros()).saturating_sub(EXACT_BITS);
    // The highest time fits.
    u32::try_from((us >> shift) << shift).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use swarmlab_intervals::fixed_histogram;

    #[test]
    fn the_histogram_is_the_one_of_all_values() {
        let (mut cell, mut direct) = (Cell::default(), fixed_histogram());
        let mut us = 1_u64;
        for i in 0..4000_u64 {
            us = us.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let value = (us >> 32) >> (i % 30);
            cell.answered(value);
            direct.saturating_record(value.min(HIGHEST_US));
        }
        for extreme in [0, 1, 2047, 2048, 4095, 4096, HIGHEST_US, u64::MAX] {
            cell.answered(extreme);
            direct.saturating_record(extreme.min(HIGHEST_US));
        }
        let counts = |h: &Histogram| -> Vec<(u64, u64)> {
            h.iter_recorded().map(|v| (v.value_iterated_to(), v.count_at_value())).collect()
        };
        assert_eq!(counts(&cell.histogram()), counts(&direct));
        assert_eq!(cell.histogram().len(), 4008);
    }
}
