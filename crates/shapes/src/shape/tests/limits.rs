//! What is refused, and by which name.

use super::*;

#[test]
fn wrong_parameters_are_named() {
    let shape = Shape::Constant(Constant { level: -1.0, duration_s: 1.0 });
    assert_eq!(shape.validate().unwrap_err().to_string(), "level must be a finite number >= 0, not -1");
    assert!(Shape::Ramp(Ramp { duration_s: 0.0, ..Ramp::default() }).validate().is_err());
    assert!(Shape::Ramp(Ramp { to: f64::NAN, ..Ramp::default() }).validate().is_err());
    assert!(Shape::Step(Step { steps: 0, ..Step::default() }).validate().is_err());
    assert!(Shape::Step(Step { increment: -6.0, ..Step::default() }).validate().is_err());
    let spike = Spike { rise_s: 0.0, hold_s: 0.0, fall_s: 0.0, ..Spike::default() };
    assert!(Shape::Spike(spike).validate().is_err());
    assert!(Shape::Cyclical(Cyclical { period_s: 100.0, ..Cyclical::default() }).validate().is_err());
}

#[test]
fn contradictions_are_named() {
    let sine = Shape::Sine(Sine { min: 5.0, max: 3.0, ..Sine::default() });
    assert_eq!(sine.validate().unwrap_err().to_string(), "min is 5, but must be at most max, 3");
    let day = Shape::Diurnal(Diurnal { low_hour: 24.0, high_hour: 0.0, ..Diurnal::default() });
    assert!(matches!(day.validate(), Err(ShapeError::Order { parameter: "high_hour", .. })));
    let wave = Shape::DoubleWave(DoubleWave { first: 3.0, ..DoubleWave::default() });
    assert!(matches!(wave.validate(), Err(ShapeError::Order { parameter: "base", .. })));
    let path = Mmpp2::new(Mmpp2Parameters { low_for_s: 1e-4, ..Mmpp2Parameters::default() });
    assert!(matches!(Shape::Mmpp2(path).validate(), Err(ShapeError::Step { .. })));
    let empty = Shape::Sum(Sum { parts: Vec::new() });
    assert_eq!(empty.validate(), Err(ShapeError::Empty { parameter: "parts" }));
    let burst = Burst { width_s: 200.0, ..Burst::default() };
    let dlim = Shape::Dlim(Box::new(Dlim { burst: Some(burst), ..Dlim::default() }));
    assert!(matches!(dlim.validate(), Err(ShapeError::Order { .. })));
    let trace = |points: &[(f64, f64)], end_s| {
        let series = Series { points: points.to_vec(), end_s };
        Shape::Trace(Trace::new(series, Between::Hold, "")).validate()
    };
    assert_eq!(trace(&[(0.0, 1.0), (2.0, 0.0)], 3.0), Ok(()));
    assert_eq!(trace(&[], 3.0), Err(ShapeError::Empty { parameter: "the trace" }));
    for (points, end_s) in [
        (vec![(1.0, 1.0)], 3.0),
        (vec![(0.0, 1.0), (0.0, 1.0)], 3.0),
        (vec![(0.0, 1.0), (f64::NAN, 1.0)], 3.0),
        (vec![(0.0, 1.0)], f64::INFINITY),
    ] {
        assert!(matches!(trace(&points, end_s), Err(ShapeError::NotAscending { .. })), "{points:?}");
    }
    assert!(matches!(trace(&[(0.0, -1.0)], 3.0), Err(ShapeError::Level { .. })));
}

#[test]
fn the_size_of_a_whole_shape_is_bounded() {
    let repeat = |times, of| Shape::Repeat(Repeat { times, of: Box::new(of) });
    let step = || Shape::Step(Step { hold_s: 0.001, ..Step::default() });
    let many = repeat(100_000, repeat(100_000, repeat(100_000, step())));
    assert!(matches!(many.validate(), Err(ShapeError::TooLong { .. })));
    let many = repeat(1000, repeat(1000, step()));
    assert_eq!(many.validate(), Err(ShapeError::TooManySegments));
    assert!(many.segments().is_empty(), "a refused shape asks for nothing");
    let fast = Shape::Sine(Sine { period_s: 1e-6, ..Sine::default() });
    assert_eq!(fast.validate(), Err(ShapeError::TooManySegments));
    let dusty = Shape::Mmpp2(Mmpp2::new(Mmpp2Parameters {
        low_for_s: 0.001,
        high_for_s: 0.001,
        duration_s: 1e9,
        ..Mmpp2Parameters::default()
    }));
    assert_eq!(dusty.validate(), Err(ShapeError::TooManySegments));
    let noisy = Shape::Noise(Noise { step_s: 0.001, ..Noise::over(repeat(100, step_of_a_minute())) });
    assert_eq!(noisy.validate(), Err(ShapeError::TooManySegments));
    let dlim = Dlim { periods: 100_000, ..Dlim::default() };
    let peaks = Seasonal { peaks: 1000, ..dlim.seasonal };
    let dlim = Shape::Dlim(Box::new(Dlim { seasonal: peaks, ..dlim }));
    assert_eq!(dlim.validate(), Err(ShapeError::TooManySegments));

    let mut deep = Shape::Ramp(Ramp::default());
    for _ in 0..MAX_DEPTH {
        deep = repeat(1, deep);
    }
    assert_eq!(deep.validate(), Err(ShapeError::TooDeep));
    assert_eq!(deep.parts()[0].validate(), Ok(()));
    let wide = Shape::Sum(Sum { parts: vec![Shape::Ramp(Ramp::default()); MAX_PARTS] });
    assert_eq!(wide.validate(), Err(ShapeError::TooManyParts));
    let scale = |of| Shape::Scale(Scale { factor: 1e6, stretch: 1.0, of: Box::new(of) });
    let high = scale(scale(Shape::Ramp(Ramp::default())));
    assert!(matches!(high.validate(), Err(ShapeError::TooHigh { .. })));
}

fn step_of_a_minute() -> Shape {
    Shape::Step(Step { hold_s: 6.0, ..Step::default() })
}
