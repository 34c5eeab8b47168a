//! Whether two means are the same but for a margin: two one-sided tests (Schuirmann 1987). "No difference was found" is no such
//! claim; this is.
//!
//! Margins are ratios of the means. `x / y > r` is `x - r y > 0`, which Welch's test (1947) of `x` against `r y` decides; so
//! nothing pretends that the mean of `y` is known (Hasler, Vonk & Hothorn 2008).

use serde::{Deserialize, Serialize};

use crate::distribution::{t_quantile, t_upper_tail};
use crate::error::{StatsError, same_length};

/// The greater of two one-sided p-values, and which is which.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Equivalence {
    /// Of the claim that both margins hold: the greater of the two.
    pub p: f64,
    /// Of the claim that the ratio is above the lower margin.
    pub p_above: f64,
    /// Of the claim that the ratio is below the upper margin.
    pub p_below: f64,
}

/// A difference of means that is tested against zero.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Contrast {
    /// The difference.
    pub difference: f64,
    /// Its standard error.
    pub se: f64,
    /// Degrees of freedom.
    pub dof: f64,
}

impl Contrast {
    /// One-sided p-value of the claim that the difference is above zero. Without any variation it is certain.
    fn p_above(self) -> f64 {
        if self.se > 0.0 {
            return t_upper_tail(self.difference / self.se, self.dof);
        }
        if self.difference > 0.0 { 0.0 } else { 1.0 }
    }

    /// The interval of the difference at `level` in `(0, 1)`.
    #[must_use]
    pub fn interval(self, level: f64) -> (f64, f64) {
        if self.se <= 0.0 {
            return (self.difference, self.difference);
        }
        let half = self.se * t_quantile(1.0 - (1.0 - level) / 2.0, self.dof);
        (self.difference - half, self.difference + half)
    }
}

/// Independent samples: the ratio of the means of `x` and `y` lies between `1 - margin` and `1 + margin`.
///
/// # Errors
/// Fewer than two observations a side; a value that is not finite; a mean of `y` that is not above zero; a margin outside
/// `(0, 1)`.
pub fn two_sample(x: &[f64], y: &[f64], margin: f64) -> Result<Equivalence, StatsError> {
    judge(x, y, margin, |x, y| Ok(welch(x, y)))
}

/// The same where `x[i]` and `y[i]` belong together.
///
/// # Errors
/// As [`two_sample`], and samples of different lengths.
pub fn paired(x: &[f64], y: &[f64], margin: f64) -> Result<Equivalence, StatsError> {
    same_length(x.len(), y.len())?;
    judge(x, y, margin, |x, y| {
        let d: Vec<f64> = x.iter().zip(y).map(|(a, b)| a - b).collect();
        let (mean, variance) = moments(&d);
        let n = d.len() as f64;
        Ok(Contrast { difference: mean, se: (variance / n).sqrt(), dof: n - 1.0 })
    })
}

fn judge(
    x: &[f64],
    y: &[f64],
    margin: f64,
    contrast: impl Fn(&[f64], &[f64]) -> Result<Contrast, StatsError>,
) -> Result<Equivalence, StatsError> {
    let least = x.len().min(y.len());
    if least < 2 {
        return Err(StatsError::TooFew { n: least, needed: 2 });
    }
    if x.iter().chain(y).any(|v| !v.is_finite()) {
        return Err(StatsError::out_of_range("each observation", "finite"));
    }
    if !(margin > 0.0 && margin < 1.0) {
        return Err(StatsError::out_of_range("margin", "between 0 and 1"));
    }
    if moments(y).0 <= 0.0 {
        return Err(StatsError::out_of_range("the mean that is compared with", "above zero"));
    }
    let times = |ratio: f64| y.iter().map(|v| v * ratio).collect::<Vec<f64>>();
    let p_above = contrast(x, &times(1.0 - margin))?.p_above();
    let p_below = contrast(&times(1.0 + margin), x)?.p_above();
    Ok(Equivalence { p: p_above.max(p_below), p_above, p_below })
}

/// Difference of two means with variances of their own; at least two observations a side.
#[must_use]
pub fn welch(x: &[f64], y: &[f64]) -> Contrast {
    let ((mx, vx), (my, vy)) = (moments(x), moments(y));
    let (m, n) = (x.len() as f64, y.len() as f64);
    let (a, b) = (vx / m, vy / n);
    let dof = (a + b).powi(2) / (a * a / (m - 1.0) + b * b / (n - 1.0));
    Contrast { difference: mx - my, se: (a + b).sqrt(), dof: if dof.is_finite() { dof } else { m + n - 2.0 } }
}

/// Mean and variance; at least two values.
pub(crate) fn moments(values: &[f64]) -> (f64, f64) {
    let n = values.len() as f64;
    let mean = centre(values);
    (mean, values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / (n - 1.0))
}

/// Mean of at least one value, exactly the value where all are the same.
#[must_use]
pub fn centre(values: &[f64]) -> f64 {
    values[0] + values.iter().map(|v| v - values[0]).sum::<f64>() / values.len() as f64
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn without_variation_it_is_certain() {
        assert_eq!(two_sample(&[10.0; 3], &[10.0; 3], 0.03).unwrap().p, 0.0);
        assert_eq!(two_sample(&[10.5; 3], &[10.0; 3], 0.03).unwrap().p, 1.0);
    }

    #[test]
    fn what_has_no_ratio_is_refused() {
        assert!(two_sample(&[1.0, 2.0], &[0.0, 0.0], 0.03).is_err());
        assert!(two_sample(&[1.0, 2.0], &[1.0, 2.0], 0.0).is_err());
        assert!(two_sample(&[1.0], &[1.0, 2.0], 0.03).is_err());
        assert!(two_sample(&[1.0, f64::NAN], &[1.0, 2.0], 0.03).is_err());
    }
}
