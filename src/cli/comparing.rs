//! What `compare`, `baseline` and `check-regression` share: reading runs, refusing those that must not be compared.

use std::path::{Component, Path, PathBuf};

use clap::ValueEnum;
use swarmlab_codes::{self as codes, Code};
use swarmlab_compare::Run;
use swarmlab_compare::comparable::{Obstacle, objections};
use swarmlab_compare::run::ReadError;

use super::campaigned::is_campaign;

/// `--allow`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Allow {
    /// Other testbeds, stack files or services
    Stack,
    /// Other widths of bins
    Bin,
    /// Runs that were killed or interrupted
    Partial,
    /// Runs of which a check of the figures failed
    Invalid,
}

impl Allow {
    fn obstacle(self) -> Obstacle {
        match self {
            Self::Stack => Obstacle::Stack,
            Self::Bin => Obstacle::Bin,
            Self::Partial => Obstacle::Partial,
            Self::Invalid => Obstacle::Invalid,
        }
    }
}

/// Why runs are not compared.
pub struct Refusal {
    /// In words, perhaps several lines.
    pub message: String,
    /// What to do.
    pub help: Option<String>,
    /// Number and name.
    pub code: Code,
}

impl From<ReadError> for Refusal {
    fn from(e: ReadError) -> Self {
        let help = match &e {
            ReadError::Summary { folder, .. } => format!("`swarmlab report {folder}` writes it"),
            ReadError::Manifest(_) => "give folders of runs".to_owned(),
        };
        Self { message: e.to_string(), help: Some(help), code: e.code() }
    }
}

/// Reads runs.
pub fn read(folders: &[PathBuf]) -> Result<Vec<Run>, Refusal> {
    let read = |folder: &PathBuf| Run::read(&plain(folder)).map_err(|e| unread(folder, e));
    folders.iter().map(read).collect()
}

fn unread(folder: &Path, e: ReadError) -> Refusal {
    if !is_campaign(folder) {
        return e.into();
    }
    let folder = folder.display();
    Refusal {
        message: format!("{folder} is the folder of a campaign, not of one run"),
        help: Some(format!(
            "`swarmlab compare {folder}` alone compares its variants; elsewhere name runs of it: {folder}/block-*/variant-1/*"
        )),
        code: e.code(),
    }
}

/// Without `./` before and a slash behind: the same folder has one name.
fn plain(folder: &Path) -> PathBuf {
    let plain: PathBuf = folder.components().filter(|c| *c != Component::CurDir).collect();
    if plain.as_os_str().is_empty() { PathBuf::from(".") } else { plain }
}

/// Refuses what must not be compared, but for what is allowed by name.
pub fn comparable(runs: &[&Run], allowed: &[Allow]) -> Result<(), Refusal> {
    let allowed: Vec<Obstacle> = allowed.iter().map(|a| a.obstacle()).collect();
    let against: Vec<_> = objections(runs).into_iter().filter(|o| !allowed.contains(&o.obstacle)).collect();
    if against.is_empty() {
        return Ok(());
    }
    let mut kinds: Vec<Obstacle> = against.iter().map(|o| o.obstacle).collect();
    kinds.sort();
    kinds.dedup();
    let words: Vec<String> = kinds.iter().map(|k| format!("--allow {}", k.name())).collect();
    Err(Refusal {
        message: against.iter().map(|o| o.text.clone()).collect::<Vec<_>>().join("\n  "),
        help: Some(format!("leave these runs out, or compare all the same with {}", words.join(" "))),
        code: codes::NOT_COMPARABLE,
    })
}

/// A share from above 0 to below 100 %, written as a percentage.
pub fn margin(text: &str) -> Result<f64, String> {
    match text.strip_suffix('%').map(|number| number.trim().parse::<f64>()) {
        Some(Ok(v)) if v > 0.0 && v < 100.0 => Ok(v / 100.0),
        Some(Ok(v)) if v < 0.0 => {
            Err("it is negative, and how much is the same (or how much worse is allowed) has no direction: expected a percentage \
                 above 0% and below 100%, e.g. 3%"
                .to_owned())
        }
        _ => Err("expected a percentage above 0% and below 100%, e.g. 3%".to_owned()),
    }
}

/// A figure that no run has, with those that there are.
pub fn no_figure(pattern: &str, runs: &[&Run]) -> Refusal {
    let mut known: Vec<&str> = Vec::new();
    for m in runs.iter().flat_map(|r| &r.figures).filter(|m| m.headline) {
        if !known.contains(&m.key.as_str()) {
            known.push(&m.key);
        }
    }
    Refusal {
        message: format!("no run has a figure {pattern:?}"),
        help: Some(format!("there are {} and others, all in summary.json", known.join(", "))),
        code: codes::NO_FIGURE,
    }
}
