//! How often a value of one sample is above one of the other: Cliff's delta (Cliff 1993), from -1 (never) over 0 (as often as
//! not) to 1 (always), with the asymmetric interval of Feng & Cliff (2004).

use serde::{Deserialize, Serialize};

use crate::distribution::t_quantile;
use crate::error::StatsError;

/// Delta with its interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Delta {
    /// `P(x > y) - P(x < y)` over all pairs.
    pub estimate: f64,
    /// Lower end.
    pub ci_low: f64,
    /// Upper end.
    pub ci_high: f64,
}

impl Delta {
    /// How large it is called: Romano et al. (2006): 0.147, 0.33, 0.474.
    #[must_use]
    pub fn size(&self) -> &'static str {
        match self.estimate.abs() {
            d if d < 0.147 => "negligible",
            d if d < 0.33 => "small",
            d if d < 0.474 => "medium",
            _ => "large",
        }
    }
}

/// Delta of `x` against `y` with its interval at `level` in `(0, 1)`.
///
/// # Errors
/// Fewer than two observations a side (there is no interval), a value that is not a number, a level outside its domain.
pub fn delta(x: &[f64], y: &[f64], level: f64) -> Result<Delta, StatsError> {
    let least = x.len().min(y.len());
    if least < 2 {
        return Err(StatsError::TooFew { n: least, needed: 2 });
    }
    if x.iter().chain(y).any(|v| v.is_nan()) {
        return Err(StatsError::out_of_range("each observation", "a number"));
    }
    if !(level > 0.0 && level < 1.0) {
        return Err(StatsError::out_of_range("level", "between 0 and 1"));
    }
    let (m, n) = (x.len() as f64, y.len() as f64);
    let sign = |a: f64, b: f64| f64::from(i8::from(a > b) - i8::from(a < b));
    let of_x: Vec<f64> = x.iter().map(|a| y.iter().map(|b| sign(*a, *b)).sum::<f64>() / n).collect();
    let of_y: Vec<f64> = y.iter().map(|b| x.iter().map(|a| sign(*a, *b)).sum::<f64>() / m).collect();
    let d = of_x.iter().sum::<f64>() / m;
    let squares = |values: &[f64]| values.iter().map(|v| (v - d).powi(2)).sum::<f64>();
    let all: f64 = x.iter().flat_map(|a| y.iter().map(move |b| (sign(*a, *b) - d).powi(2))).sum();
    // Unbiased, and so below zero at times: never less than the variance of the single pairs allows.
    let unbiased = (n * n * squares(&of_x) + m * m * squares(&of_y) - all) / (m * n * (m - 1.0) * (n - 1.0));
    let variance = unbiased.max((1.0 - d * d) / (m * n - 1.0));
    let z = t_quantile(1.0 - (1.0 - level) / 2.0, m + n - 2.0);
    if d.abs() >= 1.0 {
        // No overlap: the variance is zero, and the interval that of a share of which none was seen.
        let least = m.min(n);
        let end = ((least - z * z) / (least + z * z)).max(-1.0);
        let (low, high) = if d > 0.0 { (end, 1.0) } else { (-1.0, -end) };
        return Ok(Delta { estimate: d, ci_low: low, ci_high: high });
    }
    let spread = z * z * variance;
    let width = (spread * ((1.0 - d * d).powi(2) + spread)).sqrt();
    let (centre, scale) = (d - d.powi(3), 1.0 - d * d + spread);
    let ends = [(centre - width) / scale, (centre + width) / scale].map(|v| v.clamp(-1.0, 1.0));
    Ok(Delta { estimate: d, ci_low: ends[0], ci_high: ends[1] })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn by_hand() {
        // Of 9 pairs 6 are above, 2 equal, 1 below.
        let d = delta(&[2.0, 3.0, 4.0], &[1.0, 2.0, 3.0], 0.95).unwrap();
        assert!((d.estimate - 5.0 / 9.0).abs() < 1e-15);
        assert_eq!(d.size(), "large");
        assert!(d.ci_low < d.estimate && d.estimate < d.ci_high);
    }

    #[test]
    fn without_overlap_the_end_is_not_certain() {
        let d = delta(&[5.0, 6.0, 7.0, 8.0, 9.0, 10.0], &[0.0, 1.0, 2.0, 3.0, 4.0, 4.5], 0.95).unwrap();
        assert_eq!((d.estimate, d.ci_high), (1.0, 1.0));
        assert!(d.ci_low > 0.0 && d.ci_low < 0.2, "{d:?}");
        let back = delta(&[0.0, 1.0], &[5.0, 6.0], 0.95).unwrap();
        assert_eq!((back.estimate, back.ci_low), (-1.0, -1.0));
        assert!(delta(&[1.0], &[2.0, 3.0], 0.95).is_err());
    }
}
