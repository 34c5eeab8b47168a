//! Tar archives in the ustar format (POSIX.1-1988), written so that the same files give the same bytes:
//! no time, no user's name, paths in order.

use crate::rootfs::{Content, Node, RootFs};
use std::fs::File;
use std::io::{self, ErrorKind, Read, Write};
use tar::{Builder, EntryType, Header};

const BLOCK: u64 = 512;

/// Length of the end mark, in bytes.
const END_BYTES: u64 = 2 * BLOCK;

/// Length of an archive of this file system, in bytes.
pub(crate) fn length_bytes(root: &RootFs) -> io::Result<u64> {
    let mut total = END_BYTES;
    for (_, node) in root.nodes() {
        total += BLOCK + content_length(node)?.next_multiple_of(BLOCK);
    }
    Ok(total)
}

/// Writes a file system as an archive, with its end mark.
pub(crate) fn write_root(root: &RootFs, out: &mut impl Write) -> io::Result<()> {
    let mut archive = Builder::new(out);
    for (path, node) in root.nodes() {
        match node {
            Node::Folder { mode, owner } => {
                let header = header(&format!("{path}/"), EntryType::Directory, 0, *mode, *owner, "")?;
                archive.append(&header, io::empty())?;
            }
            Node::Link { target } => {
                archive.append(&header(path, EntryType::Symlink, 0, 0o777, 0, target)?, io::empty())?;
            }
            Node::File { content, mode, owner } => {
                let left = content_length(node)?;
                let header = header(path, EntryType::Regular, left, *mode, *owner, "")?;
                match content {
                    Content::Bytes(bytes) => archive.append(&header, bytes.as_slice())?,
                    Content::Path(source) => {
                        archive.append(&header, Exactly { source: File::open(source)?, left })?;
                    }
                }
            }
        }
    }
    archive.finish()
}

/// The header of a file that anybody may read; `length` bytes of content must follow.
pub(crate) fn file_header(path: &str, length: u64) -> io::Result<Header> {
    header(path, EntryType::Regular, length, 0o644, 0, "")
}

fn content_length(node: &Node) -> io::Result<u64> {
    match node {
        Node::File { content: Content::Bytes(bytes), .. } => Ok(bytes.len() as u64),
        Node::File { content: Content::Path(path), .. } => Ok(path.metadata()?.len()),
        Node::Folder { .. } | Node::Link { .. } => Ok(0),
    }
}

/// So many bytes of a source: the header has told its length. A file that grows or shrinks meanwhile would shift all
/// that follows: what has come to it is left out, and where bytes are missing, better an error.
struct Exactly<R> {
    source: R,
    left: u64,
}

impl<R: Read> Read for Exactly<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let read = (&mut self.source).take(self.left).read(out)?;
        self.left -= read as u64;
        if read == 0 && self.left > 0 && !out.is_empty() {
            return Err(io::Error::new(ErrorKind::UnexpectedEof, "a file became shorter while it was read"));
        }
        Ok(read)
    }
}

fn header(path: &str, kind: EntryType, length: u64, mode: u32, owner: u32, to: &str) -> io::Result<Header> {
    let named =
        |_| io::Error::new(ErrorKind::InvalidInput, format!("{path}: does not fit into a tar header"));
    // The time is 0, and names of users are empty.
    let mut header = Header::new_ustar();
    header.set_path(path).map_err(named)?;
    header.set_link_name_literal(to).map_err(named)?;
    header.set_entry_type(kind);
    header.set_size(length);
    header.set_mode(mode);
    header.set_uid(owner.into());
    header.set_gid(owner.into());
    header.set_cksum();
    Ok(header)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;
    use std::process::{Command, Stdio};

    /// What the system's tar reads in an archive: mode, owner, length, path and link.
    fn listed(archive: &[u8]) -> String {
        let mut tar = Command::new("tar")
            .args(["--list", "--verbose", "--numeric-owner", "--file=-"])
            .env("LC_ALL", "C")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        tar.stdin.take().unwrap().write_all(archive).unwrap();
        let output = tar.wait_with_output().unwrap();
        assert!(output.status.success());
        String::from_utf8(output.stdout).unwrap()
    }

    #[test]
    fn the_systems_tar_reads_it_back() {
        let source = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(source.path(), vec![7; 1000]).unwrap();
        let deep = format!("{}/{}/file", "a".repeat(90), "b".repeat(60));
        let mut root = RootFs::default();
        root.folder("data", 0o700, 999);
        root.text("etc/passwd", 0o644, "root:x:0:0\n");
        root.file("bin/program", 0o755, source.path());
        root.link("lib64", "lib");
        root.text(&deep, 0o644, "");
        let mut archive = Vec::new();
        write_root(&root, &mut archive).unwrap();
        assert_eq!(archive.len() as u64, length_bytes(&root).unwrap());
        let text = listed(&archive);
        for line in [
            "drwx------ 999/999           0 1970-01-01 00:00 data/",
            "-rw-r--r-- 0/0              11 1970-01-01 00:00 etc/passwd",
            "-rwxr-xr-x 0/0            1000 1970-01-01 00:00 bin/program",
            "lrwxrwxrwx 0/0               0 1970-01-01 00:00 lib64 -> lib",
            deep.as_str(),
        ] {
            assert!(text.contains(line), "{line} is missing in\n{text}");
        }
    }

    #[test]
    fn nothing_of_the_machine_is_in_a_header() {
        let mut root = RootFs::default();
        root.folder("data", 0o750, 70);
        let mut archive = Vec::new();
        write_root(&root, &mut archive).unwrap();
        let mut archive = tar::Archive::new(archive.as_slice());
        let entry = archive.entries().unwrap().next().unwrap().unwrap();
        let header = entry.header().as_ustar().unwrap();
        let fields = [&header.mode, &header.uid, &header.gid].map(|field| field.as_slice());
        assert_eq!(fields, [b"0000750\0", b"0000106\0", b"0000106\0"]);
        assert_eq!((&header.size, &header.mtime), (b"00000000000\0", b"00000000000\0"));
        assert_eq!((header.uname, header.gname, header.dev_major), ([0; 32], [0; 32], [0; 8]));
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let refused = |path: &str, target: Option<&str>| {
            let mut root = RootFs::default();
            match target {
                Some(target) => root.link(path, target),
                None => root.text(path, 0o644, ""),
            }
            let error = write_root(&root, &mut Vec::new()).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidInput);
            assert!(error.to_string().starts_with(&path[..4]), "{error}");
        };
        refused(&"x".repeat(101), None);
        refused(&["x".repeat(100), "y".repeat(100), "z".repeat(100)].join("/"), None);
        refused("link", Some(&"x".repeat(101)));
    }

    #[test]
    fn a_file_has_the_length_that_was_told() {
        let read = |left| io::read_to_string(Exactly { source: &b"12345"[..], left });
        assert_eq!((read(5).unwrap(), read(3).unwrap()), ("12345".to_owned(), "123".to_owned()));
        assert_eq!(read(6).unwrap_err().kind(), ErrorKind::UnexpectedEof);
    }

    proptest! {
        #[test]
        fn a_path_is_kept_or_refused(parts in prop::collection::vec("[a-z]{1,60}", 1..6)) {
            let path = parts.join("/");
            match file_header(&path, 0) {
                Ok(header) => prop_assert_eq!(&*header.path_bytes(), path.as_bytes()),
                Err(_) => prop_assert!(path.len() > 100),
            }
        }
    }
}
