//! The five shapes of the seed project, at every whole second, as integer formulas written independently of the
//! shapes' code; and the formulas of others that shapes are taken from.

use super::*;

fn users(shape: &Shape, t_s: u32) -> i64 {
    shape.value_at(f64::from(t_s)) as i64
}

#[test]
fn constant_is_the_seeds() {
    let shape = Shape::Constant(Constant::default());
    assert_eq!(shape.duration_s(), 300.0);
    assert!((0..300).all(|t| users(&shape, t) == 50));
    assert_eq!(users(&shape, 300), 0);
}

#[test]
fn ramp_is_the_seeds() {
    let shape = Shape::Ramp(Ramp::default());
    for t in 0..300 {
        assert_eq!(users(&shape, t), (f64::from(t) / 300.0 * 100.0) as i64, "t = {t}");
    }
    assert_eq!(shape.duration_s(), 300.0);
}

#[test]
fn peak_and_spike_are_the_seeds_peak() {
    for shape in [Shape::Peak(Peak::default()), Shape::Spike(Spike::default())] {
        is_the_seeds_peak(&shape);
    }
}

fn is_the_seeds_peak(shape: &Shape) {
    for t in 0..300 {
        let expected = if t < 120 {
            (f64::from(t) / 120.0 * 100.0) as i64
        } else if t < 180 {
            100
        } else {
            (100.0 * (1.0 - f64::from(t - 180) / 120.0)) as i64
        };
        assert_eq!(users(shape, t), expected, "t = {t}");
    }
    assert_eq!(shape.duration_s(), 300.0);
    assert_eq!(users(shape, 300), 0);
}

#[test]
fn step_is_the_seeds() {
    let shape = Shape::Step(Step::default());
    let stairs = [20, 40, 60, 80, 100, 100, 80, 60, 40, 20];
    for t in 0..600 {
        assert_eq!(users(&shape, t), stairs[t as usize / 60], "t = {t}");
    }
    assert_eq!(shape.duration_s(), 600.0);
    let up = Shape::Step(Step { down: false, ..Step::default() });
    assert_eq!(up.duration_s(), 300.0);
}

#[test]
fn cyclical_is_the_seeds() {
    let shape = Shape::Cyclical(Cyclical::default());
    for t in 0..1440 {
        let tau = t % 360;
        let expected = match tau {
            0..60 => (f64::from(tau) / 60.0 * 100.0) as i64,
            60..120 => 100,
            _ => 1,
        };
        assert_eq!(users(&shape, t), expected, "t = {t}");
    }
    assert_eq!(shape.duration_s(), 1440.0);
}

#[test]
fn double_wave_is_locusts() {
    let shape = Shape::DoubleWave(DoubleWave::default());
    for t in 0..600 {
        // min_users = 20, peak_one_users = 60, peak_two_users = 40, time_limit = 600.
        let x = f64::from(t) / (600.0 / 10.0 * 2.0 / 3.0);
        let e = std::f64::consts::E;
        let expected =
            (60.0 - 20.0) * e.powf(-(x - 5.0).powi(2)) + (40.0 - 20.0) * e.powf(-(x - 10.0).powi(2)) + 20.0;
        assert!((shape.value_at(f64::from(t)) - expected).abs() < 1e-9, "t = {t}");
    }
}

#[test]
fn stages_are_k6s() {
    let shape = Shape::Stages(Stages::default());
    assert_eq!([0, 15, 29, 30, 119, 120, 130, 139].map(|t| users(&shape, t)), [0, 10, 19, 20, 20, 20, 10, 1]);
    assert_eq!(shape.duration_s(), 140.0);
    let jump = [(50.0, 0.0), (50.0, 5.0), (10.0, 0.0), (10.0, 5.0)];
    let stages = jump.map(|(target, duration_s)| Stage { target, duration_s }).to_vec();
    let jump = Shape::Stages(Stages { from: 1.0, stages });
    assert_eq!([0, 4, 5, 9, 10].map(|t| users(&jump, t)), [50, 50, 10, 10, 0]);
}

#[test]
fn the_day_turns_at_its_hours() {
    let shape = Shape::Diurnal(Diurnal { day_s: 24.0, days: 2, ..Diurnal::default() });
    for day in [0.0, 24.0] {
        assert!((shape.value_at(day + 4.0) - 10.0).abs() < 1e-9);
        assert!((shape.value_at(day + 20.0) - 100.0).abs() < 1e-9);
        // Half way up after 8 of 16 hours, half way down after 4 of 8.
        assert!((shape.value_at(day + 12.0) - 55.0).abs() < 1e-9);
        assert!((shape.value_at(day) - 55.0).abs() < 1e-9);
    }
}

#[test]
fn sine_and_sawtooth_turn_where_they_should() {
    let sine = Shape::Sine(Sine::default());
    for (t_s, level) in [(0.0, 55.0), (15.0, 100.0), (45.0, 10.0), (75.0, 100.0), (299.999_999, 55.0)] {
        assert!((sine.value_at(t_s) - level).abs() < 1e-5, "{t_s}");
    }
    let teeth = Shape::Sawtooth(Sawtooth::default());
    assert_eq!([0, 30, 59, 60, 90, 299].map(|t| users(&teeth, t)), [0, 50, 98, 0, 50, 98]);
}
