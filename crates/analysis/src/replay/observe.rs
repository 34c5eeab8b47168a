//! What could have been known of a service at a moment of a run.

use std::collections::BTreeMap;

use swarmlab_control::{Observation, Reading, Replicas, Task, TaskReading, metrics as names};
use swarmlab_frame::clock::Bins;
use swarmlab_frame::frame::Frame;
use swarmlab_record::plan::LoadModel;
use swarmlab_record::topology::{TaskLife, Topology};

use super::metrics::{self, Values};
use super::tasks::tasks;
use crate::assemble::{AssembleError, lives};
use crate::{Raw, column};

/// Edges of bins and moments of decisions are computed in different ways; so near they are the same.
pub(super) const SAME_S: f64 = 1e-6;

/// The newest value of the bins that were over, and which bin.
pub(super) fn newest(
    bins: &Bins,
    values: &[Option<f64>],
    over: usize,
    t_unix_s: f64,
) -> Option<(usize, Reading)> {
    let (i, v) = values.iter().take(over).enumerate().rev().find_map(|(i, v)| Some((i, (*v)?)))?;
    let age_s = (t_unix_s - bins.edge(i + 1)).max(0.0);
    // Microseconds: what is below comes of the size of Unix times alone.
    Some((i, Reading::new(v, (age_s * 1e6).round() / 1e6)))
}

/// A finished run as controllers are shown it.
#[derive(Debug, Clone)]
pub struct Recorded<'a> {
    pub(super) frame: &'a Frame,
    pub(super) topology: &'a Topology,
    /// The service that the load goes to.
    pub(super) target: &'a str,
    /// Whether the load counts users.
    pub(super) closed: bool,
    load_start_unix_s: f64,
    load_end_unix_s: f64,
    lives: Vec<TaskLife>,
    /// Metrics of each service.
    values: BTreeMap<&'a str, BTreeMap<&'static str, Values>>,
}

impl<'a> Recorded<'a> {
    /// Of a run and its whole frame.
    ///
    /// # Errors
    /// [`AssembleError::NoWindow`] when no load was begun.
    pub fn new(raw: &'a Raw, frame: &'a Frame) -> Result<Self, AssembleError> {
        let windows = raw.windows()?;
        let topology = &raw.manifest.topology;
        let mut recorded = Self {
            frame,
            topology,
            target: &raw.manifest.plan.target_service,
            closed: raw.manifest.plan.model == LoadModel::Closed,
            load_start_unix_s: windows.load_start_unix_s,
            load_end_unix_s: windows.load_end_unix_s,
            lives: lives(&raw.events),
            values: BTreeMap::new(),
        };
        let of = |s: &'a str| (s, metrics::of(&recorded, s));
        recorded.values = topology.services.iter().map(|s| of(s.name.as_str())).collect();
        Ok(recorded)
    }

    /// How long the load lasted.
    pub fn load_s(&self) -> f64 {
        self.load_end_unix_s - self.load_start_unix_s
    }

    /// Moments of decisions, in seconds since the load began.
    pub(super) fn moments(&self, every_s: f64) -> impl Iterator<Item = f64> + use<> {
        let end_s = self.load_s() + SAME_S;
        // A period that is none gives no moment.
        let count = if every_s > 0.0 { (end_s / every_s).floor() as u64 } else { 0 };
        // Microseconds, as three times 1.1 s is 3.3 s.
        (1..=count).map(move |k| (k as f64 * every_s * 1e6).round() / 1e6)
    }

    /// Whether the run has a metric (`p95`, `gateway.p95`) of a service at all.
    pub(super) fn has(&self, service: &str, metric: &str) -> bool {
        let (service, metric) = metric.split_once('.').unwrap_or((service, metric));
        self.values.get(service).is_some_and(|all| all.contains_key(metric))
    }

