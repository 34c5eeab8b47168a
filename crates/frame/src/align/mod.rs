//! Raw samples onto bins: pure rules, no clock, no file.
//!
//! | quantity | rule | module |
//! |---|---|---|
//! | counter | increase between the bin's edges, by linear interpolation of the monotone total | [`counter_rate`] |
//! | gauge | last sample at or before the bin's end | [`gauge_last`] |
//! | histogram | differenced cumulative buckets, summed over tasks, quantile with its bucket as error | [`histogram`] |
//! | step function | time-weighted mean, or the value in force at the bin's end | [`StepFunction`] |
//! | service | sum over its tasks, unknown when a live task is | [`sum_over_tasks`] |
//!
//! Prometheus's own `rate()` extrapolates to the ends of its window, which shifts a series by half
//! the window and correlates neighbouring bins; here a bin's value depends on the samples around its
//! two edges only, and the increases of adjacent bins add up to the increase of their union, exactly.

mod counter;
mod gauge;
mod histogram;
mod step;
mod sum;

pub use counter::{counter_increase, counter_rate, counter_resets};
pub use gauge::gauge_last;
pub use histogram::{BinnedHistogram, HistogramError, HistogramSum, Quantile, histogram};
pub use step::StepFunction;
pub use sum::{TaskSum, sum_over_tasks};

use crate::clock::SAME_INSTANT_S;

/// How much may be missing before a value counts as unknown, in scrape intervals of the series.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Tolerance {
    /// Counters: neighbouring samples further apart than this are not interpolated between, and a task's
    /// last sample may be this long before its death.
    pub gap_intervals: f64,
    /// Gauges: a sample older than this at the bin's end says nothing.
    pub stale_intervals: f64,
    /// A task may be seen first so long after its birth, seconds: its counters began at 0 then, whoever looked. It is a
    /// time and not a number of intervals, since that is how long a new container takes to be found.
    pub birth_s: f64,
}

impl Default for Tolerance {
    /// Gaps of 3 intervals, staleness of 2: one missed scrape is bridged, an outage is not. A new container is found
    /// within 10 s.
    fn default() -> Self {
        Self { gap_intervals: 3.0, stale_intervals: 2.0, birth_s: 10.0 }
    }
}

impl Tolerance {
    fn bridges(self, elapsed_s: f64, scrape_interval_s: f64) -> bool {
        elapsed_s <= self.gap_intervals * scrape_interval_s + SAME_INSTANT_S
    }

    /// Whether a task that was born so long before its first sample is known in between.
    fn is_begun(self, unseen_s: f64) -> bool {
        unseen_s <= self.birth_s + SAME_INSTANT_S
    }

    fn fresh(self, age_s: f64, scrape_interval_s: f64) -> bool {
        age_s <= self.stale_intervals * scrape_interval_s + SAME_INSTANT_S
    }
}

#[cfg(test)]
mod tests;
