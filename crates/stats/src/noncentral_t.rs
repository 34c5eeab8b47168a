//! The noncentral t distribution: Lenth (1989), Applied Statistics algorithm AS 243.

use statrs::distribution::{ContinuousCDF, Normal};
use statrs::function::beta::beta_reg;
use statrs::function::gamma::ln_gamma;

/// Beyond that the series' first terms underflow; the distribution is then far on one side of any t that is asked for.
const MOST_DELTA: f64 = 37.0;

/// `P(T <= t)` with `dof > 0` degrees of freedom and noncentrality `delta`; to about 1e-12.
#[must_use]
pub fn cdf(t: f64, dof: f64, delta: f64) -> f64 {
    if t < 0.0 {
        return 1.0 - cdf(-t, dof, -delta);
    }
    let normal = Normal::standard();
    if delta.abs() > MOST_DELTA {
        // Johnson & Kotz: close to normal.
        let z = (t * (1.0 - 0.25 / dof) - delta) / (1.0 + t * t / (2.0 * dof)).sqrt();
        return normal.cdf(z);
    }
    let x = t * t / (t * t + dof);
    let half = delta * delta / 2.0;
    let mut sum = 0.0;
    if x > 0.0 {
        let ln_half = half.max(f64::MIN_POSITIVE).ln();
        let mut left = 1.0;
        for j in 0..5000 {
            let k = f64::from(j);
            let poisson = (k * ln_half - half - ln_gamma(k + 1.0)).exp();
            let other = delta / std::f64::consts::SQRT_2 * (k * ln_half - half - ln_gamma(k + 1.5)).exp();
            sum += poisson * beta_reg(k + 0.5, dof / 2.0, x) + other * beta_reg(k + 1.0, dof / 2.0, x);
            left -= poisson;
            if k > half && left.abs() < 1e-14 {
                break;
            }
            if k > half && poisson < 1e-17 {
                break;
            }
        }
    }
    (normal.cdf(-delta) + sum / 2.0).clamp(0.0, 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::distribution::t_two_sided_p;

    #[test]
    fn central_is_students() {
        for t in [0.0, 0.5, 2.0, 7.0] {
            assert!((cdf(t, 9.0, 0.0) - (1.0 - t_two_sided_p(t, 9.0) / 2.0)).abs() < 1e-13);
        }
        assert!((cdf(-1.0, 4.0, 0.5) - (1.0 - cdf(1.0, 4.0, -0.5))).abs() < 1e-15);
    }
}
