//! Cross-correlation scan: which delay of y against x associates them best.
//!
//! **Sign**: at lag `k` the pairs are `(x[t], y[t + k])`. A best lag that is positive says that y follows x by
//! `k` bins; negative, that y leads.

use serde::{Deserialize, Serialize};

use crate::correlation::{Correlation, Method, coefficient, of_pairs};
use crate::error::StatsError;
use crate::series::lagged_pairs;

/// Two coefficients closer than this tie, so that rounding does not choose the lag.
const TIE: f64 = 1e-12;

/// One lag of a scan.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LagPoint {
    /// Bins by which y is taken later than x.
    pub lag_bins: i64,
    /// Pairs available at this lag.
    pub n: usize,
    /// The coefficient, if there is one.
    pub correlation: Option<Correlation>,
    /// Why there is none.
    pub missing: Option<StatsError>,
    /// Whether the lag competes for the best: it has a coefficient, and at least half as many pairs as the lag
    /// with most of them. A handful of pairs at the far end would win by chance.
    pub eligible: bool,
}

/// The lag of the largest |r|.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct LagBest {
    /// Bins by which y follows x.
    pub lag_bins: i64,
    /// The coefficient at that lag. Its interval and p are those of a lag chosen beforehand.
    pub correlation: Correlation,
    /// `min(1, p * lags_tried)`: Bonferroni, valid however the lags depend on each other.
    pub p_adjusted: f64,
}

/// Every lag and the best.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LagScan {
    /// Which coefficient.
    pub method: Method,
    /// Lags `-L..=L` in order.
    pub points: Vec<LagPoint>,
    /// Eligible lags: the number of tests the best was chosen from.
    pub lags_tried: usize,
    /// The best lag, `None` when no lag has a coefficient (the points say why).
    pub best: Option<LagBest>,
}

/// Scans lags `-max_lag..=max_lag`. Largest |r| wins; ties go to the smaller |lag|, then to the positive lag (y
/// follows x).
///
/// # Errors
/// [`StatsError::LengthMismatch`]. A lag without coefficient is a point with a reason, not an error.
pub fn scan(
    method: Method,
    x: &[Option<f64>],
    y: &[Option<f64>],
    max_lag: usize,
) -> Result<LagScan, StatsError> {
    // Beyond the series' length no pair exists; the cap also keeps the casts exact.
    let limit = max_lag.min(x.len()) as i64;
    let mut points = Vec::new();
    for lag_bins in -limit..=limit {
        let pairs = lagged_pairs(x, y, lag_bins)?;
        let outcome = of_pairs(method, &pairs);
        points.push(LagPoint {
            lag_bins,
            n: pairs.len(),
            correlation: outcome.as_ref().ok().copied(),
            missing: outcome.err(),
            eligible: false,
        });
    }
    let most = points.iter().map(|p| p.n).max().unwrap_or(0);
    for point in &mut points {
        point.eligible = point.correlation.is_some() && 2 * point.n >= most;
    }
    let lags_tried = points.iter().filter(|p| p.eligible).count();
    let mut best: Option<LagBest> = None;
    let mut near_first: Vec<&LagPoint> = points.iter().filter(|p| p.eligible).collect();
    near_first.sort_by_key(|p| (p.lag_bins.abs(), -p.lag_bins.signum()));
    for point in near_first {
        let Some(correlation) = point.correlation else { continue };
        if best.is_none_or(|b| correlation.r.abs() > b.correlation.r.abs() + TIE) {
            let p_adjusted = (correlation.p * lags_tried as f64).min(1.0);
            best = Some(LagBest { lag_bins: point.lag_bins, correlation, p_adjusted });
        }
    }
    Ok(LagScan { method, points, lags_tried, best })
}

/// What [`scan`] says of lag zero and of the best lag, for a tenth of the work: how far a coefficient is to be trusted is
/// computed of those two alone.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LagChoice {
    /// The coefficient without lag, if there is one.
    pub at_zero: Option<Correlation>,
    /// As [`LagScan::lags_tried`].
    pub lags_tried: usize,
    /// As [`LagScan::best`].
    pub best: Option<LagBest>,
}

