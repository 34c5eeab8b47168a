//! `manifest.json`: what was run, on what, with which seeds; enough to re-compute every figure offline.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use swarmlab_intervals::trust::VerdictInputs;

use super::folder::write_atomically;
use crate::integrity::Seals;
use crate::plan::Plan;
use crate::topology::{Bed, ClockOffset, Target, Topology};

/// Version of the folder's layout; readers refuse a newer one. Format 1 had one `fronts` a service, the raw names of
/// metrics in `server.parquet`, and no seals.
pub const FORMAT: u32 = 2;

/// The manifest.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// Layout version.
    pub format: u32,
    /// Who wrote the folder.
    #[serde(default)]
    pub origin: Origin,
    /// Version of swarmlab that ran it.
    pub swarmlab: String,
    /// Experiment's name.
    pub name: String,
    /// When the run began, Unix seconds.
    pub started_unix_s: f64,
    /// Which testbed; none for a load alone.
    pub testbed: Option<Bed>,
    /// Why this testbed was taken.
    pub testbed_reason: String,
    /// The resolved experiment.
    #[serde(alias = "experiment")]
    pub plan: Plan,
    /// Services, and the proxies before them.
    #[serde(alias = "services")]
    pub topology: Topology,
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
    /// The raw files as they were when the run ended; none of a run that goes on or was killed.
    #[serde(default, skip_serializing_if = "Seals::is_empty")]
    pub files: Seals,
    /// What readers believe without the raw files, as it was computed from them last: `summary.json`.
    #[serde(default, skip_serializing_if = "Seals::is_empty")]
    pub computed: Seals,
    /// Copies of the files that decided the run; none of a load alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inputs: Option<Inputs>,
    /// Of a load that another tool sent: what is known of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub imported: Option<Imported>,
}

/// A load that another tool sent, and whose results were read from that tool's files.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Imported {
    /// The tool: `k6`.
    pub tool: String,
    /// The files, as they were named.
    pub files: Vec<String>,
    /// What its times are, a sentence.
    pub times: String,
    /// Columns of the clients' table that nobody knows.
    pub unknown: Vec<String>,
    /// Whether there are histograms of the response times. Without them quantiles of intervals are not known, and those of
    /// the whole load are what the tool says (`told`).
    #[serde(default = "yes", skip_serializing_if = "is_yes")]
    pub histograms: bool,
    /// What the tool says of the whole load, by endpoint; all together under `*`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub told: BTreeMap<String, Told>,
    /// What failed, in the tool's words.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub failures: Vec<String>,
}

/// What a tool says of an endpoint over the whole load; null is what it does not.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Told {
    /// Longest response time, milliseconds.
    pub max_ms: Option<f64>,
    /// Quantiles of the response time, milliseconds: 50, 90, 95, 99, 99.9 %.
    pub quantiles_ms: [Option<f64>; 5],
}

fn yes() -> bool {
    true
}

fn is_yes(value: &bool) -> bool {
    *value
}

/// Copies of the files that decided a run, below the folder's `inputs/`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Inputs {
    /// The experiment.
    pub experiment: String,
    /// Files that are not copied, secrets and large ones: their places below `inputs/`, and where they stood.
    #[serde(default)]
    pub elsewhere: BTreeMap<String, String>,
}

/// Who wrote a folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// `swarmlab run`: a stack, its servers, and the load.
    #[default]
    Run,
    /// `swarmlab load --out`, several of those merged, or what another tool's clients measured ([`Imported`]): clients alone.
    Load,
    /// `swarmlab import prometheus`: servers alone, from the past; nobody sent a load or watched an engine.
    Import,
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

impl Windows {
    /// Of a load alone: its own start is the grid's, and nobody waits for servers behind it.
    pub fn alone(start_unix_s: f64, load_end_unix_s: f64, drained_unix_s: f64) -> Self {
        Self {
            grid_unix_s: start_unix_s,
            load_start_unix_s: start_unix_s,
            load_end_unix_s,
            drained_unix_s,
            settled_unix_s: drained_unix_s,
        }
    }
}

/// How the run ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum State {
    /// Still going, or the command was killed and nobody has looked since.
    Running,
    /// The command was killed; whoever completed its folder found that out.
    Killed,
    /// Whole.
    Complete,
    /// Ended early; what was measured is there.
    Partial {
        /// Why.
        reason: String,
    },
}

impl State {
    /// Whether nobody noted an end: what was planned may not have been measured.
    pub fn is_cut_off(&self) -> bool {
        matches!(self, Self::Running | Self::Killed)
    }
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
    /// Who sent the load, as readers call it.
    pub fn sender(&self) -> &str {
        self.imported.as_ref().map_or("load engine", |of| &of.tool)
    }

    /// Of something that begins: running, and nothing known of it yet but what it is to be.
    pub fn begun(origin: Origin, name: impl Into<String>, started_unix_s: f64, plan: Plan) -> Self {
        Self {
            format: FORMAT,
            origin,
            swarmlab: env!("CARGO_PKG_VERSION").to_owned(),
            name: name.into(),
            started_unix_s,
            testbed: None,
            testbed_reason: String::new(),
            plan,
            topology: Topology::default(),
            target: None,
            provenance: BTreeMap::new(),
            clock_offset: None,
            windows: None,
            generator: None,
            state: State::Running,
            files: Seals::new(),
            computed: Seals::new(),
            inputs: None,
            imported: None,
        }
    }

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
}
