//! All that a model is fitted to, read off a run.

use std::collections::BTreeMap;

use swarmlab_analysis::assemble::{lives as task_lives, replica_events};
use swarmlab_analysis::{Raw, column, load_window};
use swarmlab_frame::frame::Frame;
use swarmlab_intervals::log::Quantity;
use swarmlab_intervals::{Histogram, add_histogram, new_histogram};
use swarmlab_record::Phase;
use swarmlab_record::client::ALL_ENDPOINTS;
use swarmlab_record::events::Event;
use swarmlab_record::histograms::Log;
use swarmlab_record::manifest::Windows;
use swarmlab_record::topology::Role;
use swarmlab_simulate::{Clients, Errands};

use crate::conditions::{self, Act};
use crate::fronts::Fronts;
use crate::lives::{self, Lives};
use crate::times::Times;
use crate::tree::Wire;

/// What the files of a run say beside its measurements, and what somebody says of it.
#[derive(Debug, Clone, Default)]
pub struct Hints {
    /// Who may call whom.
    pub wires: Vec<Wire>,
    /// How long a service is given to stop, seconds, where its stack file says so.
    pub grace_s: BTreeMap<String, f64>,
    /// Cores of the machine that the run was on, where it was one and is known.
    pub machine_cores: Option<f64>,
}

/// How clients behaved.
#[derive(Debug, Clone)]
pub struct Sent {
    /// The load.
    pub clients: Clients,
    /// What each of them did.
    pub errands: Errands,
    /// Requests that a client makes before it pauses, mean.
    pub requests: f64,
}

/// A service as the run saw it; series by bin of the load.
#[derive(Debug, Clone)]
pub struct Seen {
    /// Its name.
    pub name: String,
    /// Mean cores, all replicas together.
    pub cpu_cores: Vec<Option<f64>>,
    /// Requests a second.
    pub per_s: Vec<Option<f64>>,
    /// Requests over the load and its drain.
    pub requests: f64,
    /// Replicas that ran.
    pub running: Vec<Option<f64>>,
    /// CPU limit of one replica when the load began, in cores.
    pub limit_cores: Option<f64>,
    /// Share of its limits that was used.
    pub utilization: Vec<Option<f64>>,
    /// Whether the kernel counted periods in which it was held back.
    pub has_quota: bool,
    /// How its replicas started and stopped.
    pub lives: Lives,
    /// Mean time from healthy to serving beyond what a bin can hide, seconds; `None` where no proxy tells.
    pub serving_lag_s: Option<f64>,
    /// Replicas when the load began.
    pub replicas: usize,
}

/// All of it.
#[derive(Debug, Clone)]
pub struct Evidence {
    /// The service that clients' requests enter at: the target, or the one behind it.
    pub entry: String,
    /// The proxy before it, if load goes through one.
    pub front: Option<String>,
    /// Width of a bin, seconds.
    pub width_s: f64,
    /// Bins of the load.
    pub bins: usize,
    /// Level that the shape asks for, by bin.
    pub level: Vec<f64>,
    /// How clients behaved.
    pub sent: Sent,
    /// Times that clients felt, by bin.
    pub felt: Vec<Option<Histogram>>,
    /// What proxies counted.
    pub fronts: Fronts,
    /// Services that may be part of the model, in the order of the stack.
    pub services: Vec<Seen>,
    /// What was done to replicas and limits over the load, whoever did it.
    pub acts: Vec<(f64, Act)>,
    /// Replicas when the load began, by service.
    pub replicas: BTreeMap<String, usize>,
}

