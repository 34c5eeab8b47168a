//! CPU demand per request of each service: fitted from outside, beside what the service accounts itself and what it
//! was configured with.

use serde::{Deserialize, Serialize};
use swarmlab_frame::frame::Frame;
use swarmlab_stats::demand::{self, DemandOptions, Method};

use super::{column, counts};
use crate::assemble::Raw;
use crate::telemetry::catalogue::Meaning;

/// Demand of one service.
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
    /// `regression` or `ratio` (load too constant to tell idle from cost).
    pub method: String,
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
    /// What the sample application was told to burn.
    pub configured_s: Option<f64>,
}

/// Demands of all measured services that have CPU and a request count.
pub fn all(raw: &Raw, load: &Frame) -> Vec<Demand> {
    raw.manifest.experiment.measured.iter().filter_map(|s| one(raw, load, s)).collect()
}

fn one(raw: &Raw, load: &Frame, service: &str) -> Option<Demand> {
    let cpu = load.get(&column(service, "cpu", "cores"))?;
    let requests = raw
        .manifest
        .proxy_of(service)
        .and_then(|proxy| load.get(&column(proxy, "upstream_requests", "per_s")))
        .or_else(|| load.get(&column(service, "requests", "per_s")))?;
    let fit = match demand::fit(cpu, &[requests.to_vec()], load.bins().width_s(), &DemandOptions::default()) {
        Ok(fit) => fit,
        Err(e) => {
            tracing::info!("{service}: no demand: {e}");
            return None;
        }
    };
    let class = fit.classes.first()?;
    let own_requests =
        counts::total(raw, service, Meaning::ApplicationRequests).map(|i| i.value).filter(|n| *n > 0.0);
    let per_request = |meaning| {
        let cpu_s = counts::total(raw, service, meaning)?.value;
        Some(cpu_s / own_requests?)
    };
    let self_marginal_s = match (
        load.get(&column(service, "self_cpu", "cores")),
        load.get(&column(service, "requests", "per_s")),
    ) {
        (Some(cpu), Some(requests)) => {
            demand::fit(cpu, &[requests.to_vec()], load.bins().width_s(), &DemandOptions::default())
                .ok()
                .filter(|f| f.method == Method::Regression)
                .and_then(|f| f.classes.first().map(|c| c.demand_s.value))
        }
        _ => None,
    };
    Some(Demand {
        service: service.to_owned(),
        demand_s: class.demand_s.value,
        ci_s: (class.demand_s.ci_low, class.demand_s.ci_high),
        idle_cores: fit.idle_cores.map(|e| e.value),
        method: match fit.method {
            Method::Regression => "regression",
            Method::Ratio => "ratio",
        }
        .to_owned(),
        r2: fit.r2,
        flattening_per_s: class.flattening_per_s,
        bins: fit.n,
        bin_s: fit.bin_width_s,
        self_accounted_s: per_request(Meaning::ApplicationCpu),
        self_marginal_s,
        burned_s: per_request(Meaning::ApplicationBurned),
        configured_s: raw.manifest.experiment.configured_demand_s.get(service).copied(),
    })
}
