//! `manifest.json`: what was run, on what, with which seeds; enough to re-compute every figure offline.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use swarmlab_intervals::trust::VerdictInputs;

use super::folder::write_atomically;
use crate::telemetry::prometheus::ClockOffset;
use crate::testbed::{Kind, Service, Target};

/// Version of this file's layout; readers refuse a newer one.
pub const FORMAT: u32 = 1;

/// The manifest.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// Layout version.
    pub format: u32,
    /// Version of swarmlab that ran it.
    pub swarmlab: String,
    /// Experiment's name.
    pub name: String,
    /// When the run began, Unix seconds.
    pub started_unix_s: f64,
    /// Which testbed, and why that one.
    pub testbed: Kind,
    /// Why this testbed was taken.
    pub testbed_reason: String,
    /// The resolved experiment.
    pub experiment: Resolved,
    /// Services of the stack.
    pub services: Vec<Service>,
    /// Where load went.
    pub target: Option<Target>,
    /// Versions and digests: engine, kernel, images.
    pub provenance: BTreeMap<String, String>,
    /// Prometheus's clock against ours; absent on the embedded testbed (one clock).
    pub clock_offset: Option<ClockOffset>,
    /// Bin grid and windows.
    pub windows: Option<Windows>,
    /// What the load engine recorded of itself over the load.
    pub generator: Option<VerdictInputs>,
    /// Whole, or why not.
    pub state: State,
}

/// What the analysis needs of the experiment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Resolved {
    /// Path of the experiment file as given.
    pub file: String,
    /// Text of the experiment file.
    pub text: String,
    /// Path of the stack file.
    pub stack: String,
    /// Variables the stack was interpolated with (never secrets: those are files).
    pub variables: BTreeMap<String, String>,
    /// Service that load was sent to.
    pub target_service: String,
    /// `closed` or `open`.
    pub model: String,
    /// Name and parameters of the shape.
    pub shape: String,
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
    /// Objective for the 95th percentile of the response time, seconds.
    pub slo_p95_s: Option<f64>,
    /// Objective for the share of failed requests.
    pub slo_error_rate: Option<f64>,
    /// Seed of everything random.
    pub seed: u64,
    /// CPU demand a request that each sample application was configured with, seconds.
    pub configured_demand_s: BTreeMap<String, f64>,
}

/// When what was measured; all in Unix seconds on our clock.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Windows {
    /// First edge of the bin grid.
    pub grid_unix_s: f64,
    /// First request may be sent from here on; an edge of the grid.
    pub load_start_unix_s: f64,
    /// No request is offered from here on.
    pub load_end_unix_s: f64,
    /// The last answer was in, or given up.
    pub drained_unix_s: f64,
    /// Every source had been sampled after the drain by then (or had been waited for in vain).
    pub settled_unix_s: f64,
}

/// How the run ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum State {
    /// Still going, or the command was killed.
    Running,
    /// Whole.
    Complete,
    /// Ended early; what was measured is there.
    Partial {
        /// Why.
        reason: String,
    },
}

/// Why a manifest cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ManifestError {
    /// No such file, or unreadable.
    #[error("{path}: {source}")]
    Io {
        /// Path.
        path: String,
        /// Reason.
        source: std::io::Error,
    },
    /// Not a manifest.
    #[error("{path}: not a manifest: {reason}")]
    Invalid {
        /// Path.
        path: String,
        /// Reason.
        reason: String,
    },
    /// Written by a newer version.
    #[error("{path}: format {found} is newer than this swarmlab reads ({FORMAT})")]
    Newer {
        /// Path.
        path: String,
        /// Format found.
        found: u64,
    },
}

impl ManifestError {
    /// Its number and name.
    pub fn code(&self) -> swarmlab_codes::Code {
        match self {
            Self::Io { .. } => swarmlab_codes::NO_MANIFEST,
            Self::Invalid { .. } => swarmlab_codes::BAD_MANIFEST,
            Self::Newer { .. } => swarmlab_codes::NEWER_MANIFEST,
        }
    }
}

impl Manifest {
    /// Writes the manifest whole or not at all.
    pub fn write(&self, path: &Path) -> std::io::Result<()> {
        let mut text = serde_json::to_vec_pretty(self)?;
        text.push(b'\n');
        write_atomically(path, &text)
    }

    /// Reads a manifest.
    pub fn read(path: &Path) -> Result<Self, ManifestError> {
        let shown = path.display().to_string();
        let text = std::fs::read_to_string(path)
            .map_err(|source| ManifestError::Io { path: shown.clone(), source })?;
        let invalid =
            |e: serde_json::Error| ManifestError::Invalid { path: shown.clone(), reason: e.to_string() };
        let value: serde_json::Value = serde_json::from_str(&text).map_err(invalid)?;
        if let Some(found) =
            value.get("format").and_then(serde_json::Value::as_u64).filter(|f| *f > u64::from(FORMAT))
        {
            return Err(ManifestError::Newer { path: shown, found });
        }
        serde_json::from_value(value).map_err(invalid)
    }

    /// The service behind a proxy.
    pub fn fronted_by(&self, proxy: &str) -> Option<&str> {
        self.services.iter().find(|s| s.name == proxy)?.fronts.as_deref()
    }

    /// The proxy before a service.
    pub fn proxy_of(&self, service: &str) -> Option<&str> {
        self.services.iter().find(|s| s.fronts.as_deref() == Some(service)).map(|s| s.name.as_str())
    }
}
