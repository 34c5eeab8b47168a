//! An image's file system, before it is written: what lies where, owned by whom.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// Something at a path.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Node {
    /// A folder and its permissions.
    Folder { mode: u32, owner: u32 },
    /// A file, its content and permissions.
    File { content: Content, mode: u32, owner: u32 },
    /// A symbolic link and what it says.
    Link { target: String },
}

/// Where a file's bytes come from.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Content {
    Bytes(Vec<u8>),
    /// A file of the machine; a symbolic link is followed.
    Path(PathBuf),
}

/// Paths (without a leading slash) and what is there; folders above are made by themselves.
#[derive(Debug, Default)]
pub(crate) struct RootFs {
    nodes: BTreeMap<String, Node>,
    kept: Option<TempDir>,
}

impl RootFs {
    pub(crate) fn folder(&mut self, path: &str, mode: u32, owner: u32) {
        self.insert(path, Node::Folder { mode, owner });
    }

    pub(crate) fn text(&mut self, path: &str, mode: u32, text: &str) {
        self.insert(path, Node::File { content: Content::Bytes(text.as_bytes().to_vec()), mode, owner: 0 });
    }

    pub(crate) fn file(&mut self, path: &str, mode: u32, source: &Path) {
        self.insert(path, Node::File { content: Content::Path(source.to_owned()), mode, owner: 0 });
    }

    pub(crate) fn link(&mut self, path: &str, target: &str) {
        self.insert(path, Node::Link { target: target.to_owned() });
    }

    /// A folder with all that is below it; programs stay programs.
    pub(crate) fn tree(&mut self, path: &str, source: &Path) -> std::io::Result<()> {
        self.folder(path, 0o755, 0);
        for entry in std::fs::read_dir(source)? {
            let entry = entry?;
            let below = format!("{}/{}", path.trim_end_matches('/'), entry.file_name().to_string_lossy());
            let kind = entry.file_type()?;
            if kind.is_dir() {
                self.tree(&below, &entry.path())?;
            } else if kind.is_symlink() {
                self.link(&below, &std::fs::read_link(entry.path())?.to_string_lossy());
            } else {
                self.file(&below, mode_of(&entry.path())?, &entry.path());
            }
        }
        Ok(())
    }

    /// Keeps a folder that files come from until they are no longer needed.
    pub(crate) fn keep(&mut self, folder: TempDir) {
        self.kept = Some(folder);
    }

    /// Everything, in the order of paths: a folder comes before what is in it.
    pub(crate) fn nodes(&self) -> impl Iterator<Item = (&str, &Node)> {
        self.nodes.iter().map(|(path, node)| (path.as_str(), node))
    }

    /// The machine's files that become files of the image.
    pub(crate) fn sources(&self) -> Vec<PathBuf> {
        let mut paths = Vec::new();
        for node in self.nodes.values() {
            if let Node::File { content: Content::Path(path), .. } = node {
                paths.push(path.clone());
            }
        }
        paths
    }

    fn insert(&mut self, path: &str, node: Node) {
        let path = path.trim_matches('/');
        for (at, _) in path.match_indices('/') {
            let above = path[..at].to_owned();
            self.nodes.entry(above).or_insert(Node::Folder { mode: 0o755, owner: 0 });
        }
        self.nodes.insert(path.to_owned(), node);
    }
}

/// 755 or 644, by whether the owner may run it.
fn mode_of(path: &Path) -> std::io::Result<u32> {
    use std::os::unix::fs::PermissionsExt as _;
    let runs = path.metadata()?.permissions().mode() & 0o100 != 0;
    Ok(if runs { 0o755 } else { 0o644 })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn folders_above_are_made_and_come_first() {
        let mut root = RootFs::default();
        root.text("/etc/app/app.conf", 0o644, "x");
        root.folder("tmp", 0o1777, 0);
        root.folder("etc", 0o700, 5);
        let paths: Vec<&str> = root.nodes().map(|(path, _)| path).collect();
        assert_eq!(paths, ["etc", "etc/app", "etc/app/app.conf", "tmp"]);
        assert_eq!(root.nodes().next().unwrap().1, &Node::Folder { mode: 0o700, owner: 5 });
    }

    #[test]
    fn a_tree_keeps_links_and_programs() {
        use std::os::unix::fs::PermissionsExt;
        let source = tempfile::tempdir().unwrap();
        std::fs::create_dir(source.path().join("d")).unwrap();
        std::fs::write(source.path().join("d/program"), "").unwrap();
        std::fs::set_permissions(source.path().join("d/program"), PermissionsExt::from_mode(0o700)).unwrap();
        std::fs::write(source.path().join("data"), "").unwrap();
        std::fs::set_permissions(source.path().join("data"), PermissionsExt::from_mode(0o600)).unwrap();
        std::os::unix::fs::symlink("data", source.path().join("alias")).unwrap();
        let mut root = RootFs::default();
        root.tree("usr/share", source.path()).unwrap();
        let modes: Vec<(&str, Option<u32>)> = root
            .nodes()
            .map(|(path, node)| match node {
                Node::File { mode, .. } => (path, Some(*mode)),
                _ => (path, None),
            })
            .collect();
        assert_eq!(
            modes,
            [
                ("usr", None),
                ("usr/share", None),
                ("usr/share/alias", None),
                ("usr/share/d", None),
                ("usr/share/d/program", Some(0o755)),
                ("usr/share/data", Some(0o644)),
            ]
            .map(|(path, mode)| (path, mode))
        );
        assert_eq!(root.sources().len(), 2);
    }
}
