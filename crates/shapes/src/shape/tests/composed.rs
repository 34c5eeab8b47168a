//! What compositions make of their parts.

use super::*;

fn constant(level: f64, duration_s: f64) -> Shape {
    Shape::Constant(Constant { level, duration_s })
}

fn values<const N: usize>(shape: &Shape, times_s: [f64; N]) -> [f64; N] {
    times_s.map(|t_s| shape.value_at(t_s))
}

#[test]
fn a_sequence_is_one_after_the_other() {
    let ramp = Shape::Ramp(Ramp { from: 0.0, to: 10.0, duration_s: 10.0 });
    let shape = Shape::Sequence(Sequence { parts: vec![constant(3.0, 5.0), ramp, constant(1.0, 1.0)] });
    assert_eq!(values(&shape, [0.0, 4.999, 5.0, 10.0, 15.0, 16.0]), [3.0, 3.0, 0.0, 5.0, 1.0, 0.0]);
    assert_eq!((shape.duration_s(), Integral::new(shape.segments()).total()), (16.0, 66.0));
}

#[test]
fn a_sum_lasts_as_long_as_its_longest() {
    let shape = Shape::Sum(Sum { parts: vec![constant(3.0, 5.0), constant(4.0, 10.0), constant(1.0, 2.0)] });
    assert_eq!(values(&shape, [0.0, 2.0, 5.0, 9.9, 10.0]), [8.0, 7.0, 4.0, 4.0, 0.0]);
    assert_eq!(Integral::new(shape.segments()).total(), 57.0);
    // Sums of arcs are arcs: a sine and its mirror image make a level.
    let wave = |phase_s| Shape::Sine(Sine { phase_s, ..Sine::default() });
    let flat = Shape::Sum(Sum { parts: vec![wave(0.0), wave(30.0)] });
    assert!(
        flat.segments()
            .iter()
            .all(|s| (s.maximum() - 110.0).abs() < 3e-4 && (s.minimum() - 110.0).abs() < 3e-4)
    );
}

#[test]
fn scale_keeps_levels_when_it_stretches() {
    let ramp = Box::new(Shape::Ramp(Ramp { from: 0.0, to: 10.0, duration_s: 10.0 }));
    let shape = Shape::Scale(Scale { factor: 2.0, stretch: 3.0, of: ramp });
    assert_eq!(values(&shape, [0.0, 15.0, 29.999_999_999, 30.0])[1], 10.0);
    assert_eq!((shape.duration_s(), Integral::new(shape.segments()).total()), (30.0, 300.0));
}

#[test]
fn repeat_begins_anew_each_time() {
    let ramp = Box::new(Shape::Ramp(Ramp { from: 0.0, to: 10.0, duration_s: 0.1 }));
    let shape = Shape::Repeat(Repeat { times: 1000, of: ramp });
    for time in 0..1000 {
        // 0.1 is no binary fraction: the edges must be exact all the same.
        assert!(shape.value_at(f64::from(time) * 0.1) < 1e-6, "{time}");
    }
    assert!((Integral::new(shape.segments()).total() - 500.0).abs() < 1e-9);
}

#[test]
fn clip_cuts_where_the_bound_is_crossed() {
    let ramp = Box::new(Shape::Ramp(Ramp { from: 0.0, to: 10.0, duration_s: 10.0 }));
    let shape = Shape::Clip(Clip { min: 2.0, max: Some(7.0), of: ramp });
    let edges: Vec<f64> = shape.segments().iter().map(|s| s.end_s).collect();
    assert_eq!(edges, [2.0, 7.0, 10.0]);
    assert_eq!(Integral::new(shape.segments()).total(), 4.0 + 22.5 + 21.0);
    let lifted = Clip { min: 5.0, max: None, of: Box::new(constant(3.0, 1.0)) };
    assert_eq!(Shape::Clip(lifted).maximum(), 5.0);
}

#[test]
fn noise_has_the_deviation_it_was_asked_for() {
    let n = 20_000_u32;
    let shape = |law, relative, absolute| {
        let of = constant(100.0, f64::from(n));
        Shape::Noise(Noise { law, relative, absolute, ..Noise::over(of) })
    };
    let third = 1.0_f64 / 3.0;
    for (law, relative, absolute, deviation) in [
        (Law::Normal, 0.1, 0.0, 10.0),
        (Law::Uniform, 0.1, 0.0, 10.0 * third.sqrt()),
        (Law::Normal, 0.0, 5.0, 5.0),
        (Law::Normal, 0.1, 5.0, 125.0_f64.sqrt()),
    ] {
        let noisy = shape(law, relative, absolute);
        let levels: Vec<f64> = (0..n).map(|t| noisy.value_at(f64::from(t) + 0.5)).collect();
        let mean = levels.iter().sum::<f64>() / f64::from(n);
        let variance = levels.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / f64::from(n);
        // Five standard errors of the mean; 5 % of the deviation.
        assert!((mean - 100.0).abs() < 5.0 * deviation / f64::from(n).sqrt(), "{mean}");
        assert!((variance.sqrt() / deviation - 1.0).abs() < 0.05, "{}", variance.sqrt());
    }
    let wild = shape(Law::Normal, 3.0, 0.0);
    assert!(wild.segments().iter().all(|s| s.minimum() >= 0.0));
    let seeds =
        [1, 2].map(|seed| Shape::Noise(Noise { seed, ..Noise::over(constant(100.0, 10.0)) }).segments());
    assert_ne!(seeds[0], seeds[1]);
}
