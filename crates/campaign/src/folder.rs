//! A campaign's folder: what it is of (`campaign.json`), and who works on it.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use swarmlab_codes::{self as codes, Code};
use swarmlab_record::folder::write_atomically;

use crate::file::Campaign;
use crate::ledger::Expected;
use crate::plan::Trial;
use crate::until::Until;

/// Version of `campaign.json`'s layout.
pub const FORMAT: u32 = 1;

/// A variant as it is written down.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordedVariant {
    /// Its name.
    pub name: String,
    /// What it changes on the command line of `run`.
    pub settings: Vec<String>,
}

/// A trial as it is written down.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordedTrial {
    /// The trial.
    #[serde(flatten)]
    pub trial: Trial,
    /// Where its runs are, below the campaign's folder.
    pub folder: PathBuf,
}

/// `campaign.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Recorded {
    /// Layout version.
    pub format: u32,
    /// Name.
    pub name: String,
    /// The experiment's text; a run of another one is none of this campaign.
    pub experiment: String,
    /// How often a trial that fails is tried.
    pub attempts: u32,
    /// Whether a run of which a check of the figures failed counts as failed.
    pub require_valid: bool,
    /// When fewer blocks are enough.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub until: Vec<Until>,
    /// The variants.
    pub variants: Vec<RecordedVariant>,
    /// All trials in their order.
    pub trials: Vec<RecordedTrial>,
}

/// Why a folder is not that of a campaign.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// It is of another one, or of an earlier state of this one.
    #[error("{} is the folder of another campaign: {what}", folder.display())]
    Other {
        /// The folder.
        folder: PathBuf,
        /// What differs.
        what: String,
    },
    /// `campaign.json` cannot be read.
    #[error("{}: not a campaign: {reason}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The operating system refused.
    #[error("cannot {action} {}: {source}", path.display())]
    Io {
        /// What was tried.
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
}

impl FolderError {
    /// Its number and name.
    pub fn code(&self) -> Code {
        match self {
            Self::Other { .. } | Self::Damaged { .. } => codes::OTHER_CAMPAIGN,
            Self::Io { .. } => codes::OUTPUT_FILE,
        }
    }
}

/// The file of a campaign's folder.
pub fn record(folder: &Path) -> PathBuf {
    folder.join("campaign.json")
}

/// Copies of the files that decide all runs.
pub fn inputs(folder: &Path) -> PathBuf {
    folder.join("inputs")
}

impl Recorded {
    /// As a campaign is written down; `experiment` is the text of its file.
    pub fn of(campaign: &Campaign, experiment: &str) -> Self {
        let variants = campaign.variants.iter().map(|variant| RecordedVariant {
            name: variant.name.clone(),
            settings: campaign.overrides(variant, None).words(),
        });
        let trials = campaign.trials().into_iter();
        Self {
            format: FORMAT,
            name: campaign.name.clone(),
            experiment: experiment.to_owned(),
            attempts: campaign.attempts,
            require_valid: campaign.require_valid,
            until: campaign.until.clone(),
            variants: variants.collect(),
            trials: trials.map(|trial| RecordedTrial { folder: trial.folder(), trial }).collect(),
        }
    }

    /// What a run of a trial must have been.
    pub fn expected(&self, trial: &Trial) -> Expected {
        let settings = self.variants.get(trial.variant).map_or(&[][..], |v| &v.settings);
        Expected {
            words: settings.iter().cloned().chain([format!("--seed {}", trial.seed)]).collect(),
            seed: trial.seed,
            text: self.experiment.clone(),
            require_valid: self.require_valid,
            figures: self.until.iter().map(|until| until.figure.clone()).collect(),
        }
    }

    /// Reads that of a folder; `None` where there is none.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub fn read(folder: &Path) -> Result<Option<Self>, FolderError> {
        let path = record(folder);
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(FolderError::Io { action: "read", path, source }),
        };
        match serde_json::from_str::<Self>(&text) {
            Ok(read) if read.format == FORMAT => Ok(Some(read)),
            Ok(read) => {
                let reason = format!("format {}, this swarmlab reads {FORMAT}", read.format);
                Err(FolderError::Damaged { path, reason })
            }
            Err(e) => Err(FolderError::Damaged { path, reason: e.to_string() }),
        }
    }

    /// Writes it.
    ///
    /// # Errors
    /// What the disk refuses.
    pub fn write(&self, folder: &Path) -> Result<(), FolderError> {
        let path = record(folder);
        let io = |source: std::io::Error| FolderError::Io { action: "write", path: path.clone(), source };
        let mut text = serde_json::to_vec_pretty(self).map_err(|e| io(e.into()))?;
        text.push(b'\n');
        write_atomically(&path, &text).map_err(io)
    }

    /// Whether a campaign that was begun as `before` goes on as this: more repetitions, other limits of attempts, and an end that
    /// is looked for otherwise, are the same campaign.
    ///
    /// # Errors
    /// What differs.
    pub fn goes_on(&self, before: &Self, folder: &Path) -> Result<(), FolderError> {
        let other = |what: &str| Err(FolderError::Other { folder: folder.to_owned(), what: what.to_owned() });
        if self.variants != before.variants {
            return other("its axes, levels or exclusions were others");
        }
        if self.experiment != before.experiment {
            return other("the experiment's file was another one");
        }
        let seed = |recorded: &Self| recorded.trials.first().map(|t| t.trial.seed);
        if seed(self) != seed(before) {
            return other("its seed was another one");
        }
        if self.trials.len() < before.trials.len() {
            return other("it had more repetitions");
        }
        if !self.trials.starts_with(&before.trials) {
            return other("its trials were in another order");
        }
        Ok(())
    }
}
