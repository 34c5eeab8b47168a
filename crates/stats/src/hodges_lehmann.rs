//! By how much one sample lies above another: Hodges & Lehmann (1963), with the interval that inverts Wilcoxon's tests
//! (Hollander, Wolfe & Chicken, 3rd ed., sections 3.3 and 4.3; the rule for its ends is that of R's `wilcox.test`).

use serde::{Deserialize, Serialize};

use crate::distribution::normal_quantile;
use crate::error::{StatsError, same_length};
use crate::rank_distribution::{mann_whitney, signed_rank};

/// Up to this many observations a side, the interval's ends are those of the exact distribution.
pub const MOST_EXACT: usize = 50;

/// A shift with its interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Shift {
    /// Median of all differences.
    pub estimate: f64,
    /// Lower end.
    pub ci_low: f64,
    /// Upper end.
    pub ci_high: f64,
    /// How often such an interval holds the shift. Of a few observations even the widest holds it less often than was asked for:
    /// of three against three 90 % of the times.
    pub level: f64,
}

/// Shift of `x` against `y`: the median of the differences of all pairs, in the unit of the samples. `level` in `(0, 1)` is
/// what is asked for.
///
/// # Errors
/// An empty sample, a value that is not finite, or a level outside its domain.
pub fn two_sample(x: &[f64], y: &[f64], level: f64) -> Result<Shift, StatsError> {
    check(&[x, y], level)?;
    let differences = x.iter().flat_map(|a| y.iter().map(move |b| a - b)).collect();
    let (m, n) = (x.len(), y.len());
    if m.max(n) <= MOST_EXACT {
        return Ok(inverted(differences, level, &mann_whitney(m, n)));
    }
    let product = (m * n) as f64;
    let sd = (product * (m + n + 1) as f64 / 12.0).sqrt();
    Ok(approximate(differences, level, product / 2.0, sd))
}

/// Shift of `x` against `y` where `x[i]` and `y[i]` belong together: the median of the means of all pairs of differences (Walsh
/// averages).
///
/// # Errors
/// As [`two_sample`], and samples of different lengths.
pub fn paired(x: &[f64], y: &[f64], level: f64) -> Result<Shift, StatsError> {
    same_length(x.len(), y.len())?;
    check(&[x, y], level)?;
    let d: Vec<f64> = x.iter().zip(y).map(|(a, b)| a - b).collect();
    let averages = (0..d.len()).flat_map(|i| (0..=i).map(move |j| (i, j)));
    let averages: Vec<f64> = averages.map(|(i, j)| f64::midpoint(d[i], d[j])).collect();
    if d.len() <= MOST_EXACT {
        return Ok(inverted(averages, level, &signed_rank(d.len())));
    }
    let n = d.len() as f64;
    let sd = (n * (n + 1.0) * (2.0 * n + 1.0) / 24.0).sqrt();
    Ok(approximate(averages, level, n * (n + 1.0) / 4.0, sd))
}

fn check(samples: &[&[f64]], level: f64) -> Result<(), StatsError> {
    for sample in samples {
        if sample.is_empty() {
            return Err(StatsError::TooFew { n: 0, needed: 1 });
        }
        if sample.iter().any(|v| !v.is_finite()) {
            return Err(StatsError::out_of_range("each observation", "finite"));
        }
    }
    if level > 0.0 && level < 1.0 {
        Ok(())
    } else {
        Err(StatsError::out_of_range("level", "between 0 and 1"))
    }
}

/// The interval from the k-th smallest to the k-th greatest: k is the least that the statistic is at most with probability
/// `alpha / 2`, and at least 1. `at_most[q]` is `P(statistic <= q)`.
fn inverted(mut values: Vec<f64>, level: f64, at_most: &[f64]) -> Shift {
    values.sort_by(f64::total_cmp);
    let tail = (1.0 - level) / 2.0;
    // Probabilities are ratios of whole numbers; what differs by rounding is the same.
    let k = at_most.iter().position(|p| *p >= tail - 1e-12).unwrap_or(0).max(1);
    ends(&values, k, 1.0 - 2.0 * at_most[k - 1])
}

fn approximate(mut values: Vec<f64>, level: f64, centre: f64, sd: f64) -> Shift {
    values.sort_by(f64::total_cmp);
    let k = (centre + normal_quantile((1.0 - level) / 2.0) * sd).floor().max(1.0);
    ends(&values, k as usize, level)
}

fn ends(sorted: &[f64], k: usize, level: f64) -> Shift {
    let k = k.min(sorted.len().div_ceil(2));
    Shift {
        estimate: median(sorted),
        ci_low: sorted[k - 1],
        ci_high: sorted[sorted.len() - k],
        level: level.max(0.0),
    }
}

/// Median of sorted values, at least one.
pub(crate) fn median(sorted: &[f64]) -> f64 {
    let middle = sorted.len() / 2;
    if sorted.len() % 2 == 1 { sorted[middle] } else { f64::midpoint(sorted[middle - 1], sorted[middle]) }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn few_observations_say_how_much_they_can_promise() {
        let shift = two_sample(&[11.0, 12.0, 13.0], &[1.0, 2.0, 3.0], 0.95).unwrap();
        assert_eq!((shift.estimate, shift.ci_low, shift.ci_high), (10.0, 8.0, 12.0));
        assert!((shift.level - 0.9).abs() < 1e-12);
        let one = two_sample(&[3.0], &[1.0], 0.95).unwrap();
        assert_eq!((one.estimate, one.ci_low, one.ci_high, one.level), (2.0, 2.0, 2.0, 0.0));
    }

    #[test]
    fn many_observations_meet_the_exact_interval() {
        let x: Vec<f64> = (0..51).map(|i| f64::from(i * 37 % 51)).collect();
        let y: Vec<f64> = (0..50).map(|i| f64::from(i * 29 % 50) * 1.1 + 0.05).collect();
        let (many, few) = (two_sample(&x, &y, 0.95).unwrap(), two_sample(&x[..50], &y, 0.95).unwrap());
        assert!((many.ci_low - few.ci_low).abs() < 1.5 && (many.ci_high - few.ci_high).abs() < 1.5);
        assert!(paired(&x[..3], &y[..2], 0.95).is_err());
        assert!(two_sample(&[f64::NAN], &y, 0.95).is_err());
        assert!(two_sample(&[], &y, 0.95).is_err());
    }
}
