//! Series with gaps: complete pairs, means, mid-ranks, standard form.

use crate::error::{StatsError, same_length};

/// Relative range below which a series counts as constant: far above the rounding of sums, far below one byte
/// in ten gigabytes.
pub const CONSTANT_RELATIVE_RANGE: f64 = 1e-12;

/// The value if it is a finite number: `NaN` and infinities are missing values.
#[must_use]
pub fn finite(value: Option<f64>) -> Option<f64> {
    value.filter(|v| v.is_finite())
}

/// The finite values, in order.
#[must_use]
pub fn present(series: &[Option<f64>]) -> Vec<f64> {
    series.iter().filter_map(|v| finite(*v)).collect()
}

/// Pairwise-complete observations of two series.
#[derive(Debug, Clone, PartialEq)]
pub struct Pairs {
    /// Bin of the x value, strictly increasing: gaps keep their width.
    pub position: Vec<usize>,
    /// Values of the first series.
    pub x: Vec<f64>,
    /// Values of the second series.
    pub y: Vec<f64>,
}

impl Pairs {
    /// Number of complete pairs.
    #[must_use]
    pub fn len(&self) -> usize {
        self.x.len()
    }

    /// Whether no bin holds both values.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.x.is_empty()
    }
}

/// Pairs `(x[t], y[t])` where both are finite.
///
/// # Errors
/// [`StatsError::LengthMismatch`] when the series are not parallel.
pub fn complete_pairs(x: &[Option<f64>], y: &[Option<f64>]) -> Result<Pairs, StatsError> {
    lagged_pairs(x, y, 0)
}

/// Pairs `(x[t], y[t + lag])` where both are finite: a positive lag pairs each x with a later y.
///
/// # Errors
/// [`StatsError::LengthMismatch`] when the series are not parallel.
pub fn lagged_pairs(x: &[Option<f64>], y: &[Option<f64>], lag: i64) -> Result<Pairs, StatsError> {
    same_length(x.len(), y.len())?;
    let mut pairs = Pairs { position: Vec::new(), x: Vec::new(), y: Vec::new() };
    for (t, x_value) in x.iter().enumerate() {
        let shifted =
            i64::try_from(t).ok().and_then(|t| t.checked_add(lag)).and_then(|t| usize::try_from(t).ok());
        let y_value = shifted.and_then(|s| y.get(s)).copied().flatten();
        if let (Some(a), Some(b)) = (finite(*x_value), finite(y_value)) {
            pairs.position.push(t);
            pairs.x.push(a);
            pairs.y.push(b);
        }
    }
    Ok(pairs)
}

/// Arithmetic mean of the finite values, `None` when there is none. Does not overflow.
#[must_use]
pub fn mean_present(series: &[Option<f64>]) -> Option<f64> {
    mean(&present(series))
}

/// Arithmetic mean, `None` of nothing. Finite input gives a finite result.
#[must_use]
pub fn mean(values: &[f64]) -> Option<f64> {
    let scale = exact_scale(values);
    if values.is_empty() {
        None
    } else if scale == 0.0 {
        Some(0.0)
    } else {
        // Dividing first keeps sums of numbers near the largest double finite.
        let mean = values.iter().map(|v| v / scale).sum::<f64>() / values.len() as f64;
        Some((mean * scale).clamp(-f64::MAX, f64::MAX))
    }
}

/// Ranks from 1; equal values share the mean of their ranks (mid-ranks).
#[must_use]
pub fn mid_ranks(values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&a, &b| values[a].total_cmp(&values[b]));
    let mut ranks = vec![0.0; values.len()];
    let mut start = 0;
    while start < order.len() {
        let mut end = start + 1;
        while end < order.len() && values[order[end]] == values[order[start]] {
            end += 1;
        }
        // Ranks start+1 ..= end have this mean.
        let rank = (start + 1 + end) as f64 / 2.0;
        for &index in &order[start..end] {
            ranks[index] = rank;
        }
        start = end;
    }
    ranks
}

