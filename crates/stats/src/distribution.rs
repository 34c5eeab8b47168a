//! Student's t and the normal distribution: two-sided tail probabilities and quantiles.

use statrs::distribution::{Continuous, ContinuousCDF, Normal, StudentsT};
use statrs::function::beta::beta_reg;

/// P(|T| > |t|) written in terms of `x = dof / (dof + t²)`, which is `1 - r²` for a correlation: the regularised
/// incomplete beta function I_x(dof/2, 1/2), free of the cancellation of `1 - cdf`. `dof > 0`, `x` in `[0, 1]`.
#[must_use]
pub fn t_tails_from_x(x: f64, dof: f64) -> f64 {
    if x <= 0.0 { 0.0 } else { beta_reg(dof / 2.0, 0.5, x.min(1.0)).clamp(0.0, 1.0) }
}

/// Two-sided p-value of Student's t with `dof > 0` degrees of freedom.
#[must_use]
pub fn t_two_sided_p(t: f64, dof: f64) -> f64 {
    t_tails_from_x(dof / (dof + t * t), dof)
}

/// One-sided p-value `P(T > t)` of Student's t with `dof > 0` degrees of freedom.
#[must_use]
pub fn t_upper_tail(t: f64, dof: f64) -> f64 {
    let tail = t_two_sided_p(t, dof) / 2.0;
    if t >= 0.0 { tail } else { 1.0 - tail }
}

/// Quantile of Student's t: the value below which lies probability `p` in `(0, 1)`; `dof > 0`, not an integer
/// of necessity. Outside the domain: infinity of the sign of `p - 1/2`.
#[must_use]
pub fn t_quantile(p: f64, dof: f64) -> f64 {
    let Ok(t) = StudentsT::new(0.0, 1.0, dof) else { return f64::INFINITY.copysign(p - 0.5) };
    if !(p > 0.0 && p < 1.0) {
        return f64::INFINITY.copysign(p - 0.5);
    }
    if p == 0.5 {
        return 0.0;
    }
    let tail = 2.0 * p.min(1.0 - p);
    let mut q = t.inverse_cdf(p).abs();
    // Newton steps on the tail polish the library's iterative inverse.
    for _ in 0..3 {
        let step = (t_two_sided_p(q, dof) - tail) / (2.0 * t.pdf(q));
        if step.is_finite() && step.abs() < q {
            q += step;
        }
    }
    q.copysign(p - 0.5)
}

/// Quantile of the standard normal distribution, `p` in `(0, 1)`.
#[must_use]
pub fn normal_quantile(p: f64) -> f64 {
    if p > 0.0 && p < 1.0 { Normal::standard().inverse_cdf(p) } else { f64::INFINITY.copysign(p - 0.5) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tails_and_quantile_are_inverse() {
        for dof in [1.0, 1.5, 3.0, 28.4, 1e4] {
            for p in [0.9, 0.975, 0.9999] {
                let q = t_quantile(p, dof);
                assert!((t_two_sided_p(q, dof) / (2.0 * (1.0 - p)) - 1.0).abs() < 1e-10, "{dof} {p}");
                assert!((t_quantile(1.0 - p, dof) + q).abs() < 1e-9 * q);
            }
        }
        assert_eq!(t_quantile(0.5, 4.0), 0.0);
        assert_eq!(t_quantile(1.0, 4.0), f64::INFINITY);
    }
}
