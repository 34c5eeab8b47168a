//! A metric of the autoscaler: where its figure comes from, and what it is held against.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::behavior::Tolerances;
use super::calculator::{self, Count, Samples, Tasks, milli};
use super::pods::{Sample, Timing};
use crate::hold::Hold;
use crate::metrics;
use crate::observation::Task;
use crate::view::View;

/// What usage is held against.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Target {
    /// Usage over request, averaged over tasks, in whole percent.
    Utilization(i32),
    /// So much per replica, in the metric's unit.
    AverageValue(f64),
    /// So much for the service as a whole, in the metric's unit.
    Value(f64),
}

/// Where the figure comes from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum MetricSpec {
    /// CPU or memory of each task; by utilisation or average value.
    Resource {
        /// `cpu` or `memory`.
        metric: String,
        /// Against what.
        target: Target,
    },
    /// CPU or memory of one container in each task; by utilisation or average value.
    ContainerResource {
        /// The container.
        container: String,
        /// `cpu` or `memory`.
        metric: String,
        /// Against what.
        target: Target,
    },
    /// Any other metric of each task; by average value.
    Pods {
        /// Its name.
        metric: String,
        /// Against what.
        target: Target,
    },
    /// One figure of the service, or of another object; by value or average value.
    Object {
        /// Its name among the observation's metrics.
        metric: String,
        /// Against what.
        target: Target,
    },
    /// One figure from outside; by value or average value.
    External {
        /// Its name among the observation's metrics.
        metric: String,
        /// Against what.
        target: Target,
    },
}

/// What one metric proposes.
pub struct Proposed {
    /// Replicas.
    pub replicas: i64,
    /// The usage beside the target, for people.
    pub told: String,
}

impl MetricSpec {
    /// The metric's name.
    pub fn name(&self) -> &str {
        match self {
            Self::Resource { metric, .. }
            | Self::ContainerResource { metric, .. }
            | Self::Pods { metric, .. }
            | Self::Object { metric, .. }
            | Self::External { metric, .. } => metric,
        }
    }

    /// Its target.
    pub fn target(&self) -> Target {
        match self {
            Self::Resource { target, .. }
            | Self::ContainerResource { target, .. }
            | Self::Pods { target, .. }
            | Self::Object { target, .. }
            | Self::External { target, .. } => *target,
        }
    }

    /// The metric, for people.
    pub fn describe(&self) -> String {
        match self {
            Self::ContainerResource { container, metric, .. } => format!("`{metric}` of `{container}`"),
            other => format!("`{}`", other.name()),
        }
    }

    /// The count that this metric proposes.
    ///
    /// # Errors
    /// What it needs and is not there.
    pub fn replicas(
        &self,
        view: &View<'_>,
        current: i64,
        tolerances: &Tolerances,
        timing: &Timing,
    ) -> Result<Proposed, Hold> {
        let seen = view.observation();
        // A metric of pods that is called so is one like others: Kubernetes knows start-up of resources alone.
        let is_cpu = matches!(self, Self::Resource { .. } | Self::ContainerResource { .. })
            && self.name() == metrics::CPU;
        let tasks = Tasks { tasks: &seen.tasks, is_cpu, timing, now_s: view.now_s() };
        let running = i64::try_from(seen.replicas.running).unwrap_or(i64::MAX);
        let target = self.target();
        let count = match (self, target) {
            (Self::Object { metric, .. } | Self::External { metric, .. }, Target::Value(t)) => {
                let usage = milli(view.amount(metric)?);
                calculator::by_value(current, positive(t)?, usage, &tasks, tolerances)?
            }
            (Self::Object { metric, .. } | Self::External { metric, .. }, Target::AverageValue(t)) => {
                let usage = milli(view.amount(metric)?);
                calculator::by_value_per_replica(running, positive(t)?, usage, tolerances)
            }
            (Self::Resource { .. } | Self::ContainerResource { .. }, Target::Utilization(percent)) => {
                let key = self.key();
                let requests = requests(&seen.tasks, &key)?;
                let percent = if percent > 0 { percent } else { return Err(no_target()) };
                calculator::by_utilization(
                    current,
                    percent,
                    samples(view, &key),
                    &requests,
                    &tasks,
                    tolerances,
                )?
            }
            (
                Self::Resource { .. } | Self::ContainerResource { .. } | Self::Pods { .. },
                Target::AverageValue(t),
            ) => {
                calculator::by_average(current, positive(t)?, samples(view, &self.key()), &tasks, tolerances)?
            }
            _ => {
                return Err(Hold::Undefined {
                    what: format!("{} cannot be held like this", self.describe()),
                });
            }
        };
        Ok(Proposed { replicas: count.replicas, told: told(count, target) })
    }

    /// The key of its readings in a task.
    fn key(&self) -> String {
        match self {
            Self::ContainerResource { container, metric, .. } => format!("{container}/{metric}"),
            other => other.name().to_owned(),
        }
    }
}

fn told(count: Count, target: Target) -> String {
    let whole = |v: i64| v as f64 / 1000.0;
    match target {
        Target::Utilization(t) => format!("{} % of what it may use, aimed at {t} %", count.usage),
        Target::AverageValue(t) => format!("{} per replica, aimed at {t}", whole(count.usage)),
        Target::Value(t) => format!("{}, aimed at {t}", whole(count.usage)),
    }
}

fn positive(target: f64) -> Result<i64, Hold> {
    let target = milli(target);
    if target > 0 { Ok(target) } else { Err(no_target()) }
}

fn no_target() -> Hold {
    Hold::Undefined { what: "a target must be more than nothing".into() }
}

/// The usage of the tasks that can be used, in thousandths; their sum is noted as seen.
fn samples(view: &View<'_>, key: &str) -> Samples {
    let mut sum = None;
    let mut oldest = 0.0f64;
    let mut samples = Samples::new();
    for task in &view.observation().tasks {
        let Some(reading) = task.usage.get(key) else { continue };
        oldest = oldest.max(reading.age_s);
        let Some(v) = view.task_value(reading.v, reading.age_s).filter(|v| *v >= 0.0) else { continue };
        let at_s = view.observation().t_s - reading.age_s;
        sum = Some(sum.unwrap_or(0.0) + v);
        samples.insert(task.id.clone(), Sample { milli: milli(v), at_s, window_s: reading.window_s });
    }
    view.note(&format!("{key} of tasks"), sum, oldest + view.now_s() - view.observation().t_s);
    samples
}

/// What each task is promised, in thousandths.
fn requests(tasks: &[Task], key: &str) -> Result<BTreeMap<String, i64>, Hold> {
    let missing = || Hold::Missing { metric: format!("{key} request") };
    tasks.iter().map(|t| Ok((t.id.clone(), milli(*t.requests.get(key).ok_or_else(missing)?)))).collect()
}
