//! Whatever the samples, a figure is a number or a named reason.
#![allow(clippy::unwrap_used)]

use proptest::prelude::*;
use rand::SeedableRng;
use rand::rngs::SmallRng;
use swarmlab_stats::bootstrap::{BootstrapOptions, mean_interval, ratio_interval};
use swarmlab_stats::demand::{DemandOptions, fit, ratio};
use swarmlab_stats::{
    CorrelationMethod, cliff, efron, equivalence, hodges_lehmann, lag, multiple, pearson, randomisation,
    spearman,
};

/// Gaps, faults, extremes and ordinary values.
fn sample() -> impl Strategy<Value = Option<f64>> {
    prop_oneof![
        2 => Just(None),
        1 => prop_oneof![Just(f64::NAN), Just(f64::INFINITY), Just(f64::MAX), Just(f64::MIN), Just(5e-324)].prop_map(Some),
        2 => Just(Some(0.0)),
        6 => (-1e3..1e3_f64).prop_map(Some),
        1 => any::<f64>().prop_map(Some),
    ]
}

fn two_series() -> impl Strategy<Value = (Vec<Option<f64>>, Vec<Option<f64>>)> {
    prop::collection::vec((sample(), sample()), 0..40).prop_map(|rows| rows.into_iter().unzip())
}

proptest! {
    #[test]
    fn correlation((x, y) in two_series()) {
        for c in [pearson(&x, &y), spearman(&x, &y)].into_iter().flatten() {
            prop_assert!((-1.0..=1.0).contains(&c.r) && (0.0..=1.0).contains(&c.p), "{:?}", c);
            prop_assert!((3.0..=c.n as f64).contains(&c.n_eff), "{:?}", c);
            prop_assert!(-1.0 <= c.ci_low && c.ci_low <= c.r + 1e-9, "{:?}", c);
            prop_assert!(c.r <= c.ci_high + 1e-9 && c.ci_high <= 1.0, "{:?}", c);
        }
        let there = lag::scan(CorrelationMethod::Spearman, &x, &y, 5).unwrap();
        let back = lag::scan(CorrelationMethod::Spearman, &y, &x, 5).unwrap();
        for (a, b) in there.points.iter().zip(back.points.iter().rev()) {
            prop_assert_eq!(a.lag_bins, -b.lag_bins);
            prop_assert_eq!(a.n, b.n);
            prop_assert!(a.correlation.is_some() != a.missing.is_some());
        }
    }

    #[test]
    fn demand((cpu, x) in two_series(), (z, _) in two_series()) {
        let positive = |s: &[Option<f64>]| -> Vec<Option<f64>> {
            s.iter().map(|v| v.map(|v| v.abs().min(1e9))).collect()
        };
        let (x, mut z) = (positive(&x), positive(&z));
        let cpu = positive(&cpu);
        z.resize(cpu.len(), Some(1.0));
        for classes in [vec![x.clone()], vec![x.clone(), z]] {
            if let Ok(f) = fit(&cpu, &classes, 1.0, &DemandOptions::default()) {
                for e in f.classes.iter().map(|c| c.demand_s).chain(f.idle_cores) {
                    prop_assert!(e.value.is_finite() && e.se.is_finite() && e.ci_high.is_finite(), "{:?}", f);
                    prop_assert!(0.0 <= e.ci_low && e.ci_low <= e.value && e.value <= e.ci_high, "{:?}", f);
                }
                prop_assert!(f.r2.is_none_or(f64::is_finite));
            }
        }
        if let Ok(f) = ratio::fit(&cpu, &x, 0.0, None) {
            prop_assert!(f.demand_s.ci_low <= f.demand_s.value && f.demand_s.ci_high.is_finite());
        }
    }

    #[test]
    fn bootstrap((x, y) in two_series(), seed: u64) {
        let options = BootstrapOptions { resamples: 100, ..BootstrapOptions::default() };
        let mut rng = SmallRng::seed_from_u64(seed);
        let x: Vec<_> = x.iter().map(|v| v.map(|v| v.clamp(-1e100, 1e100))).collect();
        let intervals = [mean_interval(&mut rng, &x, &options), ratio_interval(&mut rng, &x, &y, &options)];
        for i in intervals.into_iter().flatten() {
            prop_assert!(i.estimate.is_finite() && !i.ci_low.is_nan() && i.ci_low <= i.ci_high, "{:?}", i);
            prop_assert!(!i.se.is_nan());
        }
    }

    #[test]
    fn comparisons_of_samples((x, y) in two_series(), seed: u64) {
        let mut rng = SmallRng::seed_from_u64(seed);
        let known = |s: &[Option<f64>]| -> Vec<f64> {
            s.iter().flatten().filter(|v| v.is_finite()).map(|v| v.clamp(-1e100, 1e100)).take(12).collect()
        };
        let (x, y) = (known(&x), known(&y));
        let n = x.len().min(y.len());
        let shifts = [
            hodges_lehmann::two_sample(&x, &y, 0.95),
            hodges_lehmann::paired(&x[..n], &y[..n], 0.95),
        ];
        for s in shifts.into_iter().flatten() {
            prop_assert!(s.ci_low <= s.estimate && s.estimate <= s.ci_high, "{:?}", s);
            prop_assert!((0.0..=1.0).contains(&s.level), "{:?}", s);
        }
        if let Ok(d) = cliff::delta(&x, &y, 0.95) {
            prop_assert!(-1.0 <= d.ci_low && d.ci_low <= d.estimate + 1e-12, "{:?}", d);
            prop_assert!(d.estimate <= d.ci_high + 1e-12 && d.ci_high <= 1.0, "{:?}", d);
        }
        let tests = [
            randomisation::two_sample(&mut rng, &x[..x.len().min(6)], &y[..y.len().min(6)], 50),
            randomisation::paired(&mut rng, &x[..n.min(10)], &y[..n.min(10)], 50),
            randomisation::two_sample(&mut rng, &x, &x, 50),
        ];
        let mut p = Vec::new();
        for t in tests.into_iter().flatten() {
            prop_assert!(t.least_p <= t.p + 1e-12 && t.p <= 1.0, "{:?}", t);
            p.push(t.p);
        }
        for (adjusted, p) in multiple::holm(&p).unwrap().iter().zip(&p) {
            prop_assert!(p <= adjusted && *adjusted <= 1.0);
        }
        let positive: Vec<f64> = y.iter().map(|v| v.abs()).collect();
        for e in [equivalence::two_sample(&x, &positive, 0.1), equivalence::paired(&x[..n], &positive[..n], 0.1)] {
            prop_assert!(e.is_err() || e.is_ok_and(|e| (0.0..=1.0).contains(&e.p)));
        }
        if let Ok((mean, median)) = efron::mean_and_median(&mut rng, &x, 100, 0.95) {
            for i in [mean, median] {
                prop_assert!(i.ci_low <= i.ci_high && i.estimate.is_finite(), "{:?}", i);
            }
        }
    }
}
