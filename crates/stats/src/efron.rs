//! Intervals of a sample's mean and median by the ordinary bootstrap (Efron 1979): the repetitions are independent, and are
//! drawn one by one.
//!
//! The mean's interval is corrected for bias and skewness (BCa, Efron 1987). The median's is the percentile interval: its
//! jackknife, from which BCa takes its acceleration, is inconsistent. Of fewer than ten observations both are narrow (a nominal
//! 95 % is near 90 % of six): they show the spread; claims rest on [`crate::randomisation`] and [`crate::equivalence`].

use rand::Rng;
use serde::{Deserialize, Serialize};
use statrs::distribution::{ContinuousCDF, Normal};

use crate::bootstrap::{MIN_OBSERVATIONS, quantile};
use crate::distribution::normal_quantile;
use crate::equivalence::centre;
use crate::error::StatsError;
use crate::hodges_lehmann::median;

/// A statistic with its interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct SampleInterval {
    /// The statistic of the sample.
    pub estimate: f64,
    /// Lower end.
    pub ci_low: f64,
    /// Upper end.
    pub ci_high: f64,
}

/// Mean and median of one sample, each with its interval at `level` in `(0, 1)`, from the same `resamples` draws (at least 100).
///
/// # Errors
/// Fewer than [`MIN_OBSERVATIONS`], values that are not finite, options outside their domain.
pub fn mean_and_median<R: Rng + ?Sized>(
    rng: &mut R,
    sample: &[f64],
    resamples: usize,
    level: f64,
) -> Result<(SampleInterval, SampleInterval), StatsError> {
    let n = sample.len();
    if n < MIN_OBSERVATIONS {
        return Err(StatsError::TooFew { n, needed: MIN_OBSERVATIONS });
    }
    if sample.iter().any(|v| !v.is_finite()) {
        return Err(StatsError::out_of_range("each observation", "finite"));
    }
    if resamples < 100 {
        return Err(StatsError::out_of_range("resamples", "at least 100"));
    }
    if !(level > 0.0 && level < 1.0) {
        return Err(StatsError::out_of_range("level", "between 0 and 1"));
    }
    let (mut means, mut medians) = (Vec::with_capacity(resamples), Vec::with_capacity(resamples));
    let mut drawn = vec![0.0; n];
    for _ in 0..resamples {
        drawn.fill_with(|| sample[rng.random_range(0..n)]);
        drawn.sort_by(f64::total_cmp);
        means.push(centre(&drawn));
        medians.push(median(&drawn));
    }
    let mut sorted = sample.to_vec();
    sorted.sort_by(f64::total_cmp);
    let mean = centre(&sorted);
    let without: Vec<f64> = sorted.iter().map(|v| mean + (mean - v) / (n - 1) as f64).collect();
    let (low, high) = bca(&mut means, mean, &without, level);
    medians.sort_by(f64::total_cmp);
    let tail = (1.0 - level) / 2.0;
    let ends = [quantile(&medians, tail), quantile(&medians, 1.0 - tail)];
    Ok((
        SampleInterval { estimate: mean, ci_low: low, ci_high: high },
        SampleInterval { estimate: median(&sorted), ci_low: ends[0], ci_high: ends[1] },
    ))
}

/// Ends of the BCa interval: `replicates` of a statistic (sorted by this), what it is of the whole sample, and what it is of the
/// sample without each observation in turn. Replicates that are all the same are the interval.
pub fn bca(replicates: &mut [f64], estimate: f64, jackknife: &[f64], level: f64) -> (f64, f64) {
    replicates.sort_by(f64::total_cmp);
    let b = replicates.len();
    let below = replicates.partition_point(|v| *v < estimate);
    let at_most = replicates.partition_point(|v| *v <= estimate);
    let share = (below + at_most) as f64 / (2 * b) as f64;
    if share <= 0.0 || share >= 1.0 {
        // The estimate is outside of its own replicates: there is no correction for that.
        let tail = (1.0 - level) / 2.0;
        return (quantile(replicates, tail), quantile(replicates, 1.0 - tail));
    }
    let bias = normal_quantile(share);
    let centre = jackknife.iter().sum::<f64>() / jackknife.len() as f64;
    let (mut squares, mut cubes) = (0.0, 0.0);
    for v in jackknife {
        squares += (centre - v).powi(2);
        cubes += (centre - v).powi(3);
    }
    let acceleration = if squares > 0.0 { cubes / (6.0 * squares.powf(1.5)) } else { 0.0 };
    let normal = Normal::standard();
    let end = |p: f64| {
        let z = bias + normal_quantile(p);
        quantile(replicates, normal.cdf(bias + z / (1.0 - acceleration * z)))
    };
    let tail = (1.0 - level) / 2.0;
    (end(tail), end(1.0 - tail))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use rand::SeedableRng;
    use rand::rngs::SmallRng;

    #[test]
    fn covers_about_as_often_as_it_says() {
        let mut rng = SmallRng::seed_from_u64(7);
        let (mut mean_held, mut median_held, rounds) = (0, 0, 400);
        for _ in 0..rounds {
            // Sums of twelve uniforms are nearly normal, about 0.
            let sample: Vec<f64> =
                (0..20).map(|_| (0..12).map(|_| rng.random::<f64>()).sum::<f64>() - 6.0).collect();
            let (mean, median) = mean_and_median(&mut rng, &sample, 500, 0.95).unwrap();
            mean_held += u32::from(mean.ci_low <= 0.0 && 0.0 <= mean.ci_high);
            median_held += u32::from(median.ci_low <= 0.0 && 0.0 <= median.ci_high);
        }
        for held in [mean_held, median_held] {
            let share = f64::from(held) / f64::from(rounds);
            assert!((0.90..0.98).contains(&share), "{share}");
        }
    }

    #[test]
    fn constant_samples_are_their_interval() {
        let mut rng = SmallRng::seed_from_u64(7);
        let (mean, median) = mean_and_median(&mut rng, &[2.0; 6], 100, 0.95).unwrap();
        assert_eq!((mean.ci_low, mean.ci_high, median.estimate), (2.0, 2.0, 2.0));
        assert!(mean_and_median(&mut rng, &[2.0; 4], 100, 0.95).is_err());
    }
}