impl Evidence {
    /// Reads it off. `frame` is that of the whole run; `log` are the histograms of its clients.
    ///
    /// # Errors
    /// Why there is nothing to fit, a sentence without its full stop.
    pub fn read(raw: &Raw, frame: &Frame, log: &Log, fronts: Fronts, sent: Sent) -> Result<Self, String> {
        let w = raw.windows().map_err(|e| e.to_string())?;
        let load = load_window(raw, frame);
        let bins = load.bins();
        let (width_s, count) = (bins.width_s(), bins.count());
        let topology = &raw.manifest.topology;
        let target = &raw.manifest.plan.target_service;
        let behind: Vec<&str> = topology.behind(target).collect();
        let (entry, front) = match behind[..] {
            [] => (target.clone(), None),
            [one] => (one.to_owned(), Some(target.clone())),
            _ => {
                return Err(format!(
                    "load goes to `{target}`, which stands before {}: a model has one service that requests enter at",
                    behind.join(", ")
                ));
            }
        };
        let shape = sent.clients.load.shape();
        let level =
            (0..count).map(|i| shape.value_at(bins.edge(i) + width_s / 2.0 - w.load_start_unix_s)).collect();
        let binned = log.binned(bins.origin_unix_s(), width_s);
        let felt = (0..count)
            .map(|i| binned.get(&(i as i64, Quantity::Response, ALL_ENDPOINTS.to_owned())).cloned())
            .collect();
        let replicas = conditions::replicas(raw, &w);
        let measured = &raw.manifest.plan.measured;
        let is_part = |name: &str, role: Role| {
            name == entry || measured.iter().any(|m| m == name) && role != Role::Proxy
        };
        let mut services: Vec<Seen> = topology
            .services
            .iter()
            .filter(|s| is_part(&s.name, s.role))
            .map(|s| seen(raw, &w, &load, &fronts, &s.name, replicas.get(&s.name).copied().unwrap_or(1)))
            .collect();
        // Whoever counts nothing else has the clients' own counts at the entry.
        for own in services.iter_mut().filter(|s| s.name == entry && s.per_s.iter().all(Option::is_none)) {
            own.per_s = load.get("client_sent_per_s").map_or_else(|| vec![None; count], <[_]>::to_vec);
            own.requests = own.per_s.iter().flatten().sum::<f64>() * width_s;
        }
        let mut acts = conditions::scaled(raw, &w);
        acts.extend(conditions::ordered(raw, &w, true));
        acts.sort_by(|a, b| a.0.total_cmp(&b.0));
        Ok(Self { entry, front, width_s, bins: count, level, sent, felt, fronts, services, acts, replicas })
    }

    /// What clients felt in some bins.
    pub fn felt(&self, bins: &[usize]) -> Times {
        let mut sum = new_histogram();
        for histogram in bins.iter().filter_map(|b| self.felt.get(*b)?.as_ref()) {
            add_histogram(&mut sum, histogram);
        }
        Times::of_micros(&sum)
    }
}

fn seen(raw: &Raw, w: &Windows, load: &Frame, fronts: &Fronts, name: &str, replicas: usize) -> Seen {
    let count = load.bins().count();
    let get = |metric: &str, unit: &str| {
        load.get(&column(name, metric, unit)).map_or_else(|| vec![None; count], <[_]>::to_vec)
    };
    let cpu_cores = get("cpu", "cores");
    let limits = get("cpu_limit", "cores");
    let running = get("replicas_running", "");
    let quotient = |a: &[Option<f64>], b: &[Option<f64>]| -> Vec<Option<f64>> {
        a.iter().zip(b).map(|(a, b)| Some((*a)? / (*b).filter(|b| *b > 0.0)?)).collect()
    };
    let events: Vec<_> = replica_events(&raw.events).into_iter().filter(|e| e.service == name).collect();
    let tasks: Vec<_> = task_lives(&raw.events).into_iter().filter(|t| t.service == name).collect();
    let from_unix_s = raw
        .events
        .iter()
        .find_map(|e| match e {
            Event::Phase { t_unix_s, phase: Phase::WarmUp | Phase::Settle } => Some(*t_unix_s),
            _ => None,
        })
        .unwrap_or(w.load_start_unix_s);
    let of_front = fronts.of(name).filter(|f| f.requests > 0.0);
    let (per_s, requests) = match of_front {
        Some(front) => (front.requests_per_s.clone(), front.requests),
        None => {
            let own = get("requests", "per_s");
            let total = own.iter().flatten().sum::<f64>() * load.bins().width_s();
            (own, total)
        }
    };
    let has_quota = load.columns().iter().any(|c| {
        [column(name, "cpu_throttled", "s_per_s"), column(name, "cpu_periods", "per_s")]
            .iter()
            .any(|n| n == c.name())
    });
    Seen {
        name: name.to_owned(),
        utilization: quotient(&cpu_cores, &limits),
        limit_cores: quotient(&limits, &running).into_iter().flatten().next(),
        cpu_cores,
        per_s,
        requests,
        serving_lag_s: serving_lag_s(load, name),
        running,
        has_quota,
        lives: lives::read(&events, &tasks, from_unix_s),
        replicas,
    }
}

/// How much later than healthy replicas are served, mean over the rises; what a bin can hide is none.
fn serving_lag_s(load: &Frame, name: &str) -> Option<f64> {
    let healthy = load.get(&column(name, "replicas_healthy", ""))?;
    let serving = load.get(&column(name, "replicas_serving", ""))?;
    let mut lags = Vec::new();
    for i in 1..healthy.len() {
        let (Some(before), Some(now)) = (healthy[i - 1], healthy[i]) else { continue };
        if now > before {
            let later = serving[i..].iter().position(|s| s.is_some_and(|s| s >= now));
            lags.extend(later.map(|bins| bins.saturating_sub(1) as f64 * load.bins().width_s()));
        }
    }
    (!lags.is_empty()).then(|| lags.iter().sum::<f64>() / lags.len() as f64)
}
