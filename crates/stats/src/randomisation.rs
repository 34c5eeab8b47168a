//! Whether two samples could be one: the share of all ways to deal the values out anew in which their means lie at least as far
//! apart (Fisher 1935, Pitman 1937). No distribution is taken for granted.
//!
//! Where there are not too many ways all are tried, so that the p-value is exact; else so many are drawn, and the one that was
//! observed counts among them, so that no p-value is zero (Phipson & Smyth 2010).

use rand::Rng;
use serde::{Deserialize, Serialize};

use crate::error::{StatsError, same_length};

/// More ways than that are not tried, but drawn from.
pub const MOST_EXACT: f64 = 50_000.0;

/// Rounding that does not tell differences apart, relative to the largest value.
const TIE: f64 = 1e-12;

/// A p-value and where it comes from.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Randomisation {
    /// Two-sided p-value.
    pub p: f64,
    /// Least p-value that so many observations can have.
    pub least_p: f64,
    /// Whether all ways were tried.
    pub exact: bool,
}

/// Test of two independent samples; `draws` ways where they cannot all be tried.
///
/// # Errors
/// An empty sample, a value that is not finite, no draws.
pub fn two_sample<R: Rng + ?Sized>(
    rng: &mut R,
    x: &[f64],
    y: &[f64],
    draws: usize,
) -> Result<Randomisation, StatsError> {
    check(&[x, y], draws)?;
    let mut values: Vec<f64> = x.iter().chain(y).copied().collect();
    let (m, all) = (x.len(), values.len());
    centre(&mut values);
    // Centred values sum to zero: the distance of the means grows with the distance of one sample's sum from zero.
    let observed = values[..m].iter().sum::<f64>().abs();
    let limit = observed - tie(&values);
    let ways = choose(all, m);
    let mirrored = all == 2 * m;
    if ways <= MOST_EXACT {
        let mut extreme = 0_u64;
        subsets(&values, m, 0.0, &mut |sum| extreme += u64::from(sum.abs() >= limit));
        let least_p = if mirrored { 2.0 / ways } else { 1.0 / ways };
        return Ok(Randomisation { p: extreme as f64 / ways, least_p, exact: true });
    }
    let mut extreme = 1_u64;
    for _ in 0..draws {
        for i in 0..m {
            let j = rng.random_range(i..all);
            values.swap(i, j);
        }
        extreme += u64::from(values[..m].iter().sum::<f64>().abs() >= limit);
    }
    Ok(drawn(extreme, draws))
}

/// Test of samples of which `x[i]` and `y[i]` belong together: each difference may have either sign.
///
/// # Errors
/// As [`two_sample`], and samples of different lengths.
pub fn paired<R: Rng + ?Sized>(
    rng: &mut R,
    x: &[f64],
    y: &[f64],
    draws: usize,
) -> Result<Randomisation, StatsError> {
    same_length(x.len(), y.len())?;
    check(&[x, y], draws)?;
    let d: Vec<f64> = x.iter().zip(y).map(|(a, b)| a - b).collect();
    let limit = d.iter().sum::<f64>().abs() - tie(&d);
    let ways = 2_f64.powi(d.len() as i32);
    if ways <= MOST_EXACT {
        let mut extreme = 0_u64;
        for signs in 0..(1_u32 << d.len()) {
            let signed = |(i, v): (usize, &f64)| if signs >> i & 1 == 1 { -v } else { *v };
            extreme += u64::from(d.iter().enumerate().map(signed).sum::<f64>().abs() >= limit);
        }
        return Ok(Randomisation { p: extreme as f64 / ways, least_p: 2.0 / ways, exact: true });
    }
    let mut extreme = 1_u64;
    for _ in 0..draws {
        let sum: f64 = d.iter().map(|v| if rng.random::<bool>() { -v } else { *v }).sum();
        extreme += u64::from(sum.abs() >= limit);
    }
    Ok(drawn(extreme, draws))
}

