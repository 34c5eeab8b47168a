//! `mmc`: as many replicas as a queue of so many servers needs to meet an objective, M/M/c or G/G/c.

use serde::{Deserialize, Serialize};
use swarmlab_queueing::mmc::Queue;

use crate::controller::Controller;
use crate::decision::Advice;
use crate::hold::Hold;
use crate::metrics;
use crate::view::View;

pub use swarmlab_queueing::mmc::Objective;

/// How long a request occupies a server.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Demand {
    /// So many seconds.
    Fixed(f64),
    /// CPU used over requests (the utilisation law), as seen.
    Cpu,
}

/// Sized by a queue.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MmcScaling {
    /// The metric that counts arrivals a second.
    pub arrivals: String,
    /// How long a request occupies a server.
    pub demand: Demand,
    /// Servers in each replica: cores, or workers.
    pub servers_per_replica: u64,
    /// `(Ca^2 + Cs^2) / 2`; 1 is M/M/c.
    pub variability: f64,
    /// What is promised.
    pub objective: Objective,
}

impl MmcScaling {
    fn demand_s(&self, view: &View<'_>, arrivals: f64) -> Result<f64, Hold> {
        let demand = match self.demand {
            Demand::Fixed(s) => s,
            Demand::Cpu => view.amount(metrics::CPU)? / arrivals,
        };
        let what = "the demand of a request cannot be told where there is none";
        if demand.is_finite() && demand > 0.0 {
            Ok(demand)
        } else {
            Err(Hold::Undefined { what: what.into() })
        }
    }
}

impl Controller for MmcScaling {
    fn advise(&mut self, view: &View<'_>) -> Result<Advice, Hold> {
        let arrival_rate = view.amount(&self.arrivals)?;
        let per = self.servers_per_replica.max(1);
        let most = view.bounds().max;
        if arrival_rate == 0.0 {
            return Ok(Advice::replicas(view.bounds().min, "no request arrives"));
        }
        let demand_s = self.demand_s(view, arrival_rate)?;
        let queue = |replicas: u64| Queue {
            arrival_rate,
            service_rate: 1.0 / demand_s,
            servers: replicas.saturating_mul(per),
            variability: self.variability,
        };
        let told = format!("{arrival_rate:.2} requests/s of {:.2} ms each", demand_s * 1000.0);
        let least = self.objective.least_servers(queue(1), most.saturating_mul(per));
        let advice = match least.map(|servers| servers.div_ceil(per)) {
            Some(replicas) => {
                Advice::replicas(replicas, format!("{told}: {replicas} replicas meet the objective"))
            }
            None => Advice::replicas(most, format!("{told}: not even {most} replicas meet the objective")),
        };
        let response = queue(advice.replicas).mean_response().unwrap_or(f64::NAN);
        Ok(advice.with("demand_s", demand_s).with("mean_response_s", response))
    }
}
