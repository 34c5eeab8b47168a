//! Autocorrelation of a series with gaps, and the effective sample size of two autocorrelated series.
//!
//! Two series that each remember their past look associated by chance far more often than N independent pairs
//! would. Bayley & Hammersley (1946, "The effective number of independent observations in an autocorrelated time
//! series") and Pyper & Peterman (1998, "Comparison of methods to account for autocorrelation in correlation
//! analyses of fish data") replace N by
//!
//! ```text
//! N_eff = N / (1 + 2 sum_{k=1..K} (1 - k/N) rho_x(k) rho_y(k))
//! ```
//!
//! The sum ends at `K = N/5` (rounded down), Pyper & Peterman's choice: later autocorrelations rest on few pairs
//! and are mostly noise. All products up to K count, those of opposite sign too, so that white noise gives N on
//! average. The result is clamped to `[3, N]`: never more than was observed, and 3 is where Fisher's interval
//! becomes the whole of [-1, 1] while the t test still has one degree of freedom.

use crate::fourier::lagged_sums;

/// Series of more bins take the fast Fourier transform: adding up takes time with the square of their length, half an
/// hour for those of a day.
const LONG: usize = 20_000;

/// Least effective sample size reported.
pub const MIN_EFFECTIVE_N: f64 = 3.0;

/// Autocorrelations at lags `1..=max_lag` of values in standard form (mean 0, unit length) observed at
/// strictly increasing bins.
///
/// Without gaps this is the usual estimator (Box & Jenkins), sum of products over sum of squares. With gaps the
/// mean product of the pairs that exist stands for those that do not, and lags without any pair count as 0.
/// Values are within `[-1, 1]`.
#[must_use]
pub fn autocorrelations(position: &[usize], standard: &[f64], max_lag: usize) -> Vec<f64> {
    let (Some(first), Some(last)) = (position.first(), position.last()) else { return vec![0.0; max_lag] };
    let span = last - first + 1;
    let mut dense = vec![None; span];
    for (p, z) in position.iter().zip(standard) {
        dense[p - first] = Some(*z);
    }
    let n = standard.len() as f64;
    let rho = |lag: usize, sum: f64, count: usize| {
        if count == 0 {
            return 0.0;
        }
        let mean_product = sum / count as f64;
        (mean_product * n * (span - lag) as f64 / span as f64).clamp(-1.0, 1.0)
    };
    if span > LONG {
        return long(&dense, max_lag).into_iter().map(|(lag, sum, count)| rho(lag, sum, count)).collect();
    }
    (1..=max_lag)
        .map(|lag| {
            let products = dense.iter().zip(dense.iter().skip(lag)).filter_map(|(a, b)| Some((*a)? * (*b)?));
            let (sum, count) = products.fold((0.0, 0_usize), |(s, c), p| (s + p, c + 1));
            rho(lag, sum, count)
        })
        .collect()
}

/// Lag, sum of products and number of pairs.
fn long(dense: &[Option<f64>], max_lag: usize) -> Vec<(usize, f64, usize)> {
    let values: Vec<f64> = dense.iter().map(|z| z.unwrap_or(0.0)).collect();
    let sums = lagged_sums(&values, max_lag);
    let whole = dense.iter().all(Option::is_some);
    let known: Vec<f64> = dense.iter().map(|z| f64::from(u8::from(z.is_some()))).collect();
    let counts = if whole { Vec::new() } else { lagged_sums(&known, max_lag) };
    let count = |lag: usize| match counts.get(lag - 1) {
        Some(count) => count.round() as usize,
        None => dense.len().saturating_sub(lag),
    };
    (1..).zip(sums).map(|(lag, sum)| (lag, sum, count(lag))).collect()
}

/// Effective number of independent pairs of two series in standard form, see the module's text. In `[3, N]`.
#[must_use]
pub fn effective_n(position: &[usize], x: &[f64], y: &[f64]) -> f64 {
    let count = x.len();
    let n = count as f64;
    let max_lag = count / 5;
    let rho_x = autocorrelations(position, x, max_lag);
    let rho_y = autocorrelations(position, y, max_lag);
    let sum: f64 =
        rho_x.iter().zip(&rho_y).zip(1..).map(|((a, b), lag)| (1.0 - f64::from(lag) / n) * a * b).sum();
    let inflation = 1.0 + 2.0 * sum;
    if inflation <= 1.0 { n } else { (n / inflation).max(MIN_EFFECTIVE_N.min(n)) }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::series::standard_form;

    #[test]
    fn long_series_have_the_sums_of_adding_up() {
        let dense: Vec<Option<f64>> = (0..300_u32)
            .map(|t| (t % 17 != 3).then(|| f64::from(t.wrapping_mul(2_654_435_761) >> 24)))
            .collect();
        for (lag, sum, count) in long(&dense, 60) {
            let products = || dense.iter().zip(&dense[lag..]).filter_map(|(a, b)| Some((*a)? * (*b)?));
            assert_eq!(count, products().count());
            assert!((sum / products().sum::<f64>() - 1.0).abs() < 1e-12);
        }
    }

    #[test]
    fn a_gap_keeps_its_width() {
        // Alternating values with one bin missing: the lag-1 autocorrelation stays near -1.
        let all: Vec<f64> = (0..40).map(|t| if t % 2 == 0 { 1.0 } else { -1.0 }).collect();
        let position: Vec<usize> = (0..40).filter(|t| *t != 17).collect();
        let values: Vec<f64> = position.iter().map(|t| all[*t]).collect();
        let rho = autocorrelations(&position, &standard_form(&values).unwrap(), 2);
        assert!(rho[0] < -0.95 && rho[1] > 0.9, "{rho:?}");
    }

    #[test]
    fn a_trend_leaves_few_independent_pairs() {
        let ramp: Vec<f64> = (0..100).map(f64::from).collect();
        let z = standard_form(&ramp).unwrap();
        let position: Vec<usize> = (0..100).collect();
        let n_eff = effective_n(&position, &z, &z);
        assert!((3.0..6.0).contains(&n_eff), "{n_eff}");
    }

    #[test]
    fn opposite_memory_never_adds_observations() {
        let alternating: Vec<f64> = (0..60).map(|t| f64::from(t % 2)).collect();
        let slow: Vec<f64> = (0..60).map(|t| f64::from(t / 30)).collect();
        let position: Vec<usize> = (0..60).collect();
        let (x, y) = (standard_form(&alternating).unwrap(), standard_form(&slow).unwrap());
        assert!(effective_n(&position, &x, &y) <= 60.0);
    }
}