/// Whether the values do not vary beyond rounding ([`CONSTANT_RELATIVE_RANGE`] of the largest magnitude). The
/// empty slice and a single value are constant.
#[must_use]
pub fn is_constant(values: &[f64]) -> bool {
    let scale = max_abs(values);
    if scale == 0.0 {
        return true;
    }
    let low = values.iter().fold(f64::INFINITY, |m, v| m.min(v / scale));
    let high = values.iter().fold(f64::NEG_INFINITY, |m, v| m.max(v / scale));
    high - low <= CONSTANT_RELATIVE_RANGE
}

/// The values centred and scaled to unit Euclidean length, so that the dot product of two is Pearson's r.
/// `None` for a constant series.
#[must_use]
pub fn standard_form(values: &[f64]) -> Option<Vec<f64>> {
    if is_constant(values) {
        return None;
    }
    let scale = exact_scale(values);
    let scaled: Vec<f64> = values.iter().map(|v| v / scale).collect();
    let centre = mean(&scaled)?;
    let near: Vec<f64> = scaled.iter().map(|v| v - centre).collect();
    // A second pass takes out the rounding of the first mean: counters have a large offset and a small spread.
    let rest = mean(&near)?;
    let centred: Vec<f64> = near.iter().map(|v| v - rest).collect();
    let spread = max_abs(&centred);
    let norm = centred.iter().map(|v| (v / spread).powi(2)).sum::<f64>().sqrt() * spread;
    Some(centred.iter().map(|v| v / norm).collect())
}

fn max_abs(values: &[f64]) -> f64 {
    values.iter().fold(0.0, |m: f64, v| m.max(v.abs()))
}

/// A power of two near the largest magnitude: dividing by it rounds nothing (but subnormal results). Zero if all
/// values are.
fn exact_scale(values: &[f64]) -> f64 {
    let largest = max_abs(values);
    if largest == 0.0 { 0.0 } else { largest.log2().floor().min(1023.0).exp2() }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn nan_and_infinity_are_missing() {
        let x = [Some(1.0), Some(f64::NAN), Some(3.0), None, Some(5.0)];
        let y = [Some(1.0), Some(2.0), Some(f64::INFINITY), Some(4.0), Some(6.0)];
        let pairs = complete_pairs(&x, &y).unwrap();
        assert_eq!(pairs.position, [0, 4]);
        assert_eq!((pairs.x, pairs.y), (vec![1.0, 5.0], vec![1.0, 6.0]));
        assert_eq!(mean_present(&x), Some(3.0));
        assert_eq!(mean_present(&[None, Some(f64::NAN)]), None);
    }

    #[test]
    fn positive_lag_takes_a_later_y() {
        let x: Vec<_> = (0..4).map(|v| Some(f64::from(v))).collect();
        let pairs = lagged_pairs(&x, &x, 1).unwrap();
        assert_eq!((pairs.x, pairs.y), (vec![0.0, 1.0, 2.0], vec![1.0, 2.0, 3.0]));
        let pairs = lagged_pairs(&x, &x, -3).unwrap();
        assert_eq!((pairs.position, pairs.y), (vec![3], vec![0.0]));
        assert!(lagged_pairs(&x, &x, i64::MAX).unwrap().is_empty());
        assert!(lagged_pairs(&x, &x, i64::MIN).unwrap().is_empty());
        assert_eq!(
            complete_pairs(&x, &x[1..]).unwrap_err(),
            StatsError::LengthMismatch { left: 4, right: 3 }
        );
    }

    #[test]
    fn ties_share_their_mean_rank() {
        assert_eq!(mid_ranks(&[10.0, 20.0, 20.0, 5.0, 20.0]), [2.0, 4.0, 4.0, 1.0, 4.0]);
        assert_eq!(mid_ranks(&[0.0, -0.0]), [1.5, 1.5]);
    }

    #[test]
    fn extremes_neither_overflow_nor_count_as_constant() {
        assert_eq!(mean(&[f64::MAX, f64::MAX]), Some(f64::MAX));
        assert!(is_constant(&[0.1 + 0.2, 0.3]));
        assert!(!is_constant(&[8e9, 8e9 + 1.0]));
        for values in [[f64::MAX, -f64::MAX, 0.0], [5e-324, 0.0, 0.0]] {
            let norm: f64 = standard_form(&values).unwrap().iter().map(|v| v * v).sum();
            assert!((norm - 1.0).abs() < 1e-12, "{norm}");
        }
    }
}
