use std::sync::Arc;

use super::{bins, series};
use crate::align::*;
use swarmlab_record::series::Series;

fn bucket(task: &str, le: &str, samples: &[(f64, f64)]) -> Series {
    let mut bucket = series(samples, None, None);
    let identity = Arc::make_mut(&mut bucket.identity);
    identity.task = task.into();
    identity.labels.insert("le".into(), le.into());
    bucket
}

/// Counts at 0, 1 and 2 s of the buckets 10, 20, 50 ms and above.
fn task(name: &str, counts: [[f64; 3]; 4]) -> Vec<Series> {
    let at = |counts: [f64; 3]| [(0.0, counts[0]), (1.0, counts[1]), (2.0, counts[2])];
    let les = ["10", "20.0", "50", "+Inf"];
    les.iter().zip(counts).map(|(le, c)| bucket(name, le, &at(c))).collect()
}

fn quantile(value: f64, low: f64, high: f64) -> Option<Quantile> {
    Some(Quantile { value, low, high })
}

#[test]
fn quantiles_by_hand_over_two_tasks() {
    // First second: a sees 4 up to 10, 10 up to 20, 10 up to 50, 10 in all; b sees 0, 2, 10, 10.
    let mut buckets = task("a", [[0.0, 4.0, 4.0], [0.0, 10.0, 10.0], [0.0, 10.0, 10.0], [0.0, 10.0, 12.0]]);
    buckets.extend(task("b", [[5.0, 5.0, 5.0], [5.0, 7.0, 7.0], [5.0, 15.0, 15.0], [5.0, 15.0, 15.0]]));
    let histogram = histogram(&buckets, &bins(0.0, 1.0, 3), Tolerance::default()).unwrap();
    assert_eq!(histogram.bounds(), [10.0, 20.0, 50.0, f64::INFINITY]);
    assert_eq!(histogram.counts(), [Some(20.0), Some(2.0), None]);
    // Together 4, 12, 20, 20. Rank 10 is 6 of the 8 in (10, 20]: 10 + 10 * 6/8.
    let median = histogram.quantile(0.5);
    assert_eq!(median[0], quantile(17.5, 10.0, 20.0));
    // Rank 19 is 7 of the 8 in (20, 50].
    assert_eq!(histogram.quantile(0.95)[0], quantile(20.0 + 30.0 * 7.0 / 8.0, 20.0, 50.0));
    // In the second bin both lie above 50 ms: all that is known is the lower bound.
    assert_eq!(median[1], quantile(50.0, 50.0, f64::INFINITY));
    assert_eq!(median[2], None);
    // Both bins together: 22 observations, rank 11 is 7 of the 8 in (10, 20].
    assert_eq!(histogram.quantile_over(0..2, 0.5), quantile(18.75, 10.0, 20.0));
    assert_eq!(histogram.quantile_over(0..3, 0.5), None);
    assert_eq!(histogram.quantile_over(0..9, 0.5), None);
    assert_eq!(histogram.quantile_over(1..1, 0.5), None);
}

#[test]
fn the_ends_of_the_scale() {
    let buckets = task("a", [[0.0; 3], [0.0, 4.0, 4.0], [0.0, 4.0, 4.0], [0.0, 4.0, 4.0]]);
    let histogram = histogram(&buckets, &bins(0.0, 1.0, 2), Tolerance::default()).unwrap();
    assert_eq!(histogram.quantile(0.0)[0], quantile(10.0, 10.0, 20.0));
    assert_eq!(histogram.quantile(1.0)[0], quantile(20.0, 10.0, 20.0));
    // A bin without observations has no quantile; its count is a known 0.
    assert_eq!(histogram.quantile(0.5)[1], None);
    assert_eq!(histogram.counts()[1], Some(0.0));
    assert_eq!(histogram.quantile(1.5), [None, None]);
    assert_eq!(histogram.quantile(f64::NAN), [None, None]);
}

#[test]
fn buckets_that_make_no_histogram_are_refused() {
    let refused = |b: &[Series]| histogram(b, &bins(0.0, 1.0, 1), Tolerance::default()).unwrap_err();
    let zero = [(0.0, 0.0)];
    let (one, all) = (bucket("a", "1", &zero), bucket("a", "+Inf", &zero));
    assert!(matches!(refused(&[]), HistogramError::NoTotal { .. }));
    assert!(matches!(refused(std::slice::from_ref(&one)), HistogramError::NoTotal { .. }));
    assert!(matches!(refused(&[series(&zero, None, None)]), HistogramError::NoBound { .. }));
    for le in ["one", "NaN", ""] {
        assert!(matches!(refused(&[bucket("a", le, &zero)]), HistogramError::BadBound { .. }));
    }
    let twice = [one.clone(), bucket("a", "1.0", &zero), all.clone()];
    assert!(matches!(refused(&twice), HistogramError::TwoSeries { le: 1.0, .. }));
    let lacking = [one.clone(), all.clone(), bucket("b", "+Inf", &zero)];
    let HistogramError::OtherBounds { task, le, .. } = refused(&lacking) else { panic!() };
    assert_eq!((task.as_str(), le), ("b", 1.0));
    let surplus = [one, all, bucket("0", "+Inf", &zero)];
    let HistogramError::OtherBounds { task, le, .. } = refused(&surplus) else { panic!() };
    assert_eq!((task.as_str(), le), ("0", 1.0));
}

#[test]
fn histograms_of_one_task_that_a_label_tells_apart_are_summed() {
    let counts = [[0.0, 4.0, 4.0], [0.0, 10.0, 10.0], [0.0, 10.0, 10.0], [0.0, 10.0, 12.0]];
    let mut buckets = task("a", counts);
    for mut series in task("a", counts) {
        let mut identity = (*series.identity).clone();
        identity.labels.insert("code".to_owned(), "500".to_owned());
        series.identity = std::sync::Arc::new(identity);
        buckets.push(series);
    }
    let histogram = histogram(&buckets, &bins(0.0, 1.0, 2), Tolerance::default()).unwrap();
    assert_eq!(histogram.counts()[0], Some(20.0));
}