fn drawn(extreme: u64, draws: usize) -> Randomisation {
    let all = (draws + 1) as f64;
    Randomisation { p: extreme as f64 / all, least_p: 1.0 / all, exact: false }
}

fn check(samples: &[&[f64]], draws: usize) -> Result<(), StatsError> {
    for sample in samples {
        if sample.is_empty() {
            return Err(StatsError::TooFew { n: 0, needed: 1 });
        }
        if sample.iter().any(|v| !v.is_finite()) {
            return Err(StatsError::out_of_range("each observation", "finite"));
        }
    }
    if draws == 0 { Err(StatsError::out_of_range("draws", "at least 1")) } else { Ok(()) }
}

fn centre(values: &mut [f64]) {
    let mean = values.iter().map(|v| v / values.len() as f64).sum::<f64>();
    for v in values {
        *v -= mean;
    }
}

fn tie(values: &[f64]) -> f64 {
    values.iter().fold(0.0_f64, |most, v| most.max(v.abs())) * TIE * values.len() as f64
}

/// Binomial coefficient.
fn choose(n: usize, k: usize) -> f64 {
    (1..=k.min(n - k)).fold(1.0, |ways, i| ways * (n - i + 1) as f64 / i as f64).round()
}

/// Calls with the sum of each choice of `k` of the values.
fn subsets(values: &[f64], k: usize, sum: f64, with: &mut impl FnMut(f64)) {
    if k == 0 {
        with(sum);
        return;
    }
    for i in 0..=values.len() - k {
        subsets(&values[i + 1..], k - 1, sum + values[i], with);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use rand::SeedableRng;
    use rand::rngs::SmallRng;

    #[test]
    fn three_against_three_apart_happen_one_time_in_ten() {
        let mut rng = SmallRng::seed_from_u64(1);
        let test = two_sample(&mut rng, &[1.0, 2.0, 3.0], &[7.0, 8.0, 9.5], 100).unwrap();
        assert_eq!((test.p, test.least_p, test.exact), (0.1, 0.1, true));
        let same = two_sample(&mut rng, &[0.3; 4], &[0.3; 5], 100).unwrap();
        assert_eq!(same.p, 1.0);
        let signs = paired(&mut rng, &[2.0, 3.0, 4.0], &[1.0, 1.0, 1.0], 100).unwrap();
        assert_eq!((signs.p, signs.least_p), (0.25, 0.25));
    }

    #[test]
    fn what_is_drawn_meets_what_is_counted() {
        let x: Vec<f64> = (0..12).map(|i| f64::from(i * 7 % 12)).collect();
        let y: Vec<f64> = (0..12).map(|i| f64::from(i * 5 % 12) + 2.5).collect();
        let mut rng = SmallRng::seed_from_u64(2);
        // By scipy.stats.permutation_test over all 2,704,156 ways: tests/reference.rs has the smaller cases.
        let drawn = two_sample(&mut rng, &x, &y, 40_000).unwrap();
        assert!(!drawn.exact && drawn.least_p < 1e-4);
        let counted = two_sample(&mut rng, &x[..9], &y[..9], 1).unwrap();
        assert!(counted.exact);
        let mut extreme = 0;
        let all: Vec<f64> = x[..9].iter().chain(&y[..9]).copied().collect();
        let observed = (x[..9].iter().sum::<f64>() - y[..9].iter().sum::<f64>()).abs();
        let rounds = 20_000;
        for _ in 0..rounds {
            let mut dealt = all.clone();
            for i in 0..9 {
                let j = rng.random_range(i..18);
                dealt.swap(i, j);
            }
            let apart = dealt[..9].iter().sum::<f64>() - dealt[9..].iter().sum::<f64>();
            extreme += u32::from(apart.abs() >= observed - 1e-9);
        }
        let share = f64::from(extreme) / f64::from(rounds);
        assert!(
            (share - counted.p).abs() < 4.0 * (counted.p / f64::from(rounds)).sqrt(),
            "{share} {counted:?}"
        );
    }
}
