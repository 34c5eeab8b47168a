//! One figure for all: how far from perfect (elastic deviation), and how many times better than nothing (elastic speedup).

use serde::{Deserialize, Serialize};

use crate::accuracy::Accuracy;

/// The four figures that both are made of, each better the smaller.
fn four(a: &Accuracy) -> Option<[f64; 4]> {
    let theta = a.relative_percent?;
    Some([theta.under, theta.over, a.timeshare_percent.under, a.timeshare_percent.over])
}

/// Why there is no speedup.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Undefined {
    /// A figure with the autoscaler is 0: it cannot be divided by.
    Perfect,
    /// A figure without it is 0, so that no autoscaler could be better.
    NothingToGain,
    /// The relative accuracy has no value, because demand was nothing somewhere.
    NoAccuracy,
}

/// The distance from perfect, in percent: the Euclidean norm of both thetas and both taus.
pub fn elastic_deviation(a: &Accuracy) -> Option<f64> {
    four(a).map(|f| f.iter().map(|v| v * v).sum::<f64>().sqrt())
}

/// `[(thU_n/thU_a)(thO_n/thO_a)(tU_n/tU_a)(tO_n/tO_a)]^(1/4)`: how many times better than without an autoscaler, the
/// geometric mean of four quotients.
///
/// # Errors
/// A quotient has no value.
pub fn elastic_speedup(with: &Accuracy, without: &Accuracy) -> Result<f64, Undefined> {
    let (a, n) = (four(with).ok_or(Undefined::NoAccuracy)?, four(without).ok_or(Undefined::NoAccuracy)?);
    if a.contains(&0.0) {
        return Err(Undefined::Perfect);
    }
    if n.contains(&0.0) {
        return Err(Undefined::NothingToGain);
    }
    Ok(n.iter().zip(&a).map(|(n, a)| (n / a).ln()).sum::<f64>().mul_add(0.25, 0.0).exp())
}
