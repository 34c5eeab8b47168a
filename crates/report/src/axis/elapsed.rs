//! The axis of elapsed time: ticks at seconds, minutes and hours as a clock has them.

use std::ops::Range;

use plotters::coord::ranged1d::{DefaultFormatting, KeyPointHint, Ranged};

use super::{Tick, place};
use crate::text::fixed;

/// Distances between ticks that people count in, in seconds.
const STEPS_S: [f64; 22] = [
    0.001, 0.01, 0.1, 0.5, 1.0, 2.0, 5.0, 10.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 900.0, 1800.0, 3600.0,
    7200.0, 10_800.0, 21_600.0, 43_200.0, 86_400.0,
];

/// Seconds since the start of the load, from left to right.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ElapsedAxis {
    start_s: f64,
    end_s: f64,
}

impl ElapsedAxis {
    /// The axis from `start_s` to `end_s`; an empty or unusable range becomes one second from zero.
    pub(crate) fn new(start_s: f64, end_s: f64) -> Self {
        if start_s.is_finite() && end_s.is_finite() && start_s < end_s {
            Self { start_s, end_s }
        } else {
            Self { start_s: 0.0, end_s: 1.0 }
        }
    }

    /// Where `t_s` lies, 0 at the left end.
    pub(crate) fn at(&self, t_s: f64) -> f64 {
        place(self, t_s)
    }

    /// First and last second.
    pub(crate) fn range_s(&self) -> (f64, f64) {
        (self.start_s, self.end_s)
    }

    /// At most `max` labelled ticks.
    pub(crate) fn ticks(&self, max: usize) -> Vec<Tick> {
        self.key_points(max)
            .into_iter()
            .map(|t_s| Tick { at: self.at(t_s), label: self.label(t_s) })
            .collect()
    }

    /// The title of the axis with the format of its labels.
    pub(crate) fn title(&self) -> String {
        format!("time since the load started ({})", self.format())
    }

    /// How the labels are to be read, for example `min:s`.
    pub(crate) fn format(&self) -> &'static str {
        match self.span_s() {
            span if span <= 120.0 => "s",
            span if span <= 7200.0 => "min:s",
            span if span <= 345_600.0 => "h:min",
            _ => "days",
        }
    }

    /// `t_s` in the format of this axis.
    pub(crate) fn label(&self, t_s: f64) -> String {
        let span_s = self.span_s();
        let sign = if t_s < 0.0 { "−" } else { "" };
        let whole = t_s.abs().round();
        if span_s <= 120.0 {
            let decimals = if span_s < 0.1 {
                3
            } else if span_s < 10.0 {
                1
            } else {
                0
            };
            fixed(t_s, decimals)
        } else if span_s <= 7200.0 {
            format!("{sign}{}:{:02}", (whole / 60.0).floor(), whole % 60.0)
        } else if span_s <= 345_600.0 {
            let minutes = (whole / 60.0).round();
            format!("{sign}{}:{:02}", (minutes / 60.0).floor(), minutes % 60.0)
        } else {
            fixed(t_s / 86_400.0, 1)
        }
    }

    fn span_s(&self) -> f64 {
        self.end_s - self.start_s
    }
}

impl Ranged for ElapsedAxis {
    type FormatOption = DefaultFormatting;
    type ValueType = f64;

    fn map(&self, value: &f64, limit: (i32, i32)) -> i32 {
        let share = (value - self.start_s) / self.span_s();
        limit.0 + (f64::from(limit.1 - limit.0) * share).round() as i32
    }

    fn key_points<Hint: KeyPointHint>(&self, hint: Hint) -> Vec<f64> {
        let max = hint.max_num_points().max(2) as f64;
        let span_s = self.span_s();
        // Beyond a day a tick, whole numbers of days.
        let long_s = (span_s / max / 86_400.0).ceil().max(1.0) * 86_400.0;
        let step_s = STEPS_S.into_iter().find(|step_s| span_s / step_s < max).unwrap_or(long_s);
        let first = (self.start_s / step_s).ceil();
        let last = (self.end_s / step_s).floor();
        let count = (last - first).clamp(0.0, max) as usize;
        (0..=count).map(|i| (first + i as f64) * step_s).filter(|t_s| *t_s <= self.end_s).collect()
    }

    fn range(&self) -> Range<f64> {
        self.start_s..self.end_s
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(start_s: f64, end_s: f64) -> Vec<String> {
        ElapsedAxis::new(start_s, end_s).ticks(10).into_iter().map(|tick| tick.label).collect()
    }

    #[test]
    fn ticks_fall_where_a_clock_has_them() {
        assert_eq!(labels(0.0, 45.0), ["0", "5", "10", "15", "20", "25", "30", "35", "40", "45"]);
        assert_eq!(labels(-30.0, 300.0), ["0:00", "1:00", "2:00", "3:00", "4:00", "5:00"]);
        assert_eq!(
            labels(0.0, 4.0 * 3600.0),
            ["0:00", "0:30", "1:00", "1:30", "2:00", "2:30", "3:00", "3:30", "4:00"]
        );
        assert_eq!(labels(-90.0, 90.0)[..2], ["−1:30", "−1:00"]);
    }

    #[test]
    fn places_are_fractions_of_the_axis() {
        let axis = ElapsedAxis::new(-10.0, 30.0);
        assert!((axis.at(0.0) - 0.25).abs() < 1e-6);
        assert!((axis.at(30.0) - 1.0).abs() < 1e-6);
    }

    #[test]
    fn odd_ranges_stay_drawable() {
        for (start_s, end_s) in [(5.0, 5.0), (f64::NAN, 1.0), (9.0, 3.0), (0.0, 1e12), (0.0, 1e-5)] {
            let ticks = ElapsedAxis::new(start_s, end_s).ticks(10);
            assert!(!ticks.is_empty() && ticks.len() <= 11, "{start_s} {end_s}: {ticks:?}");
        }
    }
}
