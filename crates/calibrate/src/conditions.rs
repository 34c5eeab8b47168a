//! Under what a run takes place: what was set, and nothing of what came of it.

use std::collections::BTreeMap;

use swarmlab_analysis::assemble::replica_events;
use swarmlab_analysis::{Raw, column};
use swarmlab_control::Autoscaler;
use swarmlab_frame::frame::Frame;
use swarmlab_record::action::{Action, Progress};
use swarmlab_record::decisions::{By, Line};
use swarmlab_record::events::Event;
use swarmlab_record::manifest::Windows;
use swarmlab_simulate::{Clients, Errands};

/// What is done to a service at a moment.
#[derive(Debug, Clone, PartialEq)]
pub enum Act {
    /// So many replicas are asked for.
    Scale {
        /// The service.
        service: String,
        /// Replicas.
        replicas: usize,
    },
    /// Every replica has another CPU limit.
    Limit {
        /// The service.
        service: String,
        /// Cores of a replica.
        cores: f64,
    },
}

impl Act {
    /// The service.
    pub fn service(&self) -> &str {
        match self {
            Act::Scale { service, .. } | Act::Limit { service, .. } => service,
        }
    }
}

/// Who scales a service.
#[derive(Debug, Clone)]
pub struct Scaler {
    /// The service.
    pub service: String,
    /// Seconds between decisions.
    pub every_s: f64,
    /// The controller, fresh.
    pub autoscaler: Autoscaler,
}

/// All that is set of a run.
#[derive(Debug, Clone)]
pub struct Conditions {
    /// How much load, and how clients behave.
    pub clients: Clients,
    /// What each of them does.
    pub errands: Errands,
    /// Replicas when the load begins, by service; of those that are left out the model's.
    pub replicas: BTreeMap<String, usize>,
    /// CPU limit of a replica when the load begins, in cores; of those that are left out the model's.
    pub limits: BTreeMap<String, f64>,
    /// What is done, by seconds since the load began.
    pub acts: Vec<(f64, Act)>,
    /// Who scales.
    pub scalers: Vec<Scaler>,
}

impl Conditions {
    /// Holds a service at so many replicas: what the run did to them, and who scaled it, is left out.
    pub fn hold(&mut self, service: &str, replicas: usize) {
        self.replicas.insert(service.to_owned(), replicas);
        self.acts.retain(|(_, act)| !matches!(act, Act::Scale { service: s, .. } if s == service));
        self.scalers.retain(|s| s.service != service);
    }
}

/// Replicas asked for when the load begins.
pub fn replicas(raw: &Raw, w: &Windows) -> BTreeMap<String, usize> {
    let mut out: BTreeMap<String, usize> =
        raw.manifest.topology.services.iter().map(|s| (s.name.clone(), count(s.replicas))).collect();
    for event in replica_events(&raw.events).iter().filter(|e| e.t_unix_s <= w.load_start_unix_s) {
        out.insert(event.service.clone(), count(event.desired));
    }
    out
}

/// Every change of the replicas that were asked for, whoever asked, since the load began.
pub fn scaled(raw: &Raw, w: &Windows) -> Vec<(f64, Act)> {
    let mut known = replicas(raw, w);
    let mut out = Vec::new();
    for event in replica_events(&raw.events).iter().filter(|e| e.t_unix_s > w.load_start_unix_s) {
        let replicas = count(event.desired);
        if known.insert(event.service.clone(), replicas) != Some(replicas) {
            let act = Act::Scale { service: event.service.clone(), replicas };
            out.push((event.t_unix_s - w.load_start_unix_s, act));
        }
    }
    out
}

/// What the experiment's own actions did since the load began; those that controllers wanted are left out. With `limits_only`
/// only changes of limits, whoever wanted them.
pub fn ordered(raw: &Raw, w: &Windows, limits_only: bool) -> Vec<(f64, Act)> {
    let mut out = Vec::new();
    for event in &raw.events {
        let Event::Action(news) = event else { continue };
        let Progress::InForce { accepted_unix_s, .. } = &news.progress else { continue };
        let at_s = accepted_unix_s - w.load_start_unix_s;
        if at_s < 0.0 || (news.decision.is_some() && !limits_only) {
            continue;
        }
        match &news.what {
            Action::Scale { service, replicas } if !limits_only => {
                out.push((at_s, Act::Scale { service: service.clone(), replicas: count(*replicas) }));
            }
            Action::SetLimits { service, cpu_cores: Some(cores), .. } => {
                out.push((at_s, Act::Limit { service: service.clone(), cores: *cores }));
            }
            _ => {}
        }
    }
    out.sort_by(|a, b| a.0.total_cmp(&b.0));
    out
}

/// The controllers of a run that can be simulated, and the services of those that cannot.
pub fn scalers(raw: &Raw) -> (Vec<Scaler>, Vec<String>) {
    let (mut out, mut not) = (Vec::new(), Vec::new());
    for line in &raw.decisions {
        let Line::Controller(c) = line else { continue };
        match &c.by {
            _ if !c.acts => {}
            By::House(autoscaler) => out.push(Scaler {
                service: c.service.clone(),
                every_s: c.every_s,
                autoscaler: autoscaler.clone(),
            }),
            By::Command { .. } => not.push(c.service.clone()),
        }
    }
    (out, not)
}

fn count(n: u64) -> usize {
    usize::try_from(n).unwrap_or(usize::MAX)
}

/// CPU limit of a replica when the load begins, in cores, by service; `load` is the frame of the load.
pub fn limits(raw: &Raw, load: &Frame) -> BTreeMap<String, f64> {
    let mut out = BTreeMap::new();
    for service in &raw.manifest.topology.services {
        let get = |metric: &str, unit: &str| load.get(&column(&service.name, metric, unit));
        let (Some(all), Some(running)) = (get("cpu_limit", "cores"), get("replicas_running", "")) else {
            continue;
        };
        let first = all.iter().zip(running).find_map(|(a, r)| Some((*a)? / (*r).filter(|r| *r > 0.0)?));
        out.extend(first.filter(|c| *c > 0.0).map(|c| (service.name.clone(), (c * 1e4).round() / 1e4)));
    }
    out
}
