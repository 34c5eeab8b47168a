//! Finding the machine's Debian mirror and the archive's keyring.

use super::sources;
use crate::ImageError;
use std::path::{Path, PathBuf};

/// The addresses at which to look for suites: those given, or those the machine's sources name.
///
/// # Errors
/// [`ImageError::NoMirror`] if nothing is given and the machine's sources name no Debian archive.
pub(crate) fn candidates(given: Option<&str>, etc_apt: &Path) -> Result<Vec<String>, ImageError> {
    if let Some(address) = given {
        return Ok(sources::candidates(address));
    }
    let mut looked_in = Vec::new();
    let mut addresses = Vec::new();
    for path in source_files(etc_apt) {
        let Ok(text) = std::fs::read_to_string(&path) else { continue };
        addresses.extend(if path.extension().is_some_and(|extension| extension == "sources") {
            sources::deb822(&text)
        } else {
            sources::one_line(&text)
        });
        looked_in.push(path);
    }
    let mut all: Vec<String> = Vec::new();
    for candidate in addresses.iter().flat_map(|address| sources::candidates(address)) {
        if !all.contains(&candidate) {
            all.push(candidate);
        }
    }
    if all.is_empty() {
        looked_in.push(etc_apt.to_owned());
        return Err(ImageError::NoMirror { looked_in });
    }
    Ok(all)
}

/// `sources.list` and the parts beside it, in the order in which apt reads them.
fn source_files(etc_apt: &Path) -> Vec<PathBuf> {
    let mut parts: Vec<PathBuf> = std::fs::read_dir(etc_apt.join("sources.list.d"))
        .map(|entries| entries.filter_map(|entry| Some(entry.ok()?.path())).collect())
        .unwrap_or_default();
    parts.retain(|path| {
        path.extension().is_some_and(|extension| extension == "list" || extension == "sources")
    });
    parts.sort();
    parts.insert(0, etc_apt.join("sources.list"));
    parts.retain(|path| path.is_file());
    parts
}

/// The keyring that signs the Debian archive.
///
/// # Errors
/// [`ImageError::NoKeyring`] if the package that holds it is not installed.
pub(crate) fn keyring() -> Result<PathBuf, ImageError> {
    let known =
        ["/usr/share/keyrings/debian-archive-keyring.gpg", "/usr/share/keyrings/debian-archive-keyring.pgp"];
    let found = known.map(PathBuf::from).into_iter().find(|path| path.is_file());
    found.ok_or_else(|| ImageError::NoKeyring { path: PathBuf::from(known[0]) })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn reads_both_kinds_of_file_and_names_them_when_they_hold_nothing() {
        let etc = tempfile::tempdir().unwrap();
        std::fs::create_dir(etc.path().join("sources.list.d")).unwrap();
        let other = etc.path().join("sources.list.d/other.list");
        std::fs::write(&other, "deb http://packages.example/apt stable main\n").unwrap();
        let error = candidates(None, etc.path()).unwrap_err().to_string();
        assert!(error.contains("other.list") && error.contains("--mirror"), "{error}");

        std::fs::write(etc.path().join("sources.list"), "deb http://one.example/debian sid main\n").unwrap();
        let stanza = "Types: deb\nURIs: http://two.example/debian\nSuites: sid\nComponents: main\n";
        std::fs::write(etc.path().join("sources.list.d/debian.sources"), stanza).unwrap();
        std::fs::write(etc.path().join("sources.list.d/debian.sources.save"), stanza.replace("two", "three"))
            .unwrap();
        assert_eq!(
            candidates(None, etc.path()).unwrap(),
            ["http://one.example/debian", "http://two.example/debian"]
        );
        assert_eq!(
            candidates(Some("http://mine.example/debian"), etc.path()).unwrap(),
            ["http://mine.example/debian"]
        );
    }
}
