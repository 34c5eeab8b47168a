//! Unpacking packages without installing them.

use crate::{ImageError, command};
use std::path::Path;
use std::process::Command;

/// Unpacks a Debian package's files below a folder.
pub(crate) fn package(deb: &Path, into: &Path) -> Result<(), ImageError> {
    let mut dpkg = Command::new("dpkg-deb");
    dpkg.arg("--extract").arg(deb).arg(into);
    command::run(&mut dpkg, "dpkg", "the cached package is damaged: delete it and run again").map(drop)
}

/// Unpacks a wheel's files below a folder. Python reads the archive, since Python brought it.
pub(crate) fn wheel(wheel: &Path, into: &Path) -> Result<(), ImageError> {
    let mut python = Command::new("python3");
    python.args(["-m", "zipfile", "--extract"]).arg(wheel).arg(into);
    command::run(&mut python, "python3", "the cached wheel is damaged: delete it and run again").map(drop)
}
