//! Runs kept under a name, to compare later ones with: one JSON file each, whole without the folders it came from, small enough
//! for a repository.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use swarmlab_codes::{self as codes, Code};
use swarmlab_record::folder::write_atomically;

use crate::run::Run;

/// Version of the file's layout.
pub const FORMAT: u32 = 1;

/// A kept baseline.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Baseline {
    /// Layout version.
    pub format: u32,
    /// Its name.
    pub name: String,
    /// When it was saved, Unix seconds.
    pub saved_unix_s: f64,
    /// The runs with all their figures.
    pub runs: Vec<Run>,
}

/// Why a baseline cannot be kept or found.
#[derive(Debug, thiserror::Error)]
pub enum BaselineError {
    /// A name that is no file's.
    #[error("{name:?} is no name for a baseline: letters, digits, `-`, `_` and `.`, not beginning with `.`")]
    BadName {
        /// The name.
        name: String,
    },
    /// There is one already.
    #[error("there is a baseline {name:?} already: {}", path.display())]
    Exists {
        /// The name.
        name: String,
        /// Its file.
        path: PathBuf,
    },
    /// There is none.
    #[error("no baseline {name:?} in {}; there are: {}", dir.display(), listed(.known))]
    Unknown {
        /// The name.
        name: String,
        /// Where it was looked for.
        dir: PathBuf,
        /// Those that are there.
        known: Vec<String>,
    },
    /// It cannot be read.
    #[error("{}: not a baseline: {reason}", path.display())]
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

fn listed(names: &[String]) -> String {
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}

impl BaselineError {
    /// Its number and name.
    pub fn code(&self) -> Code {
        match self {
            Self::Io { .. } => codes::OUTPUT_FILE,
            _ => codes::NO_BASELINE,
        }
    }
}

/// The file of a name below a folder of baselines.
pub fn path(dir: &Path, name: &str) -> Result<PathBuf, BaselineError> {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if name.is_empty() || name.len() > 100 || name.starts_with('.') || !name.chars().all(fits) {
        return Err(BaselineError::BadName { name: name.to_owned() });
    }
    Ok(dir.join(format!("{name}.json")))
}

/// The same, of a baseline that is there.
fn existing(dir: &Path, name: &str) -> Result<PathBuf, BaselineError> {
    let path = path(dir, name)?;
    if !path.exists() {
        return Err(BaselineError::Unknown {
            name: name.to_owned(),
            dir: dir.to_owned(),
            known: names(dir)?,
        });
    }
    Ok(path)
}

impl Baseline {
    /// Writes it; one that is there is replaced only when asked for.
    pub fn save(&self, dir: &Path, replace: bool) -> Result<PathBuf, BaselineError> {
        let path = path(dir, &self.name)?;
        if path.exists() && !replace {
            return Err(BaselineError::Exists { name: self.name.clone(), path });
        }
        let io = |action| {
            let path = path.clone();
            move |source| BaselineError::Io { action, path, source }
        };
        std::fs::create_dir_all(dir).map_err(io("write"))?;
        let mut text = serde_json::to_vec_pretty(self).map_err(|e| io("write")(e.into()))?;
        text.push(b'\n');
        write_atomically(&path, &text).map_err(io("write"))?;
        Ok(path)
    }

    /// Reads the one of a name.
    pub fn load(dir: &Path, name: &str) -> Result<Self, BaselineError> {
        Self::read(&existing(dir, name)?)
    }

    fn read(path: &Path) -> Result<Self, BaselineError> {
        let text = std::fs::read_to_string(path).map_err(|source| BaselineError::Io {
            action: "read",
            path: path.to_owned(),
            source,
        })?;
        let damaged = |reason: String| BaselineError::Damaged { path: path.to_owned(), reason };
        let read: Self = serde_json::from_str(&text).map_err(|e| damaged(e.to_string()))?;
        if read.format != FORMAT {
            return Err(damaged(format!("format {}, this swarmlab reads {FORMAT}", read.format)));
        }
        if read.runs.is_empty() {
            return Err(damaged("it holds no run".to_owned()));
        }
        Ok(read)
    }

    /// Removes the one of a name.
    pub fn remove(dir: &Path, name: &str) -> Result<PathBuf, BaselineError> {
        let path = existing(dir, name)?;
        std::fs::remove_file(&path).map_err(|source| BaselineError::Io {
            action: "remove",
            path: path.clone(),
            source,
        })?;
        Ok(path)
    }
}

/// Names of the baselines in a folder, sorted; none if there is no such folder.
pub fn names(dir: &Path) -> Result<Vec<String>, BaselineError> {
    let io = |source| BaselineError::Io { action: "read", path: dir.to_owned(), source };
    let entries = match std::fs::read_dir(dir) {
        Ok(entries) => entries,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(e) => return Err(io(e)),
    };
    let mut out = Vec::new();
    for entry in entries {
        let name = entry.map_err(io)?.file_name();
        out.extend(name.to_str().and_then(|n| n.strip_suffix(".json")).map(str::to_owned));
    }
    out.sort();
    Ok(out)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn run() -> Run {
        Run {
            folder: "results/x".to_owned(),
            started_unix_s: 1.5,
            stack: "load".to_owned(),
            bin_s: 1.0,
            incomplete: None,
            failed_checks: Vec::new(),
            facets: [("name".to_owned(), "x".to_owned())].into(),
            figures: Vec::new(),
        }
    }

    #[test]
    fn what_is_saved_is_read_back_and_never_overwritten_unasked() {
        let dir = tempfile::tempdir().unwrap();
        let dir = dir.path().join("deep/baselines");
        assert_eq!(names(&dir).unwrap(), Vec::<String>::new());
        let kept = Baseline { format: FORMAT, name: "main".to_owned(), saved_unix_s: 2.0, runs: vec![run()] };
        kept.save(&dir, false).unwrap();
        assert_eq!(Baseline::load(&dir, "main").unwrap(), kept);
        assert!(matches!(kept.save(&dir, false), Err(BaselineError::Exists { .. })));
        kept.save(&dir, true).unwrap();
        assert_eq!(names(&dir).unwrap(), ["main"]);
        let unknown = Baseline::load(&dir, "old").unwrap_err();
        assert!(unknown.to_string().ends_with("there are: main"), "{unknown}");
        Baseline::remove(&dir, "main").unwrap();
        assert!(Baseline::remove(&dir, "main").is_err());
    }

    #[test]
    fn names_cannot_leave_the_folder_and_damage_is_told() {
        let dir = tempfile::tempdir().unwrap();
        for bad in ["../x", "", ".x", "a/b", "ü"] {
            assert!(matches!(path(dir.path(), bad), Err(BaselineError::BadName { .. })), "{bad}");
        }
        std::fs::write(dir.path().join("x.json"), "{}").unwrap();
        assert!(matches!(Baseline::load(dir.path(), "x"), Err(BaselineError::Damaged { .. })));
    }
}
