//! Mean block length of the stationary bootstrap: Politis & White (2004), "Automatic block-length selection for
//! the dependent bootstrap", with the correction of Patton, Politis & White (2009).

use crate::autocorrelation::autocorrelations;
use crate::series::standard_form;

/// Mean block length, in observations, that makes the bootstrapped variance of the mean most accurate. At least
/// 1, at most `ceil(min(3 sqrt(n), n/3))`. A constant series, or fewer than four values: 1.
#[must_use]
pub fn optimal_block_length(values: &[f64]) -> f64 {
    let count = values.len();
    let Some(standard) = standard_form(values).filter(|_| count >= 4) else { return 1.0 };
    let n = count as f64;
    // Insignificant for this many lags in a row means insignificant from there on.
    let run = (n.log10().sqrt().floor() as usize).max(5);
    let max_bandwidth = (n.sqrt().ceil() as usize + run).min(count - 1);
    let position: Vec<usize> = (0..count).collect();
    let rho = autocorrelations(&position, &standard, (max_bandwidth + run).min(count - 1));
    let noise = 2.0 * (n.log10() / n).sqrt();
    // The smallest m such that the autocorrelations m+1 ..= m+run are all noise.
    let quiet = |m: usize| rho.iter().skip(m).take(run).all(|r| r.abs() < noise);
    let m = (0..=max_bandwidth).find(|m| quiet(*m)).unwrap_or(max_bandwidth);
    let bandwidth = (2 * m.max(1)).min(max_bandwidth);
    let (mut spectrum, mut curvature) = (1.0, 0.0);
    for (lag, r) in (1..=bandwidth).zip(&rho) {
        let share = lag as f64 / bandwidth as f64;
        let weight = if share <= 0.5 { 1.0 } else { 2.0 * (1.0 - share) };
        spectrum += 2.0 * weight * r;
        curvature += 2.0 * weight * lag as f64 * r;
    }
    let limit = (3.0 * n.sqrt()).min(n / 3.0).ceil();
    // (2 G² / D)^(1/3) n^(1/3) with D = 2 g(0)²; the variance cancels.
    let length = (curvature.powi(2) / spectrum.powi(2) * n).cbrt();
    if length.is_finite() { length.clamp(1.0, limit.max(1.0)) } else { limit.max(1.0) }
}
