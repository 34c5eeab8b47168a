//! What analyses find, as data: counts, demands, laws, endpoints.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// One count.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Count {
    /// Who counted.
    pub counter: String,
    /// How many.
    pub count: f64,
    /// Whether every task was sampled in the quiet before and after.
    pub exact: bool,
    /// Whether it counts the very requests that the load engine sent (and not their consequences).
    pub comparable: bool,
}

/// All counts of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Counts {
    /// Requests of which the load engine wrote at least one byte; null where nobody told.
    pub sent: Option<u64>,
    /// Complete answers.
    pub completed: u64,
    /// Requests that failed; null where nobody told.
    pub failed: Option<u64>,
    /// What servers counted.
    pub servers: Vec<Count>,
}

/// How a demand was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DemandMethod {
    /// CPU regressed on throughput.
    Regression,
    /// Sum of CPU over sum of requests: the load was too constant to tell idle from cost.
    Ratio,
}

impl DemandMethod {
    /// The word, as in the serialised form.
    pub fn name(self) -> &'static str {
        match self {
            Self::Regression => "regression",
            Self::Ratio => "ratio",
        }
    }
}

/// CPU demand of one service.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Demand {
    /// Short name.
    pub service: String,
    /// Fitted CPU seconds per request.
    pub demand_s: f64,
    /// 95 % interval.
    pub ci_s: (f64, f64),
    /// Cores used without load, when the fit could tell.
    pub idle_cores: Option<f64>,
    /// How it was fitted.
    pub method: DemandMethod,
    /// Share of the variance explained.
    pub r2: Option<f64>,
    /// Relative bias of the fit for each second by which CPU samples are displaced against request counts
    /// (errors in variables); not part of the interval.
    pub flattening_per_s: Option<f64>,
    /// Bins used.
    pub bins: usize,
    /// Width of those bins, seconds.
    pub bin_s: f64,
    /// The service's own process CPU over its own request count, over the same window.
    pub self_accounted_s: Option<f64>,
    /// The same without the service's idle cost: its own CPU regressed on its own request rate.
    pub self_marginal_s: Option<f64>,
    /// CPU that the application burned on purpose, per request.
    pub burned_s: Option<f64>,
    /// What the service declares to burn.
    #[serde(alias = "configured_s")]
    pub declared_s: Option<f64>,
}

/// `N = X (R + Z)`: users and think time as configured, throughput and response time as measured, so that the law
/// cannot hold by construction.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Little {
    /// Answers inside the load window.
    #[serde(default)]
    pub answers: Option<u64>,
    /// Users that the shape asks for, mean over the load window.
    pub users: f64,
    /// Answers per second.
    pub throughput_per_s: f64,
    /// Mean response time, seconds.
    pub response_s: f64,
    /// Think time per request, seconds: as configured, or as measured with pacing or after failed journeys.
    pub think_s: f64,
    /// `X (R + Z)`.
    pub users_by_law: f64,
    /// `|N - X (R + Z)| / N`.
    pub relative_gap: f64,
}

/// The quantiles in [`EndpointFigures::quantiles_ms`].
pub const QUANTILES: [f64; 5] = [0.5, 0.9, 0.95, 0.99, 0.999];

/// One endpoint over the load.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EndpointFigures {
    /// Name; `*` for all together.
    pub endpoint: String,
    /// Requests sent; null where nobody told, as the next two.
    pub sent: Option<u64>,
    /// Complete answers.
    pub completed: u64,
    /// Requests that ended well.
    #[serde(default)]
    pub succeeded: Option<u64>,
    /// Failed requests.
    pub failed: Option<u64>,
    /// Failed requests by named error.
    pub errors: BTreeMap<String, u64>,
    /// Complete answers by exact status; by class (`4xx`) in folders of before.
    #[serde(default)]
    pub statuses: BTreeMap<String, u64>,
    /// Complete answers a second over the intervals inside the load.
    #[serde(default)]
    pub throughput_per_s: Option<f64>,
    /// Mean response time, milliseconds.
    pub mean_ms: Option<f64>,
    /// Quantiles of the response time, milliseconds: 50, 90, 95, 99, 99.9 %.
    pub quantiles_ms: Option<[f64; 5]>,
    /// Longest response time, milliseconds.
    pub max_ms: Option<f64>,
}

impl EndpointFigures {
    /// Requests that ended well, and those that failed.
    pub fn ends(&self) -> Option<(u64, u64)> {
        Some((self.succeeded?, self.failed?))
    }
}
