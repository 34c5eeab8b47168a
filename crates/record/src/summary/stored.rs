//! The file: read only as it was computed. Everybody who compares or lists runs believes it without the raw files.

use std::io;

use serde_json::Value;

use super::{FORMAT, Summary};
use crate::folder::RunFolder;
use crate::integrity;
use crate::manifest::Manifest;

/// Why a folder's figures cannot be believed. `swarmlab report` computes them again from the raw files.
#[derive(Debug, thiserror::Error)]
pub enum Unread {
    /// No such file, or unreadable.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// Not a summary.
    #[error("{0}")]
    Json(#[from] serde_json::Error),
    /// Of another layout.
    #[error("written by another version (format {0})")]
    Version(u64),
    /// Not as it was when it was computed.
    #[error("was changed after it had been computed")]
    Changed,
}

impl Summary {
    /// Reads `summary.json` and holds it against the manifest's seal. Folders of before such seals have none.
    ///
    /// # Errors
    /// [`Unread`].
    pub fn read(folder: &RunFolder, manifest: &Manifest) -> Result<Self, Unread> {
        let value: Value = serde_json::from_str(&std::fs::read_to_string(folder.summary())?)?;
        let format = value.get("format").and_then(Value::as_u64).unwrap_or(0);
        if format != u64::from(FORMAT) {
            return Err(Unread::Version(format));
        }
        match integrity::broken(folder, &manifest.computed)?.is_empty() {
            true => Ok(serde_json::from_value(value)?),
            false => Err(Unread::Changed),
        }
    }
}
