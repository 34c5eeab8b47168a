//! Coefficients and demands computed from the synthetic series. Enough for a picture; the real analysis has
//! a room of its own.

use crate::series::Series;
use swarmlab_report::model::{Finding, Fit, HeatCell};

/// Pairs of values that both exist, `b` taken `lag` bins later.
fn pairs(a: &Series, b: &Series, lag: usize) -> Vec<(f64, f64)> {
    a.iter().zip(b.iter().skip(lag)).filter_map(|(a, b)| Some(((*a)?, (*b)?))).collect()
}

/// Means, then sums of squares and products around them.
fn moments(pairs: &[(f64, f64)]) -> (f64, f64, f64, f64, f64) {
    let n = pairs.len() as f64;
    let (x, y) = (pairs.iter().map(|p| p.0).sum::<f64>() / n, pairs.iter().map(|p| p.1).sum::<f64>() / n);
    let xx = pairs.iter().map(|p| (p.0 - x).powi(2)).sum();
    let yy = pairs.iter().map(|p| (p.1 - y).powi(2)).sum();
    let xy = pairs.iter().map(|p| (p.0 - x) * (p.1 - y)).sum();
    (x, y, xx, yy, xy)
}

/// The coefficient at the lag, 0 to 5 s, at which it is strongest.
pub fn correlate(client: &Series, server: &Series) -> Option<HeatCell> {
    let at = |lag: usize| {
        let pairs = pairs(client, server, lag);
        let (_, _, xx, yy, xy) = moments(&pairs);
        let r = xy / (xx * yy).sqrt();
        // A fifth of the bins: a stand-in for the correction for autocorrelation.
        let n_eff = pairs.len() as f64 / 5.0;
        let clear = r.abs() > 2.58 / n_eff.sqrt();
        let finding = if clear { Finding::Significant } else { Finding::NotSignificant };
        r.is_finite().then_some(HeatCell { r, lag_s: lag as f64, n_eff, finding })
    };
    (0..=5).filter_map(at).reduce(|best, next| if next.r.abs() > best.r.abs() + 0.004 { next } else { best })
}

/// Fisher's interval of a coefficient at 95 %.
pub fn interval(r: f64, n_eff: f64) -> (f64, f64) {
    let (z, half) = (r.atanh(), 1.96 / (n_eff - 3.0).max(1.0).sqrt());
    ((z - half).tanh(), (z + half).tanh())
}

/// Least squares of `b` on `a`: the line, and half the width of the slope's interval at 95 %.
pub fn fit(a: &Series, b: &Series) -> (Fit, f64) {
    let pairs = pairs(a, b, 0);
    let (x, y, xx, yy, xy) = moments(&pairs);
    let slope = xy / xx;
    let rest = (yy - slope * xy).max(0.0) / (pairs.len() as f64 - 2.0);
    (Fit { slope, intercept: y - slope * x }, 1.96 * (rest / xx).sqrt())
}
