//! The axis of values: linear or logarithmic, with round ticks in the displayed unit.

use plotters::coord::combinators::{IntoLogRange, LogCoord};
use plotters::coord::ranged1d::{BoldPoints, Ranged};
use plotters::coord::types::RangedCoordf64;

use super::{Display, Tick, place};
use crate::model::{Scale, Unit};
use crate::text::{fixed, superscript};

/// A value axis, from bottom to top (or left to right).
pub(crate) struct ValueAxis {
    /// How values are printed.
    pub(crate) display: Display,
    /// First and last value, in displayed units.
    pub(crate) range: (f64, f64),
    /// Labelled places.
    pub(crate) ticks: Vec<Tick>,
    coord: Coord,
}

enum Coord {
    Linear(RangedCoordf64),
    Log(LogCoord<f64>),
}

impl ValueAxis {
    /// An axis that holds all finite `values` (in `unit`). Linear axes include zero if `from_zero`; without
    /// usable values the axis runs from 0 to 1.
    pub(crate) fn new(
        values: impl Iterator<Item = f64> + Clone,
        unit: &Unit,
        scale: Scale,
        from_zero: bool,
        max_ticks: usize,
    ) -> Self {
        let finite = values.filter(|value| value.is_finite());
        let largest = finite.clone().fold(0.0_f64, |a, b| a.max(b.abs()));
        let mut display = Display::of(unit, largest);
        // Scaled before any difference is taken: the span of raw values may overflow.
        let scaled = finite.map(|value| value / display.factor).filter(|value| value.is_finite());
        let (low, high) =
            scaled.clone().fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), v| (l.min(v), h.max(v)));
        let smallest = scaled.filter(|value| *value > 0.0).fold(f64::INFINITY, f64::min);
        if scale == Scale::Log && smallest.is_finite() {
            display.whole = false;
            return Self::log(display, smallest, high, max_ticks);
        }
        let (low, high) = if low > high {
            (0.0, 1.0)
        } else if from_zero {
            (low.min(0.0), high.max(0.0))
        } else {
            (low, high)
        };
        Self::linear(display, low, high, max_ticks)
    }

    fn linear(display: Display, low: f64, high: f64, max_ticks: usize) -> Self {
        // A range too narrow to tell its ends apart in print is widened around its value.
        let too_narrow = high - low <= 1e-9 * low.abs().max(high.abs());
        let (low, high) = match (low, high) {
            (0.0, 0.0) => (0.0, 1.0),
            (low, high) if too_narrow => (low - 0.1 * low.abs(), high + 0.1 * high.abs()),
            range => range,
        };
        let mut step = round_step(low, high, max_ticks);
        if display.whole && step < 1.0 {
            step = 1.0;
        }
        let first = (low / step + 1e-9).floor();
        let last = (high / step - 1e-9).ceil();
        let decimals = (-(step.log10() + 1e-9).floor()).clamp(0.0, 12.0) as usize;
        let range = (first * step, last * step);
        let coord = RangedCoordf64::from(range.0..range.1);
        let count = (last - first).clamp(1.0, 100.0) as usize;
        let ticks = (0..=count)
            .map(|i| (first + i as f64) * step)
            .map(|value| Tick { at: place(&coord, value), label: fixed(value, decimals) })
            .collect();
        Self { display, range, ticks, coord: Coord::Linear(coord) }
    }

    fn log(display: Display, smallest: f64, high: f64, max_ticks: usize) -> Self {
        let first = smallest.log10().floor().max(-300.0) as i32;
        let last = (high.log10().ceil() as i32).max(first + 1);
        let range = (10_f64.powi(first), 10_f64.powi(last));
        let coord: LogCoord<f64> = (range.0..range.1).log_scale().into();
        let decades = (last - first) as usize;
        let every = decades.div_ceil(max_ticks.max(1)).max(1);
        // Two decades have room for the steps between the powers of ten.
        let within: &[f64] = if decades <= 2 { &[1.0, 2.0, 5.0] } else { &[1.0] };
        let ticks = (first..=last)
            .step_by(every)
            .flat_map(|exponent| within.iter().map(move |m| (exponent, m * 10_f64.powi(exponent))))
            .filter(|(_, value)| *value <= range.1 * 1.000_001)
            .map(|(exponent, value)| Tick { at: place(&coord, value), label: log_label(exponent, value) })
            .collect();
        Self { display, range, ticks, coord: Coord::Log(coord) }
    }

    /// Whether the axis is logarithmic.
    pub(crate) fn is_log(&self) -> bool {
        matches!(self.coord, Coord::Log(_))
    }

    /// Where `value` (in the unit itself) lies, 0 at the low end; `None` where it cannot be drawn.
    pub(crate) fn at(&self, value: f64) -> Option<f64> {
        let shown = value / self.display.factor;
        match &self.coord {
            _ if !shown.is_finite() => None,
            Coord::Linear(coord) => Some(place(coord, shown)),
            Coord::Log(coord) => (shown > 0.0).then(|| place(coord, shown)),
        }
    }
}

