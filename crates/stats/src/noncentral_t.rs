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
        // Weights, and incomplete beta functions of a rising first argument, each from the one before it.
        let mut poisson = (-half).exp();
        let mut other = delta * (2.0 / std::f64::consts::PI).sqrt() * poisson;
        let (mut odd, mut even) = (Beta::of(0.5, dof / 2.0, x), Beta::of(1.0, dof / 2.0, x));
        let mut left = 1.0;
        for j in 0..5000 {
            let k = f64::from(j);
            sum += poisson * odd.value + other * even.value;
            left -= poisson;
            if k > half && (left.abs() < 1e-14 || poisson < 1e-17) {
                break;
            }
            poisson *= half / (k + 1.0);
            other *= half / (k + 1.5);
            odd.next();
            even.next();
        }
    }
    (normal.cdf(-delta) + sum / 2.0).clamp(0.0, 1.0)
}

/// The regularised incomplete beta function `I_x(a, b)`, for one `a` after the other.
struct Beta {
    value: f64,
    /// By how much it falls with the next: `x^a (1 - x)^b / (a B(a, b))`.
    fall: f64,
    a: f64,
    b: f64,
    x: f64,
}

impl Beta {
    fn of(a: f64, b: f64, x: f64) -> Self {
        let fall = a * x.ln() + b * (-x).ln_1p() + ln_gamma(a + b) - ln_gamma(a + 1.0) - ln_gamma(b);
        Self { value: beta_reg(a, b, x), fall: fall.exp(), a, b, x }
    }

    fn next(&mut self) {
        self.value = (self.value - self.fall).max(0.0);
        self.fall *= self.x * (self.a + self.b) / (self.a + 1.0);
        self.a += 1.0;
    }
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
