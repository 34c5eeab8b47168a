//! What must hold for every shape.
#![allow(clippy::unwrap_used)]

mod composed;
mod limits;
mod seed;

use proptest::prelude::*;

use super::*;
use crate::trace::{Between, Series};

/// One of every shape, with parameters that are not round.
pub(crate) fn all() -> Vec<Shape> {
    let boxed = |shape: Shape| Box::new(shape);
    let trace = |between| {
        let series = Series { points: vec![(0.0, 3.0), (7.5, 40.0), (9.0, 0.0), (30.0, 12.5)], end_s: 41.0 };
        Shape::Trace(Trace::new(series, between, "test"))
    };
    let sine = Shape::Sine(Sine { min: 0.0, period_s: 17.3, phase_s: 4.0, ..Sine::default() });
    let stages = [(35.0, 11.0), (5.0, 0.0), (60.5, 20.0)];
    vec![
        Shape::Constant(Constant::default()),
        Shape::Ramp(Ramp::default()),
        Shape::Step(Step::default()),
        Shape::Stages(Stages {
            from: 3.0,
            stages: stages.map(|(target, duration_s)| Stage { target, duration_s }).to_vec(),
        }),
        Shape::Spike(Spike { base: 7.0, lead_s: 13.0, tail_s: 5.5, ..Spike::default() }),
        Shape::Peak(Peak::default()),
        Shape::Cyclical(Cyclical::default()),
        sine.clone(),
        Shape::Diurnal(Diurnal { start_hour: 11.0, days: 3, day_s: 100.0, ..Diurnal::default() }),
        Shape::DoubleWave(DoubleWave::default()),
        Shape::Sawtooth(Sawtooth { from: 80.0, to: 3.0, period_s: 7.7, cycles: 9 }),
        Shape::Mmpp2(Mmpp2::default()),
        Shape::Dlim(Box::default()),
        Shape::Dlim(Box::new(limbo())),
        trace(Between::Hold),
        trace(Between::Linear),
        Shape::Sequence(Sequence { parts: vec![sine.clone(), Shape::Step(Step::default())] }),
        Shape::Sum(Sum { parts: vec![sine.clone(), Shape::Ramp(Ramp::default()), trace(Between::Linear)] }),
        Shape::Scale(Scale { factor: 1.7, stretch: 0.31, of: boxed(sine.clone()) }),
        Shape::Repeat(Repeat { times: 7, of: boxed(trace(Between::Hold)) }),
        Shape::Clip(Clip { min: 13.0, max: Some(77.0), of: boxed(sine.clone()) }),
        Shape::Noise(Noise { absolute: 9.0, step_s: 0.7, ..Noise::over(sine) }),
    ]
}

/// Every form and operator of a DLIM.
fn limbo() -> Dlim {
    Dlim {
        seasonal: Seasonal { peaks: 3, last_peak: 60.0, form: Form::Logarithmic, ..Seasonal::default() },
        periods: 3,
        trend: Some(Trend {
            operator: Operator::Add,
            points: vec![5.0, -40.0, 30.0],
            every_s: 77.0,
            offset_s: 20.0,
            form: Form::Exponential,
        }),
        burst: Some(Burst { form: BurstForm::ExponentialLogarithmic, ..Burst::default() }),
        noise: None,
    }
}

/// The integral of the value up to `t_s`, by Gauss's rule of order 8 within each drawn segment: independent of how
/// segments are drawn, because only the exact value is asked.
fn quadrature(shape: &Shape, segments: &[Segment], t_s: f64) -> f64 {
    const NODES: [(f64, f64); 4] = [
        (0.183_434_642_495_649_8, 0.362_683_783_378_362),
        (0.525_532_409_916_329, 0.313_706_645_877_887_3),
        (0.796_666_477_413_626_7, 0.222_381_034_453_374_5),
        (0.960_289_856_497_536_3, 0.101_228_536_290_376_3),
    ];
    segments
        .iter()
        .filter(|s| s.start_s < t_s)
        .map(|s| {
            let (half_s, middle_s) =
                ((s.end_s.min(t_s) - s.start_s) / 2.0, s.end_s.min(t_s) / 2.0 + s.start_s / 2.0);
            let at = |x: f64| shape.value_at(middle_s + x * half_s);
            half_s * NODES.iter().map(|(x, weight)| weight * (at(*x) + at(-x))).sum::<f64>()
        })
        .sum()
}

