//! The folder of downloads: one shelf a source, each with a list of what lies on it.

use crate::{ImageError, hash};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// A package in the cache.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fetched {
    pub(crate) name: String,
    pub(crate) version: String,
    pub(crate) path: PathBuf,
    /// Digest of the file, in hexadecimal.
    pub(crate) sha256: String,
}

/// The cache folder, locked against other builds as long as this lives.
pub(crate) struct Cache {
    root: PathBuf,
    _lock: File,
}

impl Cache {
    /// Opens the folder, making it if need be, and waits until no other build uses it.
    pub(crate) fn open(root: &Path) -> Result<Self, ImageError> {
        std::fs::create_dir_all(root).map_err(ImageError::io(root))?;
        // Commands run in other folders: every path that they get must be absolute.
        let root = root.canonicalize().map_err(ImageError::io(root))?;
        let path = root.join("lock");
        let lock = File::create(&path).map_err(ImageError::io(&path))?;
        lock.lock().map_err(ImageError::io(&path))?;
        // What a build that was killed left behind; nobody else works here while we hold the lock.
        let _ = std::fs::remove_dir_all(root.join(WORK));
        Ok(Self { root, _lock: lock })
    }

    /// A folder below the cache, made if need be.
    pub(crate) fn folder(&self, name: &str) -> Result<PathBuf, ImageError> {
        let path = self.root.join(name);
        std::fs::create_dir_all(&path).map_err(ImageError::io(&path))?;
        Ok(path)
    }

    /// An empty folder that goes away by itself. It lies beside the shelves, not in the system's
    /// temporary folder, which may be small, or memory.
    pub(crate) fn work(&self) -> Result<TempDir, ImageError> {
        let folder = self.folder(WORK)?;
        tempfile::tempdir_in(&folder).map_err(ImageError::io(folder))
    }

    /// The shelf of a source.
    pub(crate) fn shelf(&self, name: &str) -> Result<Shelf, ImageError> {
        let folder = self.folder(name)?;
        // A list that cannot be read (from another version, say) is as good as none: fetch again.
        let items = std::fs::read(folder.join(LIST)).ok().and_then(|text| serde_json::from_slice(&text).ok());
        Ok(Shelf { folder, items: items.unwrap_or_default() })
    }
}

const LIST: &str = "list.json";
const WORK: &str = "work";

#[derive(Serialize, Deserialize)]
struct Item {
    version: String,
    file: String,
    sha256: String,
}

/// Packages of one source, the newest fetched version of each.
pub(crate) struct Shelf {
    folder: PathBuf,
    items: BTreeMap<String, Item>,
}

impl Shelf {
    /// A package, if its file is still there.
    pub(crate) fn get(&self, name: &str) -> Option<Fetched> {
        let item = self.items.get(name)?;
        let path = self.folder.join(&item.file);
        path.is_file().then(|| Fetched {
            name: name.to_owned(),
            version: item.version.clone(),
            path,
            sha256: item.sha256.clone(),
        })
    }

    /// A package that was just fetched.
    pub(crate) fn require(&self, name: &str) -> Result<Fetched, ImageError> {
        self.get(name).ok_or_else(|| ImageError::Io {
            path: self.folder.join(name),
            source: std::io::Error::new(std::io::ErrorKind::NotFound, "the download left no such package"),
        })
    }

    /// Moves a file onto the shelf in the place of an older version.
    pub(crate) fn put(&mut self, name: &str, version: &str, path: &Path) -> Result<(), ImageError> {
        let file = path.file_name().map(|file| file.to_string_lossy().into_owned()).unwrap_or_default();
        let sha256 = hash::file(path)?;
        std::fs::rename(path, self.folder.join(&file)).map_err(ImageError::io(path))?;
        let item = Item { version: version.to_owned(), file, sha256 };
        let new_file = item.file.clone();
        if let Some(old) = self.items.insert(name.to_owned(), item).filter(|old| old.file != new_file) {
            let old = self.folder.join(old.file);
            std::fs::remove_file(&old).or_else(|source| match source.kind() {
                std::io::ErrorKind::NotFound => Ok(()),
                _ => Err(ImageError::Io { path: old, source }),
            })?;
        }
        Ok(())
    }

    /// Writes the list of what lies here.
    pub(crate) fn save(&self) -> Result<(), ImageError> {
        let path = self.folder.join(LIST);
        let text =
            serde_json::to_vec_pretty(&self.items).map_err(|error| ImageError::io(&path)(error.into()))?;
        std::fs::write(&path, text).map_err(ImageError::io(&path))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_newer_version_takes_the_place_of_the_older() {
        let root = tempfile::tempdir().unwrap();
        let incoming = tempfile::tempdir().unwrap();
        let cache = Cache::open(root.path()).unwrap();
        for version in ["1", "2"] {
            let mut shelf = cache.shelf("s").unwrap();
            let file = incoming.path().join(format!("p_{version}.deb"));
            std::fs::write(&file, version).unwrap();
            shelf.put("p", version, &file).unwrap();
            shelf.save().unwrap();
        }
        let shelf = cache.shelf("s").unwrap();
        let package = shelf.get("p").unwrap();
        assert_eq!((package.version.as_str(), std::fs::read(&package.path).unwrap()), ("2", b"2".to_vec()));
        assert!(!shelf.folder.join("p_1.deb").exists());
        std::fs::remove_file(&package.path).unwrap();
        assert!(shelf.get("p").is_none(), "a file that was deleted is not there");
        assert!(shelf.require("p").is_err());
    }

    #[test]
    fn what_a_killed_build_left_is_removed() {
        let root = tempfile::tempdir().unwrap();
        let kept = Cache::open(root.path()).unwrap().work().unwrap().keep();
        assert!(kept.is_dir());
        let cache = Cache::open(root.path()).unwrap();
        assert!(!kept.exists());
        let work = cache.work().unwrap();
        assert!(work.path().starts_with(root.path().canonicalize().unwrap()));
    }

    #[test]
    fn a_damaged_list_means_an_empty_shelf() {
        let root = tempfile::tempdir().unwrap();
        let cache = Cache::open(root.path()).unwrap();
        let folder = cache.folder("s").unwrap();
        std::fs::write(folder.join(LIST), "{ not json").unwrap();
        assert!(cache.shelf("s").unwrap().get("p").is_none());
    }
}
