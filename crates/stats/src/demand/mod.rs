//! Utilisation-law demand: CPU seconds each request costs, from CPU and throughput per bin.
//!
//! ```text
//! cpu_cores(t) = idle_cores + sum_c throughput_c(t) D_c      (Denning & Buzen 1978; Rolia & Vetland 1995)
//! ```
//!
//! Cores per (requests per second) are core-seconds per request. The point estimate is by non-negative least
//! squares; the interval is that of the unconstrained regression (see [`crate::linear`]) cut at zero, which
//! covers the truth also when a bound binds; should the constrained estimate lie outside, the interval is widened
//! to hold it.
//!
//! **When the load was too constant** to tell the idle share from the cost per request, the condition number of
//! the design says so and the fit falls back to the ratio sum(CPU)/sum(requests) ([`ratio`]), with
//! [`Method::Ratio`] and the reason in the result. The ratio holds the idle share unless it is given.
//!
//! **Errors in variables**: CPU samples and request counts are cut into bins at slightly different moments. A cut
//! displaced by `d` seconds moves the share `d / bin width` of a bin's work to its neighbour, which flattens the
//! slope by that share of whatever differs between neighbours ([`ClassDemand::flattening_per_s`]). Wider bins shrink
//! the share: [`aggregation`]. The interval knows nothing of this bias.

pub mod aggregation;
pub mod ratio;
mod regression;

use serde::{Deserialize, Serialize};

use crate::error::{StatsError, same_length};
use crate::series::finite;

pub use aggregation::{aggregate, bins_per_group};

/// Condition number of the unit-length columns (intercept and throughputs) from which the parts cannot be told
/// apart (Belsley, Kuh & Welsch 1980). With one class: the throughput varies by less than 7 % of its mean.
pub const MAX_CONDITION: f64 = 30.0;

/// Least number of complete bins.
pub const MIN_BINS: usize = 5;

/// How many adjacent bins are averaged before the fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Aggregation {
    /// As [`bins_per_group`] chooses: bins of 5 s as long as 20 remain.
    Auto,
    /// This many bins a group; 1 leaves the bins as they are.
    Bins(usize),
}

/// Settings of a fit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DemandOptions {
    /// Averaging of adjacent bins.
    pub aggregation: Aggregation,
    /// CPU the service burns without load, if measured apart; taken as exact. Only the ratio uses it: a regression
    /// estimates its own.
    pub known_idle_cores: Option<f64>,
    /// Last lag of the HAC errors; `None`: [`crate::hac::automatic_lag`].
    pub hac_lag: Option<usize>,
}

impl Default for DemandOptions {
    fn default() -> Self {
        Self { aggregation: Aggregation::Auto, known_idle_cores: None, hac_lag: None }
    }
}

/// Which estimator the figures come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// Non-negative least squares with intercept.
    Regression,
    /// sum(CPU)/sum(requests); with several classes one pooled figure, the same for each.
    Ratio,
}

/// Why the regression was not used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fallback {
    /// The throughput hardly varied: idle share and cost per request cannot be told apart.
    ThroughputTooConstant,
    /// The classes moved together (or one never came): their costs cannot be told apart.
    ClassesNotSeparable,
    /// Too few complete bins for intercept, slopes and errors.
    TooFewBins,
}

/// A figure that cannot be negative, with its uncertainty.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Estimate {
    /// The estimate.
    pub value: f64,
    /// Standard error: the larger of HAC and AR(1), of the unconstrained estimator.
    pub se: f64,
    /// Lower end of the 95 % interval, not below zero.
    pub ci_low: f64,
    /// Upper end of the 95 % interval.
    pub ci_high: f64,
}

impl Estimate {
    /// An estimate held at zero or above, with the interval of its unconstrained twin.
    pub(crate) fn non_negative(value: f64, unconstrained: f64, se: f64, half_width: f64) -> Self {
        let low = (unconstrained - half_width).max(0.0).min(value);
        let high = (unconstrained + half_width).max(value);
        Self { value, se, ci_low: low, ci_high: high }
    }
}

/// Cost of one class of requests.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ClassDemand {
    /// CPU seconds per request.
    pub demand_s: Estimate,
    /// Whether the estimate is held at zero.
    pub at_bound: bool,
    /// Share by which the slope comes out too small per second that the CPU's bin edges lie beside the requests'
    /// (mean over the edges): `(1 - rho) / bin width`, rho the throughput's autocorrelation from one bin to the
    /// next. A slow ramp hardly cares, a load that changes each bin does. `None` from the ratio, which does not
    /// flatten.
    pub flattening_per_s: Option<f64>,
}

