//! Demand by regression with intercept.

use crate::autocorrelation::autocorrelations;
use crate::demand::{
    ClassDemand, DemandFit, DemandOptions, Estimate, Fallback, MAX_CONDITION, Method, Observations, r_squared,
};
use crate::error::StatsError;
use crate::linear::{self, condition_number};
use crate::nnls::nnls;
use crate::{hac, series};

/// Degrees of freedom the errors of a regression need at least.
const MIN_DOF: usize = 3;

fn design(data: &Observations) -> Vec<Vec<f64>> {
    let mut columns = vec![vec![1.0; data.cpu_cores.len()]];
    columns.extend(data.throughput_per_s.iter().cloned());
    columns
}

pub(super) fn condition(data: &Observations) -> f64 {
    condition_number(&design(data))
}

/// Why the regression cannot be used, judged from the load alone: looking at the outcome would bias it.
pub(super) fn obstacle(data: &Observations, condition: f64) -> Option<Fallback> {
    let coefficients = data.throughput_per_s.len() + 1;
    if data.cpu_cores.len() < coefficients + MIN_DOF {
        Some(Fallback::TooFewBins)
    } else if condition <= MAX_CONDITION {
        None
    } else if data.throughput_per_s.iter().all(|class| constant_beside_intercept(class)) {
        Some(Fallback::ThroughputTooConstant)
    } else {
        // Each alone would do; together one imitates another, or a mix of them the intercept.
        Some(Fallback::ClassesNotSeparable)
    }
}

fn constant_beside_intercept(class: &[f64]) -> bool {
    condition_number(&[vec![1.0; class.len()], class.to_vec()]) > MAX_CONDITION
}

pub(super) fn fit(
    data: &Observations,
    options: &DemandOptions,
    bin_width_s: f64,
) -> Result<DemandFit, StatsError> {
    let columns = design(data);
    let n = data.cpu_cores.len();
    let hac_lag = options.hac_lag.unwrap_or_else(|| hac::automatic_lag(n)).min(n - 1);
    let free = linear::fit(&data.position, &columns, &columns, &data.cpu_cores, hac_lag)?;
    let held = nnls(&columns, &data.cpu_cores)?.x;
    let estimate =
        |j: usize| Estimate::non_negative(held[j], free.coefficients[j], free.se(j), free.half_width[j]);
    let fitted = (0..n).map(|t| columns.iter().zip(&held).map(|(c, b)| c[t] * b).sum());
    Ok(DemandFit {
        method: Method::Regression,
        fallback: None,
        classes: (1..columns.len())
            .map(|j| ClassDemand {
                demand_s: estimate(j),
                at_bound: held[j] == 0.0,
                flattening_per_s: flattening_per_s(data, j - 1, bin_width_s),
            })
            .collect(),
        idle_cores: Some(estimate(0)),
        r2: r_squared(&data.cpu_cores, fitted),
        n,
        bin_width_s: 0.0,
        condition_number: None,
        hac_lag,
        noise_rho: free.rho,
    })
}

fn flattening_per_s(data: &Observations, class: usize, bin_width_s: f64) -> Option<f64> {
    let standard = series::standard_form(&data.throughput_per_s[class])?;
    let rho = autocorrelations(&data.position, &standard, 1).first().copied()?;
    Some((1.0 - rho) / bin_width_s)
}
