//! A file is there whole, or not at all.

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use swarmlab_record::FileError;

/// A file that is written beside its name and gets it by [`Partial::commit`]; without that it is removed, and an older
/// one stays as it was.
pub(super) struct Partial {
    path: PathBuf,
    partial: PathBuf,
    committed: bool,
}

impl Partial {
    /// Begins a file.
    pub(super) fn create(path: &Path) -> Result<(Self, BufWriter<File>), FileError> {
        let mut partial_name = path.file_name().unwrap_or_default().to_os_string();
        partial_name.push(".partial");
        let partial = path.with_file_name(partial_name);
        let file = File::create(&partial).map_err(FileError::io("create", &partial))?;
        Ok((Self { path: path.into(), partial, committed: false }, BufWriter::new(file)))
    }

    /// Syncs, and renames onto the name: a reader sees the old file or the new one.
    pub(super) fn commit(mut self, mut out: BufWriter<File>) -> Result<(), FileError> {
        out.flush().and_then(|()| out.get_ref().sync_all()).map_err(FileError::io("write", &self.partial))?;
        fs::rename(&self.partial, &self.path).map_err(FileError::io("replace", &self.path))?;
        self.committed = true;
        Ok(())
    }
}

impl Drop for Partial {
    fn drop(&mut self) {
        if !self.committed {
            // The first error is the one to tell; a leftover says by its name what it is.
            let _ = fs::remove_file(&self.partial);
        }
    }
}

/// Writes a file whole or not at all.
pub(super) fn write_whole(
    path: &Path,
    write: impl FnOnce(&mut BufWriter<File>) -> Result<(), FileError>,
) -> Result<(), FileError> {
    let (partial, mut out) = Partial::create(path)?;
    write(&mut out)?;
    partial.commit(out)
}
