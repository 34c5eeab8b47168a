//! The run's folder: `results/<name>-<UTC>/`, what is in it, and who may create it.

use std::fs::TryLockError;
use std::io::Write;
use std::path::{Path, PathBuf};

use crate::utc;

/// Paths of one run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunFolder {
    root: PathBuf,
}

impl RunFolder {
    /// Creates a fresh folder below `results`; a name that exists gets a number behind it.
    pub fn create(results: &Path, name: &str, now_unix_s: f64) -> std::io::Result<Self> {
        std::fs::create_dir_all(results)?;
        let stem = format!("{name}-{}", utc::compact(now_unix_s));
        let mut candidate = results.join(&stem);
        let mut n = 2;
        loop {
            match std::fs::create_dir(&candidate) {
                Ok(()) => break,
                Err(e) if e.kind() == std::io::ErrorKind::AlreadyExists => {
                    candidate = results.join(format!("{stem}-{n}"));
                    n += 1;
                }
                Err(e) => return Err(e),
            }
        }
        let folder = Self { root: candidate };
        std::fs::create_dir(folder.logs())?;
        Ok(folder)
    }

    /// Makes a folder with a name of its own; it must be new or empty, results are never overwritten.
    ///
    /// # Errors
    /// A folder that holds something ([`std::io::ErrorKind::AlreadyExists`]), or that cannot be made.
    pub fn create_at(root: &Path) -> std::io::Result<Self> {
        std::fs::create_dir_all(root)?;
        if std::fs::read_dir(root)?.next().is_some() {
            return Err(std::io::Error::new(
                std::io::ErrorKind::AlreadyExists,
                format!("{} is not empty; results are never overwritten", root.display()),
            ));
        }
        Ok(Self { root: root.to_owned() })
    }

    /// An existing run.
    pub fn open(root: &Path) -> Self {
        Self { root: root.to_owned() }
    }

    /// Whether a command is at work on it just now: it keeps the file of events locked, and the kernel lets go of that however
    /// it ends.
    pub fn is_being_written(&self) -> bool {
        let locked = |file: std::fs::File| matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock));
        std::fs::File::open(self.events()).is_ok_and(locked)
    }

    /// The folder itself.
    pub fn root(&self) -> &Path {
        &self.root
    }
    /// What was run: resolved configuration, versions, phases.
    pub fn manifest(&self) -> PathBuf {
        self.root.join("manifest.json")
    }
    /// Phases, replica counts, warnings on one clock.
    pub fn events(&self) -> PathBuf {
        self.root.join("events.jsonl")
    }
    /// What controllers saw and decided; only of a run that has some.
    pub fn decisions(&self) -> PathBuf {
        self.root.join("decisions.jsonl")
    }
    /// Room on the disk for the manifest of a run that ends because there is no other left.
    pub fn spare(&self) -> PathBuf {
        self.root.join("spare")
    }
    /// Client intervals as they come (gone once `client.parquet` is whole).
    pub fn client_journal(&self) -> PathBuf {
        self.root.join("client.jsonl")
    }
    /// Server samples as they come (gone once `samples.parquet` is whole).
    pub fn server_journal(&self) -> PathBuf {
        self.root.join("server.journal")
    }
    /// The same as JSON lines, as it was written before.
    pub fn server_lines(&self) -> PathBuf {
        self.root.join("server.jsonl")
    }
    /// Client intervals.
    pub fn client(&self) -> PathBuf {
        self.root.join("client.parquet")
    }
    /// Series of servers: who.
    pub fn series(&self) -> PathBuf {
        self.root.join("series.parquet")
    }
    /// Samples of those series: what when.
    pub fn samples(&self) -> PathBuf {
        self.root.join("samples.parquet")
    }
    /// Server samples in a folder of the first layout.
    pub fn server(&self) -> PathBuf {
        self.root.join("server.parquet")
    }
    /// Interval histograms.
    pub fn histograms(&self) -> PathBuf {
        self.root.join("histograms.hlog")
    }
    /// Wide frame, Parquet.
    pub fn frame_parquet(&self) -> PathBuf {
        self.root.join("frame.parquet")
    }
    /// Wide frame, CSV.
    pub fn frame_csv(&self) -> PathBuf {
        self.root.join("frame.csv")
    }
    /// Every correlation that was computed.
    pub fn correlations(&self) -> PathBuf {
        self.root.join("correlations.csv")
    }
    /// Headline figures and verdicts.
    pub fn summary(&self) -> PathBuf {
        self.root.join("summary.json")
    }
    /// What `swarmlab load` says of its own load.
    pub fn load_summary(&self) -> PathBuf {
        self.root.join("load.json")
    }
    /// The report.
    pub fn report(&self) -> PathBuf {
        self.root.join("report.html")
    }
    /// The charts alone.
    pub fn charts(&self) -> PathBuf {
        self.root.join("charts")
    }
    /// Copies of the files that decided the run.
    pub fn inputs(&self) -> PathBuf {
        self.root.join("inputs")
    }
    /// Logs of child processes.
    pub fn logs(&self) -> PathBuf {
        self.root.join("logs")
    }
}

/// A path as JSON has it: not every file's name is a text.
///
/// # Errors
/// What the serializer says.
pub fn as_text<S: serde::Serializer>(path: &Path, to: S) -> Result<S::Ok, S::Error> {
    to.collect_str(&path.display())
}

/// Writes a file whole or not at all.
pub fn write_atomically(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut temporary = path.as_os_str().to_owned();
    temporary.push(".tmp");
    let mut file = std::fs::File::create(&temporary)?;
    file.write_all(bytes)?;
    // Or after a power cut the name could be there before what it names.
    file.sync_all()?;
    std::fs::rename(&temporary, path)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_folder_that_holds_something_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let own = dir.path().join("new");
        RunFolder::create_at(&own).unwrap();
        RunFolder::create_at(&own).unwrap();
        std::fs::write(own.join("x"), "").unwrap();
        let refused = RunFolder::create_at(&own).unwrap_err();
        assert_eq!(refused.kind(), std::io::ErrorKind::AlreadyExists);
    }

    #[test]
    fn a_run_that_goes_on_is_told_from_one_that_was_killed() {
        let dir = tempfile::tempdir().unwrap();
        let folder = RunFolder::open(dir.path());
        assert!(!folder.is_being_written());
        let log = crate::events::EventLog::create(&folder.events()).unwrap();
        assert!(folder.is_being_written() && folder.is_being_written());
        drop(log);
        assert!(!folder.is_being_written());
    }

    #[test]
    fn two_runs_in_one_second_get_two_folders() {
        let dir = tempfile::tempdir().unwrap();
        let a = RunFolder::create(dir.path(), "x", 0.0).unwrap();
        let b = RunFolder::create(dir.path(), "x", 0.0).unwrap();
        assert!(a.root().ends_with("x-19700101T000000Z"));
        assert!(b.root().ends_with("x-19700101T000000Z-2"));
    }
}
