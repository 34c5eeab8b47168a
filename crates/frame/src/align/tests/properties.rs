use proptest::prelude::*;

use super::{bins, series};
use crate::align::*;
use swarmlab_record::series::Series;

/// Scrapes about a second apart over increments of 0 to 100, with restarts, as (time, value).
fn scrapes(restarts: bool) -> impl Strategy<Value = Vec<(f64, f64)>> {
    let step = (0.5..1.5f64, 0.0..100.0f64, prop::bool::weighted(if restarts { 0.2 } else { 0.0 }));
    prop::collection::vec(step, 2..40).prop_map(|steps| {
        let (mut t, mut total) = (0.0, 0.0);
        let mut samples = vec![(0.0, 0.0)];
        for (dt, increment, restart) in steps {
            t += dt;
            total = if restart { increment } else { total + increment };
            samples.push((t, total));
        }
        samples
    })
}

/// The increase as a reader of the raw samples would add it up.
fn total_increase(samples: &[(f64, f64)]) -> f64 {
    let rise = |w: &[(f64, f64)]| if w[1].1 < w[0].1 { w[1].1 } else { w[1].1 - w[0].1 };
    samples.windows(2).map(rise).sum()
}

fn increases(series: &Series, width: f64, count: usize) -> Vec<Option<f64>> {
    counter_increase(series, &bins(0.0, width, count), Tolerance::default())
}

fn near(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-9 * (1.0 + a.abs() + b.abs())
}

