//! What a controller may know of one service at one moment.
//!
//! All times are seconds of one clock (in a run: since the Unix epoch); all CPU is in cores, all memory in bytes.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// One reading of a metric: its value, and how old it was when the observation was made.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Reading {
    /// The value in the metric's own unit; `None` if there is none. Null is never zero.
    pub v: Option<f64>,
    /// Age of the newest sample behind it, at [`Observation::t_s`].
    pub age_s: f64,
}

impl Reading {
    /// A value with its age.
    pub fn new(v: f64, age_s: f64) -> Self {
        Self { v: Some(v), age_s }
    }
}

/// How many replicas there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Replicas {
    /// Asked for: what the service's specification says.
    pub desired: u64,
    /// Tasks that run, ready or not.
    pub running: u64,
    /// Tasks that run and are healthy.
    pub ready: u64,
}

/// Where a task is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TaskState {
    /// Accepted, not started yet.
    Pending,
    /// Started.
    #[default]
    Running,
    /// Ended by itself or never came up.
    Failed,
    /// Told to stop.
    Stopping,
}

/// A reading of one task: beside value and age, the time over which a rate was taken.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct TaskReading {
    /// The value; `None` if there is none.
    pub v: Option<f64>,
    /// Age of the newest sample behind it, at [`Observation::t_s`].
    pub age_s: f64,
    /// Length of the window of a rate; 0 for gauges.
    #[serde(default)]
    pub window_s: f64,
}

/// One task of the service.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Task {
    /// Its name, as in samples.
    pub id: String,
    /// Where it is in its life.
    #[serde(default)]
    pub state: TaskState,
    /// Healthy; `None` if nothing is known of its health.
    pub ready: Option<bool>,
    /// When it started, if it has.
    pub started_s: Option<f64>,
    /// When `ready` last changed.
    pub ready_changed_s: Option<f64>,
    /// What it uses, by metric (`cpu` in cores, `memory` in bytes); of one container of several as
    /// `<container>/<metric>`.
    #[serde(default)]
    pub usage: BTreeMap<String, TaskReading>,
    /// What it is promised (or limited to), with the same keys; utilisation is usage over this.
    #[serde(default)]
    pub requests: BTreeMap<String, f64>,
}

/// What is known of one service at one moment.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Observation {
    /// Number of the observation in its run, from 0.
    pub seq: u64,
    /// When it was made.
    pub t_s: f64,
    /// The service, by its short name.
    pub service: String,
    /// Metrics of the service as a whole, by name; see [`crate::metrics`] for those that swarmlab fills in.
    #[serde(default)]
    pub metrics: BTreeMap<String, Reading>,
    /// How many replicas.
    pub replicas: Replicas,
    /// CPU limit of one replica, in cores; `None` if there is none.
    #[serde(default)]
    pub cpu_limit_cores: Option<f64>,
    /// The tasks one by one, where they are known.
    #[serde(default)]
    pub tasks: Vec<Task>,
}
