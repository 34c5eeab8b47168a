//! DLIM against LIMBO's own formulas, written down from its source independently of this code.
#![allow(clippy::unwrap_used)]

use std::f64::consts::PI;

use super::*;
use crate::shape::noise::Law;
use crate::shape::{Integral, Shape};

/// LIMBO's trends: x from 0 to `d`, from `s` to `e` (`FunctionValueCalculator.calculate...TrendValue`).
fn limbo(form: Form, x: f64, s: f64, e: f64, d: f64) -> f64 {
    match form {
        Form::Linear => s + x * (e - s) / d,
        Form::Sin => {
            let (low, high, phase) = if s > e { (e, s, PI / 2.0) } else { (s, e, -PI / 2.0) };
            low + (high - low) / 2.0 + (high - low) / 2.0 * (phase + x * PI / d).sin()
        }
        Form::Exponential => {
            let low = s.min(e);
            let (offset, s, e) =
                if low <= 0.0 { (low - 0.5, s + 0.5 - low, e + 0.5 - low) } else { (0.0, s, e) };
            offset + (s.ln() + (e.ln() - s.ln()) * (x / d)).exp()
        }
        Form::Logarithmic => {
            let order = 4.0_f64;
            let curve = |x: f64| (x * (order.exp() - 1.0) / d + 1.0).ln() / order;
            if s > e { e + (s - e) * curve((x - d).abs()) } else { s + (e - s) * curve(x) }
        }
    }
}

const FORMS: [Form; 4] = [Form::Sin, Form::Linear, Form::Exponential, Form::Logarithmic];

fn plain(seasonal: Seasonal, periods: u32) -> Dlim {
    Dlim { seasonal, periods, trend: None, burst: None, noise: None }
}

#[test]
fn one_peak_is_limbos() {
    for form in FORMS {
        let shape = Shape::Dlim(Box::new(plain(Seasonal { form, ..Seasonal::default() }, 2)));
        for t in 0..240_u32 {
            let x = f64::from(t % 120);
            let expected = if x < 60.0 {
                limbo(form, x, 10.0, 100.0, 60.0)
            } else {
                limbo(form, x - 60.0, 100.0, 10.0, 60.0)
            };
            let value = shape.value_at(f64::from(t));
            assert!((value - expected).abs() < 1e-9, "{form:?} at {t}: {value} {expected}");
        }
    }
}

#[test]
fn three_peaks_go_from_the_first_to_the_last() {
    let seasonal = Seasonal {
        period_s: 100.0,
        peaks: 3,
        base: 5.0,
        inner_base: 20.0,
        first_peak: 80.0,
        last_peak: 40.0,
        peaks_within_s: 40.0,
        form: Form::Linear,
    };
    let shape = Shape::Dlim(Box::new(plain(seasonal, 3)));
    // (period - interval) / 2 = 30 before the first peak, interval / (2 (peaks - 1)) = 10 between turns.
    let turns = [(0, 5), (15, 42), (30, 80), (40, 20), (50, 60), (60, 20), (70, 40), (85, 22), (99, 6)];
    for (t, level) in turns {
        for period in 0..3 {
            assert_eq!(shape.value_at(f64::from(period * 100 + t)) as i32, level, "{t}");
        }
    }
    let flat = Shape::Dlim(Box::new(plain(Seasonal { peaks: 0, ..seasonal }, 2)));
    assert_eq!((flat.value_at(33.0), flat.segments().len()), (5.0, 2));
}

#[test]
fn trend_and_burst_join_as_in_limbo() {
    for form in FORMS {
        for operator in [Operator::Multiply, Operator::Add] {
            let trend = Trend { operator, points: vec![1.0, 3.0, 0.5], every_s: 90.0, offset_s: 30.0, form };
            let burst_form = BurstForm::ExponentialLogarithmic;
            let burst = Burst { peak: 40.0, width_s: 20.0, first_s: 50.0, every_s: 70.0, form: burst_form };
            let dlim = Dlim {
                trend: Some(trend),
                burst: Some(burst),
                ..plain(Seasonal { form: Form::Linear, ..Seasonal::default() }, 3)
            };
            let shape = Shape::Dlim(Box::new(dlim));
            for t in 0..360_u32 {
                let x = f64::from(t);
                let (up, tau) = (t % 120 < 60, f64::from(t % 60));
                let season = if up { 10.0 + tau * 1.5 } else { 100.0 - tau * 1.5 };
                let factor = match t {
                    0..30 => 1.0,
                    30..120 => limbo(form, x - 30.0, 1.0, 3.0, 90.0),
                    120..210 => limbo(form, x - 120.0, 3.0, 0.5, 90.0),
                    _ => 0.5,
                };
                let trended = if operator == Operator::Multiply { season * factor } else { season + factor };
                let since = if t >= 40 { f64::from((t - 40) % 70) } else { 99.0 };
                let burst = if since < 10.0 {
                    limbo(Form::Exponential, since, 0.0, 40.0, 10.0)
                } else if since < 20.0 {
                    // LIMBO mirrors the time of a burst's fall: tmpX = peakTime - (x - peakTime) ...
                    limbo(Form::Logarithmic, 20.0 - since, 0.0, 40.0, 10.0)
                } else {
                    0.0
                };
                let value = shape.value_at(x);
                assert!((value - trended - burst).abs() < 1e-9, "{form:?} {operator:?} at {t}: {value}");
            }
        }
    }
}

#[test]
fn bounds_hold_for_every_form_and_place() {
    for form in FORMS {
        for (from, to) in [(10.0, 100.0), (100.0, 10.0), (0.0, 5.0), (-3.0, 2.0)] {
            let piece = form::Piece { start_s: 2.0, length_s: 8.0, from, to, form };
            for i in 0..50 {
                let (a, b) = (2.0 + f64::from(i) * 0.16, 2.0 + f64::from(i + 1) * 0.16);
                // The third derivative by central differences, at a place where the step stays inside.
                let (h, m) = (0.02, (a + b) / 2.0);
                let v = |k: f64| piece.value(m + k * h);
                let third = ((v(2.0) - v(-2.0)) / 2.0 - (v(1.0) - v(-1.0))) / (h * h * h);
                let bound = piece.bounds(a, b).third();
                assert!(third.abs() <= bound * 1.01 + 1e-3, "{form:?} {from} {to} {m}: {third} {bound}");
            }
        }
    }
}

#[test]
fn noise_is_added_and_never_makes_a_level_below_zero() {
    let noise = DlimNoise { law: Law::Uniform, mean: -8.0, spread: 6.0, step_s: 2.0, seed: 5 };
    let base = plain(Seasonal::default(), 2);
    let (quiet, noisy) =
        (Shape::Dlim(Box::new(base.clone())), Shape::Dlim(Box::new(Dlim { noise: Some(noise), ..base })));
    let mut clipped = 0;
    for i in 0..2400 {
        let t_s = f64::from(i) * 0.1;
        let (q, n) = (quiet.value_at(t_s), noisy.value_at(t_s));
        assert!(n >= 0.0 && n <= q - 2.0 + 1e-9 && n >= q - 14.0 - 1e-9, "{t_s}");
        clipped += i32::from(n == 0.0);
    }
    assert!(clipped > 0);
    assert!(Integral::new(noisy.segments()).total() < Integral::new(quiet.segments()).total());
}
