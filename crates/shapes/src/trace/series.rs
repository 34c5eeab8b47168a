//! Points over time, and what can be done with them.

use super::{Between, MAX_POINTS, TraceError};
use crate::shape::{Integral, Segment};

/// What was read of a trace.
#[derive(Debug, Clone, PartialEq)]
pub struct Reading {
    /// The points.
    pub series: Series,
    /// Rows or records in the input, as far as it was read.
    pub records: u64,
    /// Rows or records that were selected.
    pub selected: u64,
    /// Unreadable lines that were left out.
    pub bad_lines: u64,
}

/// Rates over time: each point's rate lasts until the next point, the last one's until the end.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Series {
    /// Seconds since the start, growing from 0, and requests per second.
    pub points: Vec<(f64, f64)>,
    /// The end, seconds since the start.
    pub end_s: f64,
}

impl Series {
    /// Every rate times a factor.
    #[must_use]
    pub fn scaled(mut self, factor: f64) -> Self {
        self.points.iter_mut().for_each(|(_, rate)| *rate *= factor);
        self
    }

    /// Every rate times the factor that makes the highest one `peak`; a trace of zeros stays one.
    #[must_use]
    pub fn scaled_to_peak(self, peak: f64) -> Self {
        let highest = self.points.iter().map(|(_, rate)| *rate).fold(0.0, f64::max);
        if highest > 0.0 { self.scaled(peak / highest) } else { self }
    }

    /// Time runs `factor` times as fast; rates stay, so there are `factor` times fewer requests.
    #[must_use]
    pub fn compressed(mut self, factor: f64) -> Self {
        self.points.iter_mut().for_each(|(t_s, _)| *t_s /= factor);
        self.end_s /= factor;
        self
    }

    /// Mean rates of new bins, the last of which may be shorter. The number of requests stays, also up to the edge
    /// of each new bin.
    ///
    /// # Errors
    /// A bin so short that there are more than [`MAX_POINTS`].
    pub fn resampled(&self, bin_s: f64, between: Between) -> Result<Self, TraceError> {
        if !(bin_s > 0.0 && self.end_s / bin_s <= MAX_POINTS as f64) {
            return Err(TraceError::TooManyPoints);
        }
        let integral = Integral::new(self.segments(between).collect());
        let mut points = Vec::new();
        let mut area = 0.0;
        loop {
            let start_s = points.len() as f64 * bin_s;
            if start_s >= self.end_s {
                return Ok(Self { points, end_s: self.end_s });
            }
            let end_s = ((points.len() + 1) as f64 * bin_s).min(self.end_s);
            let until = integral.at(end_s);
            // A difference of areas may be below 0 by its rounding, a rate may not.
            points.push((start_s, ((until - area) / (end_s - start_s)).max(0.0)));
            area = until;
        }
    }

    pub(super) fn segments(&self, between: Between) -> impl Iterator<Item = Segment> {
        segments(&self.points, self.end_s, between)
    }
}

/// Points as straight lines.
pub(super) fn segments(points: &[(f64, f64)], end_s: f64, between: Between) -> impl Iterator<Item = Segment> {
    points.iter().enumerate().map(move |(i, (start_s, rate))| {
        let next = points.get(i + 1);
        let to = next.map_or(*rate, |(_, next_rate)| match between {
            Between::Hold => *rate,
            Between::Linear => *next_rate,
        });
        Segment::line(*start_s, next.map_or(end_s, |(next_s, _)| *next_s), *rate, to)
    })
}