    /// What could have been known then: of each metric the newest value of a bin that was over, and how long it had been
    /// over. `None` where nobody knew the replicas.
    pub(super) fn observation(&self, service: &str, t_s: f64) -> Option<Observation> {
        let t_unix_s = self.load_start_unix_s + t_s;
        let over = self.over(t_unix_s);
        let metrics = self.metrics(service, t_s);
        let replicas = self.replicas(service, over, t_unix_s)?;
        Some(Observation {
            seq: 0,
            t_s: t_unix_s,
            service: service.to_owned(),
            metrics,
            replicas,
            cpu_limit_cores: self.each(service, "cpu_limit", "cores", over, t_unix_s).and_then(|r| r.v),
            tasks: self.tasks(service, replicas, over, t_unix_s),
        })
    }

    /// The metrics of all services: those of this one by their names, and of all as `service.name`.
    pub(super) fn metrics(&self, service: &str, t_s: f64) -> BTreeMap<String, Reading> {
        let t_unix_s = self.load_start_unix_s + t_s;
        let over = self.over(t_unix_s);
        let mut metrics = BTreeMap::new();
        for (owner, all) in &self.values {
            for (name, values) in all {
                let Some((_, reading)) = self.newest(values, over, t_unix_s) else { continue };
                if *owner == service {
                    metrics.insert((*name).to_owned(), reading);
                }
                metrics.insert(format!("{owner}.{name}"), reading);
            }
        }
        metrics
    }

    /// How many bins were over.
    fn over(&self, t_unix_s: f64) -> usize {
        let bins = self.frame.bins();
        (0..bins.count()).take_while(|i| bins.edge(i + 1) <= t_unix_s + SAME_S).count()
    }

    /// The newest value of a bin that was over, and which bin.
    fn newest(&self, values: &[Option<f64>], over: usize, t_unix_s: f64) -> Option<(usize, Reading)> {
        newest(self.frame.bins(), values, over, t_unix_s)
    }

    fn level(&self, service: &str, metric: &str, over: usize, t_unix_s: f64) -> Option<u64> {
        let values = self.frame.get(&column(service, metric, ""))?;
        let v = self.newest(values, over, t_unix_s)?.1.v?;
        (v >= 0.0).then_some(v.round() as u64)
    }

    fn replicas(&self, service: &str, over: usize, t_unix_s: f64) -> Option<Replicas> {
        let level = |metric| self.level(service, metric, over, t_unix_s);
        let (desired, running) = (level("replicas_desired")?, level("replicas_running")?);
        // Without a health check whatever runs is sent requests.
        let ready = level("replicas_healthy").unwrap_or(running).min(running);
        Some(Replicas { desired, running, ready })
    }

    /// The part of each task in a level of the whole service, by the tasks that ran in that bin.
    fn each(&self, service: &str, metric: &str, unit: &str, over: usize, t_unix_s: f64) -> Option<Reading> {
        let (i, whole) = self.newest(self.frame.get(&column(service, metric, unit))?, over, t_unix_s)?;
        let running = (*self.frame.get(&column(service, "replicas_running", ""))?.get(i)?)?;
        let v = whole.v.filter(|v| *v > 0.0 || !metric.ends_with("_limit"))?;
        (running >= 1.0).then_some(Reading { v: Some(v / running), ..whole })
    }

    /// The tasks that ran, each with its part of what the service used: the frame has sums. None where the orchestrator
    /// told of more or fewer tasks than ran.
    fn tasks(&self, service: &str, replicas: Replicas, over: usize, t_unix_s: f64) -> Vec<Task> {
        let width_s = self.frame.bins().width_s();
        let each = |metric, unit| self.each(service, metric, unit, over, t_unix_s);
        let reading = |r: Reading, window_s| TaskReading { v: r.v, age_s: r.age_s, window_s };
        let mut usage = BTreeMap::new();
        usage.extend(each("cpu", "cores").map(|r| (names::CPU.to_owned(), reading(r, width_s))));
        usage.extend(each("memory", "bytes").map(|r| (names::MEMORY.to_owned(), reading(r, 0.0))));
        let mut requests = BTreeMap::new();
        requests.extend(each("cpu_limit", "cores").and_then(|r| Some((names::CPU.to_owned(), r.v?))));
        requests.extend(each("memory_limit", "bytes").and_then(|r| Some((names::MEMORY.to_owned(), r.v?))));
        tasks(&self.lives, service, t_unix_s, replicas, |_| (usage.clone(), requests.clone()))
    }
}
