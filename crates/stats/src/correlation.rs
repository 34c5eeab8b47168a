//! Pearson and Spearman correlation of autocorrelated series, with interval and p-value.

use serde::{Deserialize, Serialize};

use crate::autocorrelation::effective_n;
use crate::distribution::{normal_quantile, t_tails_from_x};
use crate::error::{Side, StatsError};
use crate::permutation::{exact_p, least_p};
use crate::series::{Pairs, complete_pairs, mid_ranks, standard_form};

/// Least number of complete pairs a correlation is computed from.
pub const MIN_PAIRS: usize = 3;

/// Which coefficient.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// Linear association.
    Pearson,
    /// Monotone association: Pearson's r of the mid-ranks.
    Spearman,
}

/// A coefficient and how far to trust it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Correlation {
    /// The coefficient, in `[-1, 1]`.
    pub r: f64,
    /// Complete pairs.
    pub n: usize,
    /// Effective number of independent pairs, in `[3, n]`: see [`crate::autocorrelation`].
    pub n_eff: f64,
    /// Lower end of the 95 % confidence interval.
    pub ci_low: f64,
    /// Upper end of the 95 % confidence interval.
    pub ci_high: f64,
    /// Two-sided p-value of no association: t distribution with `n_eff - 2` degrees of freedom; of at most
    /// [`MOST_PAIRS`](crate::permutation::MOST_PAIRS) pairs not below the exact one, and never below what so many can have.
    pub p: f64,
}

/// Pearson's r of the bins where both series are known.
///
/// # Errors
/// Series of different lengths, fewer than [`MIN_PAIRS`] pairs, or a series constant over the pairs.
pub fn pearson(x: &[Option<f64>], y: &[Option<f64>]) -> Result<Correlation, StatsError> {
    correlate(Method::Pearson, x, y)
}

/// Spearman's rho (mid-ranks for ties) of the bins where both series are known. The effective sample size is
/// that of the ranks.
///
/// # Errors
/// As [`pearson`].
pub fn spearman(x: &[Option<f64>], y: &[Option<f64>]) -> Result<Correlation, StatsError> {
    correlate(Method::Spearman, x, y)
}

/// Either coefficient, see [`pearson`] and [`spearman`].
///
/// # Errors
/// As [`pearson`].
pub fn correlate(method: Method, x: &[Option<f64>], y: &[Option<f64>]) -> Result<Correlation, StatsError> {
    of_pairs(method, &complete_pairs(x, y)?)
}

/// Correlation of pairs already matched.
///
/// # Errors
/// Too few pairs or a constant series.
pub fn of_pairs(method: Method, pairs: &Pairs) -> Result<Correlation, StatsError> {
    let (r, x, y) = coefficient(method, pairs)?;
    let n_eff = effective_n(&pairs.position, &x, &y);
    let (ci_low, ci_high) = fisher_interval(r, n_eff, 0.95);
    let n = pairs.len();
    let least = exact_p(&x, &y).unwrap_or_else(|| least_p(n));
    Ok(Correlation { r, n, n_eff, ci_low, ci_high, p: p_value(r, n_eff).max(least) })
}

/// The coefficient alone, and both series in standard form: what it costs to know how far to trust it is most of the work.
pub(crate) fn coefficient(method: Method, pairs: &Pairs) -> Result<(f64, Vec<f64>, Vec<f64>), StatsError> {
    let n = pairs.len();
    if n < MIN_PAIRS {
        return Err(StatsError::TooFew { n, needed: MIN_PAIRS });
    }
    let standard = |values: &[f64]| match method {
        Method::Pearson => standard_form(values),
        Method::Spearman => standard_form(&mid_ranks(values)),
    };
    let (x, y) = match (standard(&pairs.x), standard(&pairs.y)) {
        (Some(x), Some(y)) => (x, y),
        (None, Some(_)) => return Err(StatsError::Constant { side: Side::X }),
        (Some(_), None) => return Err(StatsError::Constant { side: Side::Y }),
        (None, None) => return Err(StatsError::Constant { side: Side::Both }),
    };
    let r = x.iter().zip(&y).map(|(a, b)| a * b).sum::<f64>().clamp(-1.0, 1.0);
    Ok((r, x, y))
}

/// Fisher's interval `tanh(atanh r ± z / sqrt(n_eff - 3))`. With `n_eff <= 3` nothing is known: `(-1, 1)`.
#[must_use]
pub fn fisher_interval(r: f64, n_eff: f64, level: f64) -> (f64, f64) {
    if n_eff <= 3.0 {
        return (-1.0, 1.0);
    }
    if r.abs() >= 1.0 {
        return (r.signum(), r.signum());
    }
    let half = normal_quantile(0.5 + level / 2.0) / (n_eff - 3.0).sqrt();
    ((r.atanh() - half).tanh(), (r.atanh() + half).tanh())
}

/// Two-sided p-value of `t = r sqrt((n_eff - 2) / (1 - r²))` with `n_eff - 2` degrees of freedom; `n_eff > 2`.
#[must_use]
pub fn p_value(r: f64, n_eff: f64) -> f64 {
    // dof / (dof + t²) is exactly 1 - r²; the product avoids cancellation near |r| = 1.
    t_tails_from_x((1.0 - r) * (1.0 + r), n_eff - 2.0)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn some(values: &[f64]) -> Vec<Option<f64>> {
        values.iter().copied().map(Some).collect()
    }

    #[test]
    fn a_constant_series_is_named() {
        let (flat, ramp) = (some(&[0.1; 5]), some(&[1.0, 2.0, 3.0, 4.0, 5.0]));
        assert_eq!(pearson(&flat, &ramp).unwrap_err(), StatsError::Constant { side: Side::X });
        assert_eq!(spearman(&ramp, &flat).unwrap_err(), StatsError::Constant { side: Side::Y });
        let message = pearson(&flat, &flat).unwrap_err().to_string();
        assert_eq!(message, "both series are constant");
    }

    #[test]
    fn perfect_and_tiny_samples_stay_numbers() {
        let ramp = some(&[1.0, 2.0, 3.0]);
        let c = pearson(&ramp, &ramp).unwrap();
        // Three pairs are in order one time in three.
        assert!((c.r - 1.0).abs() < 1e-12 && (c.p - 1.0 / 3.0).abs() < 1e-12);
        assert_eq!((c.ci_low, c.ci_high), (-1.0, 1.0));
        assert_eq!(fisher_interval(-1.0, 10.0, 0.95), (-1.0, -1.0));
        assert_eq!(pearson(&ramp[..2], &ramp[..2]).unwrap_err(), StatsError::TooFew { n: 2, needed: 3 });
    }

    #[test]
    fn spearman_sees_any_monotone_curve() {
        let x: Vec<f64> = (0..30).map(|v| f64::from((v * 7) % 30)).collect();
        let y: Vec<f64> = x.iter().map(|v| (v / 3.0).exp()).collect();
        assert!((spearman(&some(&x), &some(&y)).unwrap().r - 1.0).abs() < 1e-12);
        assert!(pearson(&some(&x), &some(&y)).unwrap().r < 0.8);
    }
}
