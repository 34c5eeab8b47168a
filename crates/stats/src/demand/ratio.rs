//! Demand as sum(CPU)/sum(requests), the estimator that needs no variation of the load.
//!
//! The interval is by the delta method: the error of the ratio is the long-run variance of
//! `cpu - idle - D throughput` over the total throughput (the instrument of [`crate::linear`] is the constant).

use crate::demand::{
    ClassDemand, DemandFit, DemandOptions, Estimate, Fallback, Method, Observations, r_squared,
};
use crate::error::{StatsError, same_length};
use crate::series::finite;
use crate::{hac, linear};

/// The ratio of two series.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RatioFit {
    /// CPU seconds per request, the idle share in it unless subtracted.
    pub demand_s: Estimate,
    /// Complete bins.
    pub n: usize,
    /// Last lag of the HAC errors.
    pub hac_lag: usize,
    /// Autocorrelation of the noise from one bin to the next, as the interval assumes it.
    pub noise_rho: f64,
}

/// Mean cost per request over the bins where both are known: `sum(cpu_cores - known_idle_cores) /
/// sum(throughput_per_s)`, not below zero. `known_idle_cores` (0 if unknown) is taken as exact.
///
/// # Errors
/// Series of different lengths, fewer than 3 complete bins, no request.
pub fn fit(
    cpu_cores: &[Option<f64>],
    throughput_per_s: &[Option<f64>],
    known_idle_cores: f64,
    hac_lag: Option<usize>,
) -> Result<RatioFit, StatsError> {
    same_length(cpu_cores.len(), throughput_per_s.len())?;
    let (mut position, mut cpu, mut throughput) = (Vec::new(), Vec::new(), Vec::new());
    for (t, pair) in cpu_cores.iter().zip(throughput_per_s).enumerate() {
        if let (Some(c), Some(x)) = (finite(*pair.0), finite(*pair.1)) {
            position.push(t);
            cpu.push(c);
            throughput.push(x);
        }
    }
    complete(&position, &cpu, &throughput, known_idle_cores, hac_lag)
}

fn complete(
    position: &[usize],
    cpu_cores: &[f64],
    throughput_per_s: &[f64],
    known_idle_cores: f64,
    hac_lag: Option<usize>,
) -> Result<RatioFit, StatsError> {
    let n = cpu_cores.len();
    if n < 3 {
        return Err(StatsError::TooFew { n, needed: 3 });
    }
    if throughput_per_s.iter().sum::<f64>() <= 0.0 {
        return Err(StatsError::NoRequests);
    }
    let hac_lag = hac_lag.unwrap_or_else(|| hac::automatic_lag(n)).min(n - 1);
    let work: Vec<f64> = cpu_cores.iter().map(|c| c - known_idle_cores).collect();
    let fit = linear::fit(position, &[vec![1.0; n]], &[throughput_per_s.to_vec()], &work, hac_lag)?;
    let free = fit.coefficients[0];
    let demand_s = Estimate::non_negative(free.max(0.0), free, fit.se(0), fit.half_width[0]);
    Ok(RatioFit { demand_s, n, hac_lag, noise_rho: fit.rho })
}

/// One figure for all classes together, for when they cannot be told apart.
pub(super) fn pooled(
    data: &Observations,
    options: &DemandOptions,
    reason: Fallback,
) -> Result<DemandFit, StatsError> {
    let total: Vec<f64> =
        (0..data.cpu_cores.len()).map(|t| data.throughput_per_s.iter().map(|c| c[t]).sum()).collect();
    let idle = options.known_idle_cores.unwrap_or(0.0);
    let fit = complete(&data.position, &data.cpu_cores, &total, idle, options.hac_lag)?;
    let class =
        ClassDemand { demand_s: fit.demand_s, at_bound: fit.demand_s.value == 0.0, flattening_per_s: None };
    let fitted = total.iter().map(|x| idle + x * fit.demand_s.value);
    Ok(DemandFit {
        method: Method::Ratio,
        fallback: Some(reason),
        classes: vec![class; data.throughput_per_s.len()],
        idle_cores: None,
        r2: r_squared(&data.cpu_cores, fitted),
        n: fit.n,
        bin_width_s: 0.0,
        condition_number: None,
        hac_lag: fit.hac_lag,
        noise_rho: fit.noise_rho,
    })
}