#[test]
fn every_shape_is_valid_and_drawn_without_gaps() {
    for shape in all() {
        assert_eq!(shape.validate(), Ok(()), "{shape:?}");
        let segments = shape.segments();
        assert_eq!(segments[0].start_s, 0.0);
        let end_s = segments[segments.len() - 1].end_s;
        assert!((end_s - shape.duration_s()).abs() < 1e-9, "{shape:?}");
        assert!(segments.windows(2).all(|pair| pair[0].end_s == pair[1].start_s));
        assert!(segments.iter().all(|s| s.end_s > s.start_s && s.minimum() >= -1e-4), "{shape:?}");
        assert_eq!(shape.value_at(-1e-9), 0.0);
        assert_eq!(shape.value_at(shape.duration_s()), 0.0);
        assert_eq!(shape.value_at(f64::NAN), 0.0);
    }
}

#[test]
fn shapes_of_straight_lines_are_drawn_with_straight_lines() {
    let curved = |s: &Shape| s.segments().iter().filter(|s| s.bow != 0.0).count();
    for shape in all() {
        let straight = match &shape {
            Shape::Sine(_) | Shape::Diurnal(_) | Shape::DoubleWave(_) | Shape::Dlim(_) => false,
            _ => shape.parts().iter().all(|part| curved(part) == 0),
        };
        assert_eq!(curved(&shape) == 0, straight, "{shape:?}");
    }
}

#[test]
fn a_shape_survives_json() {
    for shape in all() {
        let text = serde_json::to_string(&shape).unwrap();
        let back: Shape = serde_json::from_str(&text).unwrap();
        assert_eq!(back, shape);
        assert_eq!(back.segments(), shape.segments());
    }
    assert_eq!(serde_json::from_str::<Shape>(r#"{"ramp":{"to":7.0}}"#).unwrap().maximum(), 7.0);
    for wrong in
        [r#"{"ramp":{"two":7.0}}"#, r#"{"mmpp2":{"seeds":7}}"#, r#"{"clip":{"of":{"ramp":{}},"mx":1}}"#]
    {
        assert!(serde_json::from_str::<Shape>(wrong).is_err(), "{wrong}");
    }
}

#[test]
fn the_integral_is_that_of_the_value() {
    for shape in all() {
        let segments = shape.segments();
        let integral = Integral::new(segments.clone());
        for i in 1..=40 {
            let t_s = shape.duration_s() * f64::from(i) / 40.0;
            let (exact, drawn) = (quadrature(&shape, &segments, t_s), integral.at(t_s));
            // The promise is 1e-6 of the level; Simpson's rule keeps it far better.
            assert!(
                (exact - drawn).abs() <= 1e-8 * integral.total(),
                "{exact} {drawn} at {t_s} of {shape:?}"
            );
        }
    }
}

proptest! {
    #[test]
    fn the_drawing_is_the_value(which in 0..all().len(), share in 0.0_f64..1.0) {
        let shape = &all()[which];
        let t_s = share * shape.duration_s();
        let segments = shape.segments();
        let segment = segments.iter().find(|s| s.start_s <= t_s && t_s < s.end_s).unwrap();
        let curved = segments.iter().any(|s| s.bow != 0.0);
        // Parts are drawn to a millionth of their own height, which noise and factors multiply.
        let tolerance = if curved { 3.0 * CURVE_ERROR * shape.maximum() } else { 1e-9 };
        let (drawn, exact) = (segment.value_at(t_s), shape.value_at(t_s));
        prop_assert!((drawn - exact).abs() <= tolerance, "{drawn} {exact} at {t_s} of {shape:?}");
    }

    #[test]
    fn the_inverse_undoes_the_integral(which in 0..all().len(), share in 0.0_f64..0.999_999) {
        let integral = Integral::new(all()[which].segments());
        let area = share * integral.total();
        let t_s = integral.inverse_from(&mut 0, area).unwrap();
        prop_assert!((integral.at(t_s) - area).abs() < 1e-9 * (1.0 + integral.total()));
    }

    #[test]
    fn arcs_are_inverted_wherever_they_are(
        from in 0.0_f64..100.0,
        to in 0.0_f64..100.0,
        bow in -0.25_f64..1.0,
        length_s in 1e-3_f64..1e3,
        share in 0.0_f64..1.0,
    ) {
        // A bow down of at most a quarter of the smaller end keeps the arc above 0.
        let bow = if bow < 0.0 { bow * from.min(to) } else { bow * 50.0 };
        let arc = Segment { start_s: 5.0, end_s: 5.0 + length_s, from, to, bow };
        let integral = Integral::new(vec![arc]);
        let area = share * integral.total();
        if area < integral.total() {
            let t_s = integral.inverse_from(&mut 0, area).unwrap();
            prop_assert!((5.0..=5.0 + length_s).contains(&t_s));
            prop_assert!((integral.at(t_s) - area).abs() <= 1e-9 * integral.total());
        }
        prop_assert!(arc.minimum() <= arc.at_share(share) && arc.at_share(share) <= arc.maximum() + 1e-9);
    }
}
