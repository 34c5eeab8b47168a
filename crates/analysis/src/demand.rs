//! CPU demand per request of each service: fitted from outside, beside what the service accounts itself and what it
//! was configured with.

use swarmlab_frame::frame::Frame;
use swarmlab_stats::demand::{self, DemandOptions, Method};

use super::column;
use super::counts::Totals;
use crate::assemble::Raw;
use swarmlab_record::metric::Meaning;
use swarmlab_record::summary::{Demand, DemandMethod};

/// A measured service whose demand is not known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unfitted {
    /// Which.
    pub service: String,
    /// Why, a sentence without its full stop.
    pub why: String,
}

/// Demands of all measured services, and why the others have none.
pub fn all(raw: &Raw, totals: &Totals, load: &Frame) -> (Vec<Demand>, Vec<Unfitted>) {
    let (mut fitted, mut unfitted) = (Vec::new(), Vec::new());
    for service in &raw.manifest.plan.measured {
        match one(raw, totals, load, service) {
            Ok(demand) => fitted.push(demand),
            // Where a service does not account for itself there is nothing to compare with, fit or no fit.
            Err(why) if accounts_for_itself(totals, service) => {
                unfitted.push(Unfitted { service: service.clone(), why });
            }
            Err(why) => tracing::info!("{service}: no demand: {why}"),
        }
    }
    (fitted, unfitted)
}

fn accounts_for_itself(totals: &Totals, service: &str) -> bool {
    let counted = |meaning: Meaning| totals.of(service, &meaning).is_some_and(|i| i.value > 0.0);
    counted(Meaning::APPLICATION_CPU) && counted(Meaning::APPLICATION_REQUESTS)
}

fn one(raw: &Raw, totals: &Totals, load: &Frame, service: &str) -> Result<Demand, String> {
    let cpu = load.get(&column(service, "cpu", "cores")).ok_or("Its CPU was never sampled")?;
    let requests = raw
        .manifest
        .topology
        .before(service)
        .find_map(|proxy| load.get(&column(proxy, "upstream_requests", "per_s")))
        .or_else(|| load.get(&column(service, "requests", "per_s")))
        .ok_or(
            "Nobody counts its requests: no proxy stands before it, and it has no request counter of its own",
        )?;
    let fit = demand::fit(cpu, &[requests.to_vec()], load.bins().width_s(), &DemandOptions::default())
        .map_err(|e| format!("It cannot be fitted over {} bins: {e}", load.bins().count()))?;
    let class = fit.classes.first().ok_or("It has no requests to fit it by")?;
    let own_requests =
        totals.of(service, &Meaning::APPLICATION_REQUESTS).map(|i| i.value).filter(|n| *n > 0.0);
    let per_request = |meaning: &Meaning| {
        let cpu_s = totals.of(service, meaning)?.value;
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
    Ok(Demand {
        service: service.to_owned(),
        demand_s: class.demand_s.value,
        ci_s: (class.demand_s.ci_low, class.demand_s.ci_high),
        idle_cores: fit.idle_cores.map(|e| e.value),
        method: match fit.method {
            Method::Regression => DemandMethod::Regression,
            Method::Ratio => DemandMethod::Ratio,
        },
        r2: fit.r2,
        flattening_per_s: class.flattening_per_s,
        bins: fit.n,
        bin_s: fit.bin_width_s,
        self_accounted_s: per_request(&Meaning::APPLICATION_CPU),
        self_marginal_s,
        burned_s: per_request(&Meaning::APPLICATION_BURNED),
        declared_s: raw.manifest.plan.declared_demand_s.get(service).copied(),
    })
}