/// Distance between round values of which at most `max_ticks` lie in `low..high`.
///
/// plotters compares with an absolute epsilon and never returns from an infinite range, so it is asked
/// about the same range with its power of ten taken off.
fn round_step(low: f64, high: f64, max_ticks: usize) -> f64 {
    let span = high - low;
    let power = 10_f64.powi((span.log10().floor() as i32).clamp(-300, 300));
    let (from, to) = (low / power, high / power);
    if !(from.is_finite() && to.is_finite() && to - from > 1e-6) {
        return span;
    }
    let points = RangedCoordf64::from(from..to).key_points(BoldPoints(max_ticks.max(2)));
    match points.as_slice() {
        [a, b, ..] => (b - a) * power,
        _ => span,
    }
}

fn log_label(exponent: i32, value: f64) -> String {
    match exponent {
        0..=4 => fixed(value, 0),
        -4..=-1 => fixed(value, exponent.unsigned_abs() as usize),
        _ => format!("10{}", superscript(exponent)),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn axis(values: &[f64], unit: Unit, scale: Scale) -> ValueAxis {
        ValueAxis::new(values.iter().copied(), &unit, scale, true, 5)
    }

    fn labels(axis: &ValueAxis) -> Vec<&str> {
        axis.ticks.iter().map(|tick| tick.label.as_str()).collect()
    }

    #[test]
    fn ticks_are_round_and_hold_the_data() {
        let a = axis(&[0.2, 1.37], Unit::Cores, Scale::Linear);
        assert_eq!(labels(&a), ["0.0", "0.5", "1.0", "1.5"]);
        assert!((a.at(1.5).unwrap() - 1.0).abs() < 1e-6);
        assert_eq!(labels(&axis(&[1.0, 4.0], Unit::Count, Scale::Linear)), ["0", "1", "2", "3", "4"]);
        assert_eq!(labels(&axis(&[1.0], Unit::Count, Scale::Linear)), ["0", "1"]);
    }

    #[test]
    fn negative_values_stand_below_zero() {
        let a = axis(&[-3.0, 8.0], Unit::Other("x".into()), Scale::Linear);
        assert_eq!(labels(&a).first(), Some(&"−5"));
        assert!(a.at(-3.0).unwrap() < a.at(0.0).unwrap());
    }

    #[test]
    fn nothing_to_draw_still_gives_an_axis() {
        for values in [&[][..], &[f64::NAN], &[0.0], &[f64::INFINITY]] {
            for scale in [Scale::Linear, Scale::Log] {
                let a = axis(values, Unit::Ms, scale);
                assert!(a.ticks.len() >= 2, "{values:?}");
                assert!(!a.is_log());
            }
        }
    }

    #[test]
    fn extreme_values_neither_overflow_nor_hang() {
        for values in [[1e300, -1e300], [f64::MAX, f64::MIN], [1e-300, 2e-300], [1e15, 1e15 + 1.0]] {
            let a = ValueAxis::new(values.into_iter(), &Unit::Count, Scale::Linear, false, 5);
            assert!(a.ticks.len() >= 2 && a.ticks.len() <= 102, "{values:?}");
            assert!(a.at(values[0]).unwrap().is_finite());
        }
    }

    #[test]
    fn values_that_overflow_once_they_are_scaled_are_left_out() {
        let a = axis(&[f64::MAX, f64::MIN], Unit::Ratio, Scale::Linear);
        assert_eq!(labels(&a), ["0.0", "0.5", "1.0"]);
        assert_eq!(a.at(f64::MAX), None);
    }

    #[test]
    fn small_values_have_round_ticks_too() {
        assert_eq!(labels(&axis(&[4e-9], Unit::S, Scale::Linear)), ["0", "1", "2", "3", "4"]);
        assert!((round_step(0.0, 4e-200, 5) / 1e-200 - 1.0).abs() < 1e-9);
    }

    #[test]
    fn a_logarithmic_axis_leaves_out_zero() {
        let a = axis(&[0.0, 3.0, 900.0], Unit::Ms, Scale::Log);
        assert_eq!(labels(&a), ["1", "10", "100", "1000"]);
        assert_eq!(a.at(0.0), None);
        assert!((a.at(1000.0).unwrap() - 1.0).abs() < 1e-6);
        assert_eq!(labels(&axis(&[3.0, 8.0], Unit::Ms, Scale::Log)), ["1", "2", "5", "10"]);
    }
}
