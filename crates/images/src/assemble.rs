//! From packages to an image's files: what it is made from, and where that goes.

use crate::apt::Apt;
use crate::archive::About;
use crate::cache::{Cache, Fetched};
use crate::recipe::{COMMON, Packages, Recipe};
use crate::rootfs::RootFs;
use crate::store::{LABEL_CONTENT, LABEL_IMAGE, LABEL_SOURCE};
use crate::{ImageError, Progress, hash, libraries, tar, unpack, wheel};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};
use tempfile::TempDir;

/// Changes whenever images are put together in another way, so that they are all built anew.
const METHOD: &str = "1";

/// What a build has at hand.
pub(crate) struct Bench {
    pub(crate) cache: Cache,
    pub(crate) apt: Apt,
    /// The binary of the demo image.
    pub(crate) binary: PathBuf,
}

/// Everything an image is made from.
pub(crate) struct Inputs {
    packages: Vec<Fetched>,
    wheel: Option<Fetched>,
    binary: PathBuf,
    /// For the label: names and versions.
    pub(crate) sources: Vec<(String, String)>,
    /// Digest of all of it, recipe included.
    pub(crate) digest: String,
}

impl Bench {
    /// Fetches what the cache lacks of an image's inputs.
    pub(crate) fn fetch(&mut self, recipe: &Recipe, tell: &dyn Fn(Progress)) -> Result<Inputs, ImageError> {
        let mut inputs = Inputs {
            packages: Vec::new(),
            wheel: None,
            binary: self.binary.clone(),
            sources: Vec::new(),
            digest: String::new(),
        };
        let mut parts = vec![METHOD.to_owned(), recipe_text(recipe)];
        match &recipe.origin {
            Packages::Binary => {
                let binary = |source| ImageError::Binary { path: self.binary.clone(), source };
                inputs.binary = self.binary.canonicalize().map_err(binary)?;
                let mut root = RootFs::default();
                root.file(BINARY, 0o755, &inputs.binary);
                libraries::add(&mut root, None)?;
                for path in root.sources() {
                    parts.push(hash::file(&path)?);
                }
                inputs.sources.push(("swarmlab".to_owned(), env!("CARGO_PKG_VERSION").to_owned()));
            }
            Packages::Debian { suite, packages, wheel } => {
                if let Some((name, version)) = wheel {
                    inputs.wheel = Some(wheel::fetch(&mut self.apt, &self.cache, name, version, tell)?);
                }
                inputs.packages = self.apt.fetch(&self.cache, suite, packages, tell)?;
                for fetched in inputs.wheel.iter().chain(&inputs.packages) {
                    parts.push(fetched.sha256.clone());
                    inputs.sources.push((fetched.name.clone(), fetched.version.clone()));
                }
            }
        }
        inputs.digest = hash::texts(parts.iter().map(String::as_str));
        Ok(inputs)
    }
}

/// A recipe as text, so that its digest changes with it.
fn recipe_text(recipe: &Recipe) -> String {
    let copies: Vec<_> = recipe.copies.iter().map(|copy| (copy.from, copy.to)).collect();
    let settings = (recipe.entrypoint, recipe.command, recipe.environment, recipe.user, recipe.stop_signal);
    format!("{copies:?}{:?}{:?}{settings:?}{COMMON:?}", recipe.texts, recipe.folders)
}

/// What the image will say of itself.
pub(crate) fn about(recipe: &Recipe, reference: String, inputs: &Inputs) -> About {
    let list: Vec<String> =
        inputs.sources.iter().map(|(name, version)| format!("{name}={version}")).collect();
    let labels = vec![
        (LABEL_IMAGE.to_owned(), recipe.name.to_string()),
        (LABEL_CONTENT.to_owned(), inputs.digest.clone()),
        (LABEL_SOURCE.to_owned(), list.join(" ")),
    ];
    let created_s = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |elapsed| elapsed.as_secs());
    About { reference, labels, created_s }
}

/// The place of the binary in the demo image.
const BINARY: &str = "usr/local/bin/swarmlab";

/// An image's files, and the folder of unpacked packages that some of them still lie in.
pub(crate) struct Assembled {
    pub(crate) root: RootFs,
    pub(crate) bytes: u64,
}

/// Puts an image's files together; packages are unpacked below `tree`, an empty folder.
pub(crate) fn assemble(recipe: &Recipe, inputs: &Inputs, tree: TempDir) -> Result<Assembled, ImageError> {
    let mut root = RootFs::default();
    root.folder("tmp", 0o1777, 0);
    for (path, mode, text) in COMMON.iter().chain(recipe.texts) {
        root.text(path, *mode, text);
    }
    for (path, mode, owner) in recipe.folders {
        root.folder(path, *mode, *owner);
    }
    match recipe.origin {
        Packages::Binary => {
            root.file(BINARY, 0o755, &inputs.binary);
            libraries::add(&mut root, None)?;
        }
        Packages::Debian { .. } => {
            for package in &inputs.packages {
                unpack::package(&package.path, tree.path())?;
            }
            if let Some(fetched) = &inputs.wheel {
                unpack::wheel(&fetched.path, tree.path())?;
            }
            copy_files(recipe, tree.path(), &mut root)?;
            libraries::add(&mut root, Some(tree.path()))?;
        }
    }
    let bytes = tar::length_bytes(&root).map_err(ImageError::io(tree.path()))?;
    root.keep(tree);
    Ok(Assembled { root, bytes })
}

fn copy_files(recipe: &Recipe, tree: &Path, root: &mut RootFs) -> Result<(), ImageError> {
    for copy in recipe.copies {
        let source = tree.join(copy.from);
        if source.is_dir() {
            root.tree(copy.to, &source).map_err(ImageError::io(&source))?;
        } else if source.is_file() {
            let runs = copy.to.split('/').any(|part| part == "bin");
            root.file(copy.to, if runs { 0o755 } else { 0o644 }, &source);
        } else {
            return Err(ImageError::Layout { image: recipe.name.to_string(), path: copy.from.to_owned() });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ImageName, recipe};

    #[test]
    fn recipes_differ_as_text() {
        let texts: std::collections::BTreeSet<String> =
            ImageName::ALL.into_iter().map(|name| recipe_text(recipe::of(name))).collect();
        assert_eq!(texts.len(), ImageName::ALL.len());
    }

    #[test]
    fn a_file_that_a_package_lost_is_named() {
        let tree = std::env::temp_dir().join("swarmlab-no-such-tree");
        let error = copy_files(recipe::of(ImageName::Cadvisor), &tree, &mut RootFs::default());
        assert!(error.is_err_and(|error| error.to_string().contains("cadvisor: no file usr/bin/cadvisor")));
    }
}
