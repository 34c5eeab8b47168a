//! The stationary bootstrap knows how much autocorrelated data tells.
#![allow(clippy::unwrap_used)]

mod simulate;

use rand::SeedableRng;
use rand::rngs::SmallRng;
use simulate::ar1;
use swarmlab_stats::StatsError;
use swarmlab_stats::block_length::optimal_block_length;
use swarmlab_stats::bootstrap::{BootstrapOptions, mean_interval, ratio_interval, stationary};

fn known(values: &[f64]) -> Vec<Option<f64>> {
    values.iter().copied().map(Some).collect()
}

#[test]
fn block_length_grows_with_memory() {
    let mut rng = SmallRng::seed_from_u64(7);
    let mut mean_length =
        |rho: f64| (0..40).map(|_| optimal_block_length(&ar1(&mut rng, 400, rho))).sum::<f64>() / 40.0;
    let (none, some, much) = (mean_length(0.0), mean_length(0.5), mean_length(0.8));
    assert!(none < 6.0, "{none}");
    // Theory for an AR(1): (2 rho / (1 - rho²))^(2/3) n^(1/3): 8.9 and 20.
    assert!((6.0..16.0).contains(&some), "{some}");
    assert!((14.0..36.0).contains(&much), "{much}");
    assert_eq!(optimal_block_length(&[2.0; 50]), 1.0);
    assert_eq!(optimal_block_length(&[1.0, 2.0]), 1.0);
}

#[test]
fn the_mean_of_autocorrelated_data_is_covered() {
    let mut rng = SmallRng::seed_from_u64(11);
    let options = BootstrapOptions { resamples: 200, ..BootstrapOptions::default() };
    let (mut auto, mut naive) = (0, 0);
    for _ in 0..150 {
        let series = known(&ar1(&mut rng, 200, 0.5));
        let i = mean_interval(&mut rng, &series, &options).unwrap();
        auto += u32::from(i.ci_low <= 0.0 && 0.0 <= i.ci_high);
        let independent = BootstrapOptions { block_length: Some(1.0), ..options };
        let i = mean_interval(&mut rng, &series, &independent).unwrap();
        naive += u32::from(i.ci_low <= 0.0 && 0.0 <= i.ci_high);
    }
    println!("blocks {auto}, none {naive} of 150");
    assert!((130..=149).contains(&auto), "{auto} of 150");
    assert!(naive < 120, "blocks must matter: {naive} of 150");
}

#[test]
fn the_ratio_is_covered_and_reproducible() {
    let options = BootstrapOptions { resamples: 200, ..BootstrapOptions::default() };
    let mut covered = 0;
    for seed in 0..100 {
        let mut rng = SmallRng::seed_from_u64(seed);
        let load: Vec<f64> = (0..200).map(|t| 20.0 + f64::from(t % 50)).collect();
        let cpu: Vec<f64> =
            load.iter().zip(ar1(&mut rng, 200, 0.4)).map(|(x, e)| 0.015 * x + 0.05 * e).collect();
        let i = ratio_interval(&mut rng.clone(), &known(&cpu), &known(&load), &options).unwrap();
        assert_eq!(i, ratio_interval(&mut rng, &known(&cpu), &known(&load), &options).unwrap());
        covered += u32::from(i.ci_low <= 0.015 && 0.015 <= i.ci_high);
    }
    assert!((86..=100).contains(&covered), "{covered} of 100");
}

#[test]
fn what_cannot_be_said_is_an_error() {
    let mut rng = SmallRng::seed_from_u64(1);
    let options = BootstrapOptions::default();
    let few = mean_interval(&mut rng, &[Some(1.0), None, Some(f64::NAN)], &options);
    assert_eq!(few.unwrap_err(), StatsError::TooFew { n: 1, needed: 5 });
    let no_requests = ratio_interval(&mut rng, &[Some(1.0); 9], &[Some(0.0); 9], &options);
    assert!(matches!(no_requests, Err(StatsError::OutOfRange { .. })));
    for bad in [
        BootstrapOptions { resamples: 99, ..options },
        BootstrapOptions { level: 1.0, ..options },
        BootstrapOptions { block_length: Some(0.5), ..options },
    ] {
        assert!(mean_interval(&mut rng, &[Some(1.0); 9], &bad).is_err());
    }
    // Defined for the data, but hardly ever for a resample: the first index must come first.
    assert!(stationary(&mut rng, 50, 3.0, &options, |i| (i[0] == 0).then_some(1.0)).is_err());
    let flat = mean_interval(&mut rng, &[Some(2.5); 9], &options).unwrap();
    assert_eq!((flat.ci_low, flat.ci_high, flat.se), (2.5, 2.5, 0.0));
}
