//! What a reader needs of the experiment that was run.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize};
use swarmlab_shapes::Shape;

use crate::metric::{Kind, Meaning};
use crate::series::Identity;

/// How users behave.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LoadModel {
    /// Users that wait for the answer, and think.
    Closed,
    /// Requests by schedule, whatever becomes of the ones before.
    Open,
}

impl LoadModel {
    /// The word, as in the serialised form.
    pub fn name(self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::Open => "open",
        }
    }
}

/// A user's own query, whose value is a column (`measure: { queries: … }`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Query {
    /// Its name: lower-case letters, digits and `_`.
    pub name: String,
    /// What Prometheus is asked.
    pub promql: String,
    /// Unit of the answer, empty when dimensionless.
    #[serde(default)]
    pub unit: String,
    /// The label that names the service that an answer is about; none: one answer, about no service.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
}

impl Query {
    /// What its answers mean: a name that no catalogue's metric has by accident.
    pub fn meaning(&self) -> Meaning {
        Meaning::named(format!("query_{}", self.name))
    }

    /// The series of its answers about a service, or about none.
    pub fn identity(&self, service: Option<String>) -> Identity {
        Identity {
            service: service.unwrap_or_default(),
            task: "prometheus".to_owned(),
            metric: self.promql.clone(),
            meaning: self.meaning(),
            kind: Kind::Gauge,
            unit: self.unit.clone(),
            scale: 1.0,
            upstream: None,
            task_is_exact: false,
            labels: BTreeMap::new(),
        }
    }
}

/// The resolved experiment, as far as figures depend on it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// Path of the experiment file as given; empty for a load alone.
    pub file: String,
    /// Text of the experiment file.
    pub text: String,
    /// Path of the stack file; empty for a load alone.
    pub stack: String,
    /// Variables the stack was interpolated with (never secrets: those are files).
    pub variables: BTreeMap<String, String>,
    /// Variables of the stack that the environment or the engine answered, but for those that are called like secrets.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub environment: BTreeMap<String, String>,
    /// What the command line changed of the file: `--set NAME=value`, `--duration 30s`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub overrides: Vec<String>,
    /// Service that load was sent to; for a load alone the address.
    pub target_service: String,
    /// Closed or open loop.
    pub model: LoadModel,
    /// The level over time: users, or requests a second; none where only its outcome is known.
    #[serde(default, deserialize_with = "shape")]
    pub shape: Option<Shape>,
    /// Length of the load, seconds.
    pub duration_s: f64,
    /// Mean think time after each iteration (closed loop), seconds; none with pacing, where it follows from the
    /// response times, and where classes of users differ in it.
    pub think_s: Option<f64>,
    /// Requests an iteration of the scenario sends, mean over its classes and tasks by weight.
    pub steps: f64,
    /// Bin width, seconds.
    pub bin_s: f64,
    /// Services under study.
    pub measured: Vec<String>,
    /// The user's own queries.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub queries: Vec<Query>,
    /// Objective for the 95th percentile of the response time, seconds.
    pub slo_p95_s: Option<f64>,
    /// Objective for the error rate.
    pub slo_error_rate: Option<f64>,
    /// Thresholds (`checks`, `--check`) as they were written.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub checks: Vec<String>,
    /// Seed of everything random.
    pub seed: u64,
    /// CPU demand a request that services declare (`x-swarmlab: { demand: … }` in the stack file), seconds.
    #[serde(alias = "configured_demand_s")]
    pub declared_demand_s: BTreeMap<String, f64>,
}

impl Plan {
    /// Of a load alone: there is no experiment, no stack, no service under study. `target` says where it goes, `bin_s` is the
    /// length of its intervals; what it was to be (shape, think time) is not known yet.
    pub fn of_load(target: String, model: LoadModel, duration_s: f64, bin_s: f64, seed: u64) -> Self {
        Self {
            file: String::new(),
            text: String::new(),
            stack: String::new(),
            variables: BTreeMap::new(),
            environment: BTreeMap::new(),
            overrides: Vec::new(),
            target_service: target,
            model,
            shape: None,
            duration_s,
            think_s: None,
            steps: 1.0,
            bin_s,
            measured: Vec::new(),
            queries: Vec::new(),
            slo_p95_s: None,
            slo_error_rate: None,
            checks: Vec::new(),
            seed,
            declared_demand_s: BTreeMap::new(),
        }
    }
}

/// The shape itself, or (format 1) its text, or nothing.
fn shape<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Shape>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Written {
        Text(String),
        Shape(Shape),
    }
    match Option::<Written>::deserialize(deserializer)? {
        None => Ok(None),
        Some(Written::Shape(shape)) => Ok(Some(shape)),
        Some(Written::Text(text)) => serde_json::from_str(&text).map_err(serde::de::Error::custom),
    }
}
