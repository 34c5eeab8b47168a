//! What became of the runs of a trial, read off their folders.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use serde::Serialize;
use swarmlab_codes::{self as codes, Code};
use swarmlab_record::folder::{RunFolder, as_text};
use swarmlab_record::integrity;
use swarmlab_record::manifest::{Manifest, ManifestError, State};
use swarmlab_record::summary::{Status, Summary};
use swarmlab_record::topology::Bed;

use crate::until::Sample;

/// What became of one run.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum Outcome {
    /// It is whole.
    Done {
        /// From its beginning until everything was measured, seconds; absent where that is not known.
        took_s: Option<f64>,
        /// The figures that the campaign looks at while it goes on.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        figures: Sample,
    },
    /// It is no sample.
    Failed {
        /// Why.
        why: String,
    },
    /// It was interrupted or killed: nobody's fault.
    Cut,
    /// It is whole, and nobody has computed its figures yet.
    Unanalysed,
}

/// One run of a trial.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Attempt {
    /// Its folder.
    #[serde(serialize_with = "as_text")]
    pub folder: PathBuf,
    /// What became of it.
    pub outcome: Outcome,
}

/// What a run must have been to be one of a trial.
#[derive(Debug, Clone, PartialEq)]
pub struct Expected {
    /// What its command line changed.
    pub words: Vec<String>,
    /// Its seed.
    pub seed: u64,
    /// The experiment's text.
    pub text: String,
    /// Whether one of which a check of the figures failed counts as failed.
    pub require_valid: bool,
    /// Keys of the figures that the campaign looks at while it goes on.
    pub figures: Vec<String>,
}

/// Why runs cannot be counted.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// A run of something else.
    #[error("{}: this run is none of this trial: {why}", folder.display())]
    Foreign {
        /// Its folder.
        folder: PathBuf,
        /// What differs.
        why: String,
    },
    /// A manifest that is damaged, or a newer version's.
    #[error(transparent)]
    Manifest(#[from] ManifestError),
    /// The operating system refused.
    #[error("cannot read {}: {source}", path.display())]
    Io {
        /// The folder.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
}

impl LedgerError {
    /// Its number and name.
    pub fn code(&self) -> Code {
        match self {
            Self::Foreign { .. } => codes::OTHER_CAMPAIGN,
            Self::Manifest(e) => e.code(),
            Self::Io { .. } => codes::NO_MANIFEST,
        }
    }
}

/// The runs in a trial's folder in the order of their names, which are those of the moments at which they began; none where there
/// is no such folder yet.
///
/// # Errors
/// A run that is none of the trial, or that cannot be read.
pub fn attempts(folder: &Path, expected: &Expected) -> Result<Vec<Attempt>, LedgerError> {
    let io = |source| LedgerError::Io { path: folder.to_owned(), source };
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(e) if e.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(e) => return Err(io(e)),
    };
    let mut folders = Vec::new();
    for entry in entries {
        let path = entry.map_err(io)?.path();
        folders.extend(path.is_dir().then_some(path));
    }
    folders.sort();
    folders.into_iter().map(|folder| Ok(Attempt { outcome: outcome(&folder, expected)?, folder })).collect()
}

fn outcome(folder: &Path, expected: &Expected) -> Result<Outcome, LedgerError> {
    let run = RunFolder::open(folder);
    let manifest = match Manifest::read(&run.manifest()) {
        Ok(manifest) => manifest,
        Err(ManifestError::Io { source, .. }) if source.kind() == ErrorKind::NotFound => {
            return Ok(Outcome::Failed { why: "it ended before anything was measured".to_owned() });
        }
        Err(e) => return Err(e.into()),
    };
    if let Some(why) = differs(&manifest, expected) {
        return Err(LedgerError::Foreign { folder: folder.to_owned(), why });
    }
    // Neither is one whose raw files are no more what was measured.
    if let Some(lost) = integrity::resized(&run, &manifest.files).first() {
        return Ok(Outcome::Failed { why: lost.to_string() });
    }
    Ok(match &manifest.state {
        State::Running | State::Killed => Outcome::Cut,
        State::Partial { reason } if reason == "interrupted" => Outcome::Cut,
        State::Partial { reason } => Outcome::Failed { why: reason.clone() },
        // Without figures, or with others than were computed: they are computed again.
        State::Complete => match Summary::read(&run, &manifest) {
            Err(_) => Outcome::Unanalysed,
            Ok(summary) => match no_sample(&summary, expected.require_valid) {
                Some(why) => Outcome::Failed { why },
                None => Outcome::Done {
                    took_s: took_s(&run, &manifest),
                    figures: expected.figures.iter().map(|key| figure(&summary, key)).collect(),
                },
            },
        },
    })
}

/// How long a run took. The clock of a simulated one is not ours: there the time of its last raw file tells.
fn took_s(run: &RunFolder, manifest: &Manifest) -> Option<f64> {
    let ended_unix_s = match manifest.testbed {
        Some(Bed::Simulated) => {
            let written = std::fs::metadata(run.histograms()).and_then(|file| file.modified()).ok()?;
            written.duration_since(std::time::UNIX_EPOCH).ok()?.as_secs_f64()
        }
        _ => manifest.windows?.settled_unix_s,
    };
    Some(ended_unix_s - manifest.started_unix_s).filter(|took_s| *took_s >= 0.0)
}

fn figure(summary: &Summary, key: &str) -> Option<f64> {
    summary.figures.iter().find(|f| f.key == key)?.number.filter(|number| number.is_finite())
}

fn no_sample(summary: &Summary, require_valid: bool) -> Option<String> {
    if summary.counts.completed == 0 {
        return Some("no request was answered".to_owned());
    }
    if summary.verdicts.iter().any(|v| v.code == "files-agree" && v.status == Status::Fail) {
        return Some("its files are not as the run left them".to_owned());
    }
    let failed = summary.verdicts.iter().filter(|v| v.status == Status::Fail && !v.is_objective());
    let failed: Vec<&str> = failed.map(|v| v.code.as_str()).collect();
    (require_valid && !failed.is_empty()).then(|| format!("not valid: {} failed", failed.join(", ")))
}

/// In what a run differs from what it must have been.
fn differs(manifest: &Manifest, expected: &Expected) -> Option<String> {
    let plan = &manifest.plan;
    if plan.seed != expected.seed {
        return Some(format!("its seed is {}, not {}", plan.seed, expected.seed));
    }
    if plan.overrides != expected.words {
        let told = |words: &[String]| format!("`{}`", words.join(" "));
        return Some(format!("it was run with {}, not {}", told(&plan.overrides), told(&expected.words)));
    }
    (plan.text != expected.text).then(|| "the experiment's file was another one then".to_owned())
}