/// [`scan`] without the points.
///
/// # Errors
/// As [`scan`].
pub fn choose(
    method: Method,
    x: &[Option<f64>],
    y: &[Option<f64>],
    max_lag: usize,
) -> Result<LagChoice, StatsError> {
    let limit = max_lag.min(x.len()) as i64;
    let mut points: Vec<(i64, usize, Option<f64>)> = Vec::new();
    for lag_bins in -limit..=limit {
        let pairs = lagged_pairs(x, y, lag_bins)?;
        points.push((lag_bins, pairs.len(), coefficient(method, &pairs).ok().map(|(r, ..)| r)));
    }
    let most = points.iter().map(|(_, n, _)| *n).max().unwrap_or(0);
    let mut eligible: Vec<(i64, f64)> = points
        .iter()
        .filter(|(_, n, _)| 2 * n >= most)
        .filter_map(|(lag, _, r)| Some((*lag, (*r)?)))
        .collect();
    let lags_tried = eligible.len();
    eligible.sort_by_key(|(lag, _)| (lag.abs(), -lag.signum()));
    let mut chosen: Option<(i64, f64)> = None;
    for (lag_bins, r) in eligible {
        if chosen.is_none_or(|(_, best)| r.abs() > best.abs() + TIE) {
            chosen = Some((lag_bins, r));
        }
    }
    let at = |lag_bins| Ok::<_, StatsError>(of_pairs(method, &lagged_pairs(x, y, lag_bins)?).ok());
    let at_zero = at(0)?;
    let correlation = match chosen {
        Some((0, _)) => at_zero,
        Some((lag_bins, _)) => at(lag_bins)?,
        None => None,
    };
    let best = chosen.zip(correlation).map(|((lag_bins, _), correlation)| LagBest {
        lag_bins,
        correlation,
        p_adjusted: (correlation.p * lags_tried as f64).min(1.0),
    });
    Ok(LagChoice { at_zero, lags_tried, best })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// A deterministic sequence without memory.
    fn noise(n: u32) -> Vec<Option<f64>> {
        (0..n).map(|t| Some(f64::from(t.wrapping_mul(2_654_435_761) >> 8) / f64::from(1 << 24))).collect()
    }

    fn delayed(x: &[Option<f64>], bins: usize) -> Vec<Option<f64>> {
        let mut y = vec![None; bins];
        y.extend_from_slice(&x[..x.len() - bins]);
        y
    }

    #[test]
    fn positive_when_y_follows_x() {
        let x = noise(80);
        for method in [Method::Pearson, Method::Spearman] {
            let follows = scan(method, &x, &delayed(&x, 3), 6).unwrap();
            let best = follows.best.unwrap();
            assert_eq!((best.lag_bins, follows.points.len(), follows.lags_tried), (3, 13, 13));
            assert!((best.correlation.r - 1.0).abs() < 1e-12);
            let leads = scan(method, &delayed(&x, 2), &x, 6).unwrap();
            assert_eq!(leads.best.unwrap().lag_bins, -2);
        }
    }

    #[test]
    fn choosing_says_what_scanning_says() {
        let (x, gaps) = (noise(90), noise(400)[310..].to_vec());
        let holes: Vec<_> = gaps.iter().enumerate().map(|(t, v)| v.filter(|_| t % 7 > 1)).collect();
        let flat = vec![Some(1.0); 90];
        for (x, y) in
            [(&x, &delayed(&x, 3)), (&x, &gaps), (&x, &holes), (&x, &flat), (&holes, &vec![None; 90])]
        {
            for method in [Method::Pearson, Method::Spearman] {
                for max_lag in [0, 5, 200] {
                    let (all, some) =
                        (scan(method, x, y, max_lag).unwrap(), choose(method, x, y, max_lag).unwrap());
                    let zero = all.points.iter().find(|p| p.lag_bins == 0).and_then(|p| p.correlation);
                    assert_eq!(some, LagChoice { at_zero: zero, lags_tried: all.lags_tried, best: all.best });
                }
            }
        }
    }

    #[test]
    fn ties_go_to_the_smallest_lag() {
        // Period 4 over enough bins: lags -4, 0 and 4 all give |r| = 1, -2 and 2 give -1.
        let wave: Vec<_> = (0..40).map(|t| Some([0.0, 1.0, 0.0, -1.0][t % 4])).collect();
        assert_eq!(scan(Method::Pearson, &wave, &wave, 5).unwrap().best.unwrap().lag_bins, 0);
        // A quarter period late: +1 (y follows) and -3 tie, and -1 and 3 with the opposite sign.
        let late: Vec<_> = (0..40).map(|t| Some([-1.0, 0.0, 1.0, 0.0][t % 4])).collect();
        assert_eq!(scan(Method::Pearson, &wave, &late, 5).unwrap().best.unwrap().lag_bins.abs(), 1);
    }

    #[test]
    fn the_price_of_looking_often() {
        let (x, y) = (noise(60), noise(200)[140..].to_vec());
        let result = scan(Method::Pearson, &x, &y, 10).unwrap();
        let best = result.best.unwrap();
        assert!((best.p_adjusted - (best.correlation.p * 21.0).min(1.0)).abs() < 1e-15);
    }

    #[test]
    fn far_lags_with_few_pairs_do_not_win() {
        let (x, y) = (noise(20), noise(300)[280..].to_vec());
        let result = scan(Method::Pearson, &x, &y, usize::MAX).unwrap();
        assert!(result.best.unwrap().lag_bins.abs() <= 10);
        assert_eq!(result.points[0].missing, Some(StatsError::TooFew { n: 0, needed: 3 }));
    }

    #[test]
    fn a_constant_series_has_reasons_and_no_best() {
        let result = scan(Method::Spearman, &noise(30), &[Some(2.0); 30], 2).unwrap();
        assert_eq!(result.best, None);
        assert!(result.points.iter().all(|p| matches!(p.missing, Some(StatsError::Constant { .. }))));
    }
}
