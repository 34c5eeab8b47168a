//! How many repetitions a question takes, and what so many can see. Sizes are in standard deviations of one repetition.
//!
//! The power of the t test is exact for normal repetitions; that of two one-sided tests is the noncentral-t approximation
//! (Diletti, Hauschke & Steinijans 1991), a little low where both tests nearly fail.

use crate::distribution::t_quantile;
use crate::noncentral_t::cdf;

/// More repetitions than that nobody makes.
pub const MOST_REPETITIONS: usize = 10_000;

/// How many observations there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Design {
    /// Two independent samples.
    TwoSample(usize, usize),
    /// So many pairs; sizes are in standard deviations of the differences.
    Paired(usize),
}

impl Design {
    /// Standard error of the difference, and its degrees of freedom.
    fn error(self) -> (f64, f64) {
        match self {
            Self::TwoSample(m, n) => ((1.0 / m as f64 + 1.0 / n as f64).sqrt(), (m + n) as f64 - 2.0),
            Self::Paired(n) => ((1.0 / n as f64).sqrt(), n as f64 - 1.0),
        }
    }
}

/// Probability that the two-sided t test at `alpha` finds a difference of `effect` standard deviations. Nothing is found without
/// a degree of freedom.
#[must_use]
pub fn of_difference(design: Design, effect: f64, alpha: f64) -> f64 {
    let (se, dof) = design.error();
    if dof < 1.0 {
        return 0.0;
    }
    let (t, delta) = (t_quantile(1.0 - alpha / 2.0, dof), effect.abs() / se);
    (1.0 - cdf(t, dof, delta) + cdf(-t, dof, delta)).clamp(0.0, 1.0)
}

/// Probability that two one-sided tests at `alpha` call equal what differs by `shift` where the margin is `margin`.
#[must_use]
pub fn of_equivalence(design: Design, margin: f64, shift: f64, alpha: f64) -> f64 {
    let (se, dof) = design.error();
    if dof < 1.0 {
        return 0.0;
    }
    let t = t_quantile(1.0 - alpha, dof);
    let (above, below) = ((shift + margin) / se, (shift - margin) / se);
    (cdf(-t, dof, below) - cdf(t, dof, above)).clamp(0.0, 1.0)
}

/// Least number of repetitions (a side, or of pairs) from 2 on for which a power that grows with it reaches `wanted`; `None` if
/// even [`MOST_REPETITIONS`] do not.
pub fn repetitions(wanted: f64, power: impl Fn(usize) -> f64) -> Option<usize> {
    let mut high = 2;
    while power(high) < wanted {
        high *= 2;
        if high > MOST_REPETITIONS {
            return None;
        }
    }
    let mut low = high / 2;
    while high - low > 1 {
        let middle = usize::midpoint(low, high);
        if power(middle) < wanted {
            low = middle;
        } else {
            high = middle;
        }
    }
    Some(high.max(2))
}

/// Smallest difference, in standard deviations, that the test at `alpha` finds with probability `wanted` in `(0, 1)`; `None`
/// without a degree of freedom.
#[must_use]
pub fn smallest_difference(design: Design, wanted: f64, alpha: f64) -> Option<f64> {
    if design.error().1 < 1.0 || !(wanted > alpha && wanted < 1.0) {
        return None;
    }
    let (mut low, mut high) = (0.0, 1.0);
    while of_difference(design, high, alpha) < wanted {
        high *= 2.0;
        if high > 1e6 {
            return None;
        }
    }
    for _ in 0..60 {
        let middle = f64::midpoint(low, high);
        if of_difference(design, middle, alpha) < wanted {
            low = middle;
        } else {
            high = middle;
        }
    }
    Some(high)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_textbook_case() {
        // Cohen (1988), table 2.4.1: d = 0.5, two-sided 0.05, power 0.8: 64 a side.
        let n = repetitions(0.8, |n| of_difference(Design::TwoSample(n, n), 0.5, 0.05));
        assert_eq!(n, Some(64));
        let d = smallest_difference(Design::TwoSample(64, 64), 0.8, 0.05).unwrap();
        assert!(d < 0.5 && d > 0.498, "{d}");
    }

    #[test]
    fn hopeless_is_none() {
        assert_eq!(repetitions(0.8, |_| 0.5), None);
        assert_eq!(smallest_difference(Design::Paired(1), 0.8, 0.05), None);
        assert_eq!(of_difference(Design::TwoSample(1, 1), 9.0, 0.05), 0.0);
        assert_eq!(of_equivalence(Design::TwoSample(2, 2), 0.1, 0.0, 0.05), 0.0);
    }
}
