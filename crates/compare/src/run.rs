//! What a comparison needs of a run: who it was, whether it is whole, its figures.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};
use swarmlab_codes::{self as codes, Code};
use swarmlab_record::folder::RunFolder;
use swarmlab_record::integrity;
use swarmlab_record::manifest::{Manifest, ManifestError, Origin, State};
use swarmlab_record::summary::{Status, Summary, Unread};

/// One figure of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Measured {
    /// Stable name.
    pub key: String,
    /// What it is.
    pub label: String,
    /// Unit, may be empty.
    pub unit: String,
    /// The number; absent where it is unknown, which is not zero.
    pub number: Option<f64>,
    /// Whether it is among the few that are read first.
    pub headline: bool,
}

/// A finished run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Run {
    /// Its folder, as it was named.
    pub folder: String,
    /// When it began, Unix seconds.
    pub started_unix_s: f64,
    /// The system under test: testbed, stack file and services; `load` for a load alone.
    pub stack: String,
    /// Width of a bin, seconds.
    pub bin_s: f64,
    /// Why it is not whole, if it is not.
    pub incomplete: Option<String>,
    /// Codes of the checks of its figures that failed; objectives that were missed are not among them.
    pub failed_checks: Vec<String>,
    /// What tells variants apart: keys of the experiment, variables, changes by the command line.
    pub facets: BTreeMap<String, String>,
    /// Its figures.
    pub figures: Vec<Measured>,
}

/// Why a folder's figures cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// No run's manifest.
    #[error(transparent)]
    Manifest(#[from] ManifestError),
    /// No figures, or unreadable ones.
    #[error("{folder}: no figures: summary.json: {reason}")]
    Summary {
        /// The folder.
        folder: String,
        /// What is wrong with it.
        reason: String,
    },
}

impl ReadError {
    /// Its number and name.
    pub fn code(&self) -> Code {
        match self {
            Self::Manifest(e) => e.code(),
            Self::Summary { .. } => codes::NO_SUMMARY,
        }
    }
}

impl Run {
    /// Reads `manifest.json` and `summary.json` of a folder.
    pub fn read(folder: &Path) -> Result<Self, ReadError> {
        let files = RunFolder::open(folder);
        let manifest = Manifest::read(&files.manifest())?;
        let bad =
            |e: Unread| ReadError::Summary { folder: folder.display().to_string(), reason: e.to_string() };
        let summary = Summary::read(&files, &manifest).map_err(bad)?;
        let run = Self::of(folder.display().to_string(), &manifest, &summary);
        // Its figures are those of files that are no more.
        let lost = integrity::resized(&files, &manifest.files).first().map(ToString::to_string);
        Ok(Self { incomplete: run.incomplete.or(lost), ..run })
    }

    /// From what its folder holds.
    pub fn of(folder: String, manifest: &Manifest, summary: &Summary) -> Self {
        let failed = |v: &&swarmlab_record::summary::Verdict| v.status == Status::Fail && !v.is_objective();
        let figures = summary.figures.iter().filter(|f| !f.key.is_empty()).map(|f| Measured {
            key: f.key.clone(),
            label: f.label.clone(),
            unit: f.unit.clone(),
            number: f.number.filter(|v| v.is_finite()),
            headline: summary.headline.iter().any(|h| h.key == f.key),
        });
        Self {
            folder,
            started_unix_s: manifest.started_unix_s,
            stack: stack(manifest),
            bin_s: manifest.plan.bin_s,
            incomplete: match &manifest.state {
                State::Complete => None,
                State::Running => Some("killed, or still going".to_owned()),
                State::Killed => Some("the command was killed".to_owned()),
                State::Partial { reason } => Some(reason.clone()),
            },
            failed_checks: summary.verdicts.iter().filter(failed).map(|v| v.code.clone()).collect(),
            facets: facets(manifest),
            figures: figures.collect(),
        }
    }

    /// A figure by key; `None` where the run has none, or where its number is unknown.
    pub fn figure(&self, key: &str) -> Option<f64> {
        self.measured(key).and_then(|m| m.number)
    }

    /// The same with its words.
    pub fn measured(&self, key: &str) -> Option<&Measured> {
        self.figures.iter().find(|m| m.key == key)
    }
}

fn stack(manifest: &Manifest) -> String {
    if manifest.origin == Origin::Load {
        // Tools count times from different moments: a difference between two of them may be nothing else.
        return manifest.imported.as_ref().map_or("load".to_owned(), |of| format!("load of {}", of.tool));
    }
    let bed = manifest.testbed.map_or_else(String::new, |bed| bed.to_string());
    let file = Path::new(&manifest.plan.stack).file_name().unwrap_or_default().to_string_lossy();
    let mut services: Vec<&str> = manifest.topology.services.iter().map(|s| s.name.as_str()).collect();
    services.sort_unstable();
    format!("{bed} {file}: {}", services.join(" "))
}

/// The seed is none: repetitions differ in it.
fn facets(manifest: &Manifest) -> BTreeMap<String, String> {
    let plan = &manifest.plan;
    let mut out = BTreeMap::from([
        ("name".to_owned(), manifest.name.clone()),
        ("experiment".to_owned(), plan.text.clone()),
        ("target".to_owned(), plan.target_service.clone()),
        ("model".to_owned(), plan.model.name().to_owned()),
        ("duration".to_owned(), format!("{} s", plan.duration_s)),
        ("shape".to_owned(), serde_json::to_string(&plan.shape).unwrap_or_default()),
    ]);
    if manifest.origin == Origin::Load {
        // A load on a port of its own each time is a repetition still, but its length is measured, not planned.
        // Its name is the moment at which it began.
        out.remove("name");
        out.remove("duration");
        out.remove("shape");
    }
    if let Some(of) = &manifest.imported {
        out.insert("tool".to_owned(), of.tool.clone());
        out.remove("model");
    }
    for (name, value) in plan.environment.iter().chain(&plan.variables) {
        if name != "DOCKER_SOCKET" && name != "DOCKER_DATA_ROOT" {
            out.insert(name.clone(), value.clone());
        }
    }
    // Of what `--set` gave, the variables tell; of another option its own words.
    for word in
        plan.overrides.iter().filter(|word| !word.starts_with("--set ") && !word.starts_with("--seed"))
    {
        let (option, value) = word.split_once(' ').unwrap_or((word, ""));
        if let Some((key, value)) = value.split_once('=').filter(|_| option == "--with") {
            out.insert(key.to_owned(), value.to_owned());
            continue;
        }
        out.insert(option.trim_start_matches('-').to_owned(), value.to_owned());
    }
    for (what, value) in manifest.provenance.iter().filter(|(what, _)| what.starts_with("image ")) {
        out.insert(what.clone(), value.clone());
    }
    out
}
