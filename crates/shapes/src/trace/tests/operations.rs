//! Scale, compress, resample.

use proptest::prelude::*;

use super::*;
use crate::Shape;
use crate::shape::Integral;

fn sample() -> Series {
    Series { points: vec![(0.0, 2.0), (10.0, 4.0), (15.0, 0.0)], end_s: 20.0 }
}

#[test]
fn levels_are_scaled() {
    assert_eq!(sample().scaled(0.5).points, [(0.0, 1.0), (10.0, 2.0), (15.0, 0.0)]);
    assert_eq!(sample().scaled_to_peak(100.0).points, [(0.0, 50.0), (10.0, 100.0), (15.0, 0.0)]);
    let silent = Series { points: vec![(0.0, 0.0)], end_s: 1.0 };
    assert_eq!(silent.clone().scaled_to_peak(7.0), silent);
}

#[test]
fn compressing_keeps_rates() {
    let fast = sample().compressed(5.0);
    assert_eq!(fast, Series { points: vec![(0.0, 2.0), (2.0, 4.0), (3.0, 0.0)], end_s: 4.0 });
}

#[test]
fn resampling_takes_means() {
    let hold = sample().resampled(8.0, Between::Hold).unwrap();
    assert_eq!(hold, Series { points: vec![(0.0, 2.0), (8.0, 3.0), (16.0, 0.0)], end_s: 20.0 });
    let linear = sample().resampled(10.0, Between::Linear).unwrap();
    assert_eq!(linear.points, [(0.0, 3.0), (10.0, 1.0)]);
    assert!(matches!(sample().resampled(1e-9, Between::Hold), Err(TraceError::TooManyPoints)));
    assert!(sample().resampled(f64::NAN, Between::Hold).is_err());
}

#[test]
fn a_trace_is_a_shape() {
    let hold = Shape::Trace(Trace::new(sample(), Between::Hold, ""));
    assert_eq!(
        [0.0, 9.9, 10.0, 14.9, 15.0, 19.9, 20.0].map(|t| hold.value_at(t)),
        [2.0, 2.0, 4.0, 4.0, 0.0, 0.0, 0.0]
    );
    let linear = Shape::Trace(Trace::new(sample(), Between::Linear, ""));
    assert_eq!(
        [0.0, 5.0, 10.0, 12.5, 15.0, 19.9].map(|t| linear.value_at(t)),
        [2.0, 3.0, 4.0, 2.0, 0.0, 0.0]
    );
}

proptest! {
    #[test]
    fn resampling_keeps_the_number_of_requests(
        rates in proptest::collection::vec((0.1_f64..20.0, 0.0_f64..500.0), 1..40),
        bin_s in 0.3_f64..50.0,
    ) {
        let mut series = Series::default();
        for (length_s, rate) in rates {
            series.points.push((series.end_s, rate));
            series.end_s += length_s;
        }
        for between in [Between::Hold, Between::Linear] {
            let area = |series: &Series, between| {
                Integral::new(Shape::Trace(Trace::new(series.clone(), between, "")).segments())
            };
            let (before, after) = (area(&series, between), series.resampled(bin_s, between).unwrap());
            prop_assert_eq!(after.end_s, series.end_s);
            let after = area(&after, Between::Hold);
            for bin in 0..40 {
                let t_s = f64::from(bin) * bin_s;
                prop_assert!((before.at(t_s) - after.at(t_s)).abs() < 1e-7, "{t_s}");
            }
        }
    }
}
