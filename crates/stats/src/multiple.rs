//! Many tests at once: adjusted p-values that control the false discovery rate.
//!
//! A pair of series may be called associated at rate `a` when its adjusted p-value is at most `a`.

use crate::error::StatsError;

/// Benjamini & Hochberg (1995): `min over j >= i of p_(j) m / j`. Valid for independent or positively dependent
/// tests. Same order as the input.
///
/// # Errors
/// [`StatsError::OutOfRange`] when a p-value is not in `[0, 1]`.
pub fn benjamini_hochberg(p: &[f64]) -> Result<Vec<f64>, StatsError> {
    step_up(p, 1.0)
}

/// Benjamini & Yekutieli (2001): as [`benjamini_hochberg`] times `sum 1/i`. Valid under any dependence.
///
/// # Errors
/// As [`benjamini_hochberg`].
pub fn benjamini_yekutieli(p: &[f64]) -> Result<Vec<f64>, StatsError> {
    step_up(p, (1..=p.len()).map(|i| 1.0 / i as f64).sum())
}

/// Holm (1979): `max over j <= i of p_(j) (m - j + 1)`, at most 1. Controls the chance of any false finding at all, under any
/// dependence. Same order as the input.
///
/// # Errors
/// As [`benjamini_hochberg`].
pub fn holm(p: &[f64]) -> Result<Vec<f64>, StatsError> {
    if p.iter().any(|v| !(0.0..=1.0).contains(v)) {
        return Err(StatsError::out_of_range("p-value", "in [0, 1]"));
    }
    let mut order: Vec<usize> = (0..p.len()).collect();
    order.sort_by(|&a, &b| p[a].total_cmp(&p[b]));
    let mut adjusted = vec![0.0; p.len()];
    let mut most: f64 = 0.0;
    for (rank, &index) in order.iter().enumerate() {
        most = most.max(p[index] * (p.len() - rank) as f64).min(1.0);
        adjusted[index] = most;
    }
    Ok(adjusted)
}

fn step_up(p: &[f64], factor: f64) -> Result<Vec<f64>, StatsError> {
    if p.iter().any(|v| !(0.0..=1.0).contains(v)) {
        return Err(StatsError::out_of_range("p-value", "in [0, 1]"));
    }
    let mut order: Vec<usize> = (0..p.len()).collect();
    order.sort_by(|&a, &b| p[a].total_cmp(&p[b]));
    let mut adjusted = vec![0.0; p.len()];
    let mut least: f64 = 1.0;
    for (rank, &index) in order.iter().enumerate().rev() {
        least = least.min(p[index] * factor * p.len() as f64 / (rank + 1) as f64);
        adjusted[index] = least;
    }
    Ok(adjusted)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn refuses_what_is_no_probability() {
        for bad in [f64::NAN, -0.1, 1.1] {
            assert!(benjamini_hochberg(&[0.5, bad]).is_err());
        }
        assert_eq!(benjamini_yekutieli(&[]).unwrap(), Vec::<f64>::new());
    }

    #[test]
    fn by_hand() {
        let adjusted = benjamini_hochberg(&[0.04, 0.01, 0.03]).unwrap();
        for (a, expected) in adjusted.iter().zip([0.04, 0.03, 0.04]) {
            assert!((a - expected).abs() < 1e-15);
        }
    }
}
