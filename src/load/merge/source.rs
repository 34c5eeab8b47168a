//! What one of several generators left.

use std::path::Path;

use swarmlab_frame::store;
use swarmlab_record::Phase;
use swarmlab_record::client::ClientRow;
use swarmlab_record::folder::RunFolder;
use swarmlab_record::histograms::Log;
use swarmlab_record::manifest::Manifest;
use swarmlab_record::{integrity, journal};

use super::{MergeError, io};

/// A generator's folder, read.
pub struct Source {
    /// Where it is.
    pub folder: RunFolder,
    /// Its rows of the load.
    pub rows: Vec<ClientRow>,
    /// Its histograms.
    pub log: Log,
    /// Folders of the first layout have none.
    pub manifest: Option<Manifest>,
    /// What is wrong with its files.
    pub remarks: Vec<String>,
}

impl Source {
    /// Reads a folder. Of a load that was killed only what is whole counts.
    ///
    /// # Errors
    /// A folder that cannot be read, or holds no results.
    pub fn read(path: &Path) -> Result<Self, MergeError> {
        let folder = RunFolder::open(path);
        let (whole, journal) = (folder.client(), folder.client_journal());
        // A load that was killed has left its journal.
        let mut rows = if whole.exists() {
            store::read_client(&whole)?
        } else if journal.exists() {
            journal::read(&journal)?.rows
        } else {
            return Err(MergeError::NoResults(path.to_owned()));
        };
        rows.retain(|row| row.phase == Phase::Load);
        let mut log = Log::read(&folder.histograms())?;
        let manifest = Manifest::read(&folder.manifest()).ok();
        let torn = journal.exists() || manifest.as_ref().is_some_and(|m| m.state.is_cut_off());
        let seals = manifest.as_ref().map(|m| m.files.clone()).unwrap_or_default();
        let mut damage = integrity::broken(&folder, &seals).map_err(io(path))?;
        if torn {
            integrity::whole_intervals(&mut rows, &mut log);
        }
        damage.extend(integrity::agreement(&rows, &log).1);
        let remarks = damage.iter().map(|d| format!("{}: {d}", path.display())).collect();
        Ok(Self { folder, rows, log, manifest, remarks })
    }
}
