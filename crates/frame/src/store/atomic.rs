//! A file is there whole, or not at all.

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::Path;

use swarmlab_record::FileError;

/// Writes beside the file, syncs, and renames onto it; a reader sees the old file or the new one.
///
/// When writing fails the unfinished file is removed and an older one stays as it was.
pub(super) fn write_whole(
    path: &Path,
    write: impl FnOnce(&mut BufWriter<File>) -> Result<(), FileError>,
) -> Result<(), FileError> {
    let mut partial_name = path.file_name().unwrap_or_default().to_os_string();
    partial_name.push(".partial");
    let partial = path.with_file_name(partial_name);
    let result = fill(&partial, write)
        .and_then(|()| fs::rename(&partial, path).map_err(FileError::io("replace", path)));
    if result.is_err() {
        // The first error is the one to tell; a leftover says by its name what it is.
        let _ = fs::remove_file(&partial);
    }
    result
}

fn fill(
    partial: &Path,
    write: impl FnOnce(&mut BufWriter<File>) -> Result<(), FileError>,
) -> Result<(), FileError> {
    let file = File::create(partial).map_err(FileError::io("create", partial))?;
    let mut out = BufWriter::new(file);
    write(&mut out)?;
    out.flush().map_err(FileError::io("write", partial))?;
    out.get_ref().sync_all().map_err(FileError::io("write", partial))
}