proptest! {
    #[test]
    fn the_total_increase_is_kept_by_any_binning(samples in scrapes(true), count in 1usize..200) {
        let end = samples.last().unwrap().0;
        // A last edge that rounding puts behind the last sample would be unknown, and rightly so.
        let width = end / count as f64 * (1.0 - 1e-12);
        let binned = increases(&series(&samples, None, None), width, count);
        let sum: f64 = binned.iter().map(|v| v.unwrap()).sum();
        prop_assert!(near(sum, total_increase(&samples)), "{} {}", sum, total_increase(&samples));
        prop_assert!(binned.iter().all(|v| v.unwrap() >= 0.0));
    }

    #[test]
    fn adjacent_bins_add_up_to_their_union(samples in scrapes(true), count in 1usize..50) {
        let task = series(&samples, Some(0.0), None);
        let width = samples.last().unwrap().0 / (2 * count) as f64 * 1.1;
        let fine = increases(&task, width, 2 * count);
        let coarse = increases(&task, 2.0 * width, count);
        for (pair, union) in fine.chunks(2).zip(coarse) {
            if let (Some(a), Some(b)) = (pair[0], pair[1]) {
                prop_assert!(near(a + b, union.unwrap()));
            }
        }
    }

    #[test]
    fn a_life_split_at_a_restart_gives_the_same_sum(samples in scrapes(true)) {
        let count = samples.len();
        let whole = increases(&series(&samples, None, None), 1.0, count);
        let cut = samples.windows(2).position(|w| w[1].1 < w[0].1);
        if let Some(cut) = cut {
            // The second task is born where the first one dies.
            let at = samples[cut].0;
            let first = increases(&series(&samples[..=cut], None, Some(at)), 1.0, count);
            let second = increases(&series(&samples[cut + 1..], Some(at), None), 1.0, count);
            for (split, whole) in sum_over_tasks(&[first, second]).iter().zip(whole) {
                prop_assert_eq!(split.is_some(), whole.is_some());
                prop_assert!(split.is_none_or(|s| near(s, whole.unwrap())));
            }
        }
    }

    #[test]
    fn the_order_of_tasks_changes_nothing(
        tasks in prop::collection::vec(prop::collection::vec(
            prop::option::weighted(0.9, -1e6..1e6f64), 5), 1..8),
        turn in 0usize..8,
    ) {
        let mut turned = tasks.clone();
        turned.rotate_left(turn % tasks.len());
        prop_assert_eq!(sum_over_tasks(&tasks), sum_over_tasks(&turned));
        turned.reverse();
        prop_assert_eq!(sum_over_tasks(&tasks), sum_over_tasks(&turned));
    }

    #[test]
    fn a_constant_rate_comes_out_as_it_went_in(
        rate in 0.01..1e4f64, phase in 0.0..1.0f64, width in 0.1..7.0f64,
    ) {
        // However the scrapes lie to the bins: no lag, no ripple.
        let samples: Vec<_> = (0..60).map(|i| f64::from(i) + phase).map(|t| (t, rate * t)).collect();
        let grid = bins(1.0, width, (55.0 / width) as usize);
        for value in counter_rate(&series(&samples, None, None), &grid, Tolerance::default()) {
            prop_assert!((value.unwrap() / rate - 1.0).abs() < 1e-9);
        }
    }

    #[test]
    fn a_missed_scrape_only_smooths(samples in scrapes(false), miss in 1usize..39) {
        let all = series(&samples, None, None);
        let mut kept = samples.clone();
        if miss + 1 < kept.len() {
            kept.remove(miss);
        }
        let end = samples.last().unwrap().0;
        let sum = |s: &Series| {
            let binned = increases(s, end * (1.0 - 1e-12) / 10.0, 10);
            binned.into_iter().map(|v| v.unwrap()).sum::<f64>()
        };
        prop_assert!(near(sum(&all), sum(&series(&kept, None, None))));
    }

    #[test]
    fn quantiles_lie_in_their_bucket_and_rise(
        counts in prop::collection::vec(0u32..50, 2..12), q in 0.0..1.0f64, more in 0.0..1.0f64,
    ) {
        let mut total = 0.0;
        let buckets: Vec<Series> = counts.iter().enumerate().map(|(i, count)| {
            total += f64::from(*count);
            let mut bucket = series(&[(0.0, 0.0), (1.0, total)], None, None);
            let le = if i + 1 == counts.len() { "+Inf".into() } else { i.to_string() };
            std::sync::Arc::make_mut(&mut bucket.identity).labels.insert("le".into(), le);
            bucket
        }).collect();
        let histogram = histogram(&buckets, &bins(0.0, 1.0, 1), Tolerance::default()).unwrap();
        let (a, b) = (histogram.quantile(q)[0], histogram.quantile(q + (1.0 - q) * more)[0]);
        prop_assert_eq!(a.is_some(), total > 0.0);
        if let (Some(a), Some(b)) = (a, b) {
            prop_assert!(a.low <= a.value && a.value <= a.high);
            prop_assert!(a.value <= b.value);
        }
    }

    #[test]
    fn the_mean_of_a_step_function_is_its_area(
        events in prop::collection::vec((0.0..20.0f64, 0.0..10.0f64), 0..30), width in 0.3..3.0f64,
    ) {
        let mut events = events;
        events.push((0.0, 1.0));
        events.sort_by(|a, b| a.0.total_cmp(&b.0));
        let count = (20.0 / width) as usize;
        let end = width * count as f64;
        let mut area = 0.0;
        for (i, event) in events.iter().enumerate() {
            let until = events.get(i + 1).map_or(end, |next| next.0.min(end));
            area += event.1 * (until - event.0).max(0.0);
        }
        let samples = events.iter().map(|e| swarmlab_record::series::Sample::new(e.0, e.1)).collect();
        let steps = StepFunction::new(samples, end);
        let mean: f64 = steps.mean(&bins(0.0, width, count)).iter().map(|v| v.unwrap() * width).sum();
        prop_assert!(near(mean, area), "{} {}", mean, area);
    }
}

proptest! {
    #[test]
    fn tasks_one_after_the_other_have_the_sum_of_all_at_once(
        tasks in prop::collection::vec(prop::collection::vec(prop::option::weighted(0.95, any::<f64>()), 0..8), 0..12),
    ) {
        let mut sum = TaskSum::default();
        tasks.iter().for_each(|t| sum.add(t));
        let bits = |values: Vec<Option<f64>>| {
            let same = |v: f64| if v.is_nan() { u64::MAX } else { v.to_bits() };
            values.into_iter().map(|v| v.map(same)).collect::<Vec<_>>()
        };
        prop_assert_eq!(bits(sum.sum()), bits(sum_over_tasks(&tasks)));
    }
}