/// The outcome of a fit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DemandFit {
    /// Which estimator.
    pub method: Method,
    /// Why it is not the regression.
    pub fallback: Option<Fallback>,
    /// One per class, in the order given.
    pub classes: Vec<ClassDemand>,
    /// CPU without load: the intercept. `None` from the ratio, which cannot know it.
    pub idle_cores: Option<Estimate>,
    /// Share of the CPU's variance explained; `None` when the CPU did not vary. May be negative for the ratio.
    pub r2: Option<f64>,
    /// Complete bins used, after averaging.
    pub n: usize,
    /// Width of those bins.
    pub bin_width_s: f64,
    /// Condition number of the regression's design; `None` when infinite.
    pub condition_number: Option<f64>,
    /// Last lag of the HAC errors, in bins used.
    pub hac_lag: usize,
    /// Autocorrelation of the noise from one bin to the next, as the interval assumes it.
    pub noise_rho: f64,
}

/// Complete observations of a fit.
pub(crate) struct Observations {
    pub position: Vec<usize>,
    pub cpu_cores: Vec<f64>,
    /// One column a class.
    pub throughput_per_s: Vec<Vec<f64>>,
}

/// Fits the demand of each class. `cpu_cores`: mean cores busy in each bin. `throughput_per_s`: one series a
/// class, completions per second in the same bins, `bin_width_s` seconds wide.
///
/// # Errors
/// Series of different lengths; no class; a width that is not positive; negative throughput; fewer than
/// [`MIN_BINS`] complete bins; no request at all.
pub fn fit(
    cpu_cores: &[Option<f64>],
    throughput_per_s: &[Vec<Option<f64>>],
    bin_width_s: f64,
    options: &DemandOptions,
) -> Result<DemandFit, StatsError> {
    if throughput_per_s.is_empty() {
        return Err(StatsError::out_of_range("classes", "at least one"));
    }
    if !(bin_width_s.is_finite() && bin_width_s > 0.0) {
        return Err(StatsError::out_of_range("bin_width_s", "positive"));
    }
    if !options.known_idle_cores.unwrap_or(0.0).is_finite() {
        return Err(StatsError::out_of_range("known_idle_cores", "finite"));
    }
    for class in throughput_per_s {
        same_length(cpu_cores.len(), class.len())?;
    }
    let group = match options.aggregation {
        Aggregation::Auto => bins_per_group(cpu_cores.len(), bin_width_s),
        Aggregation::Bins(k) => k,
    };
    let data = observations(cpu_cores, throughput_per_s, group)?;
    let n = data.cpu_cores.len();
    if n < MIN_BINS {
        return Err(StatsError::TooFew { n, needed: MIN_BINS });
    }
    if data.throughput_per_s.iter().flatten().any(|v| *v < 0.0) {
        return Err(StatsError::out_of_range("throughput_per_s", "zero or more"));
    }
    let condition = regression::condition(&data);
    let mut outcome = match regression::obstacle(&data, condition) {
        None => regression::fit(&data, options, bin_width_s * group as f64)?,
        Some(reason) => ratio::pooled(&data, options, reason)?,
    };
    outcome.bin_width_s = bin_width_s * group as f64;
    outcome.condition_number = condition.is_finite().then_some(condition);
    Ok(outcome)
}

fn observations(
    cpu_cores: &[Option<f64>],
    throughput_per_s: &[Vec<Option<f64>>],
    group: usize,
) -> Result<Observations, StatsError> {
    let cpu = aggregate(cpu_cores, group)?;
    let classes: Vec<_> = throughput_per_s.iter().map(|c| aggregate(c, group)).collect::<Result<_, _>>()?;
    let mut data = Observations {
        position: Vec::new(),
        cpu_cores: Vec::new(),
        throughput_per_s: vec![Vec::new(); classes.len()],
    };
    for (t, value) in cpu.iter().enumerate() {
        let row: Option<Vec<f64>> = classes.iter().map(|c| finite(c[t])).collect();
        if let (Some(cores), Some(row)) = (finite(*value), row) {
            data.position.push(t);
            data.cpu_cores.push(cores);
            for (column, v) in data.throughput_per_s.iter_mut().zip(row) {
                column.push(v);
            }
        }
    }
    Ok(data)
}

/// `1 - sum(residual²)/sum((y - mean)²)`, `None` when y is constant.
pub(crate) fn r_squared(y: &[f64], fitted: impl Iterator<Item = f64>) -> Option<f64> {
    if crate::series::is_constant(y) {
        return None;
    }
    let centre = crate::series::mean(y)?;
    let total: f64 = y.iter().map(|v| (v - centre).powi(2)).sum();
    let left: f64 = y.iter().zip(fitted).map(|(v, f)| (v - f).powi(2)).sum();
    Some(1.0 - left / total)
}
