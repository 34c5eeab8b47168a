//! Tar archives in the ustar format (POSIX.1-1988), written so that the same files give the same bytes:
//! no time, no user's name, paths in order.

use crate::rootfs::{Content, Node, RootFs};
use std::fs::File;
use std::io::{self, Read, Write};

const BLOCK: usize = 512;

/// Length of an archive of this file system without its end mark, in bytes.
pub(crate) fn length_bytes(root: &RootFs) -> io::Result<u64> {
    let mut total = 0;
    for (_, node) in root.nodes() {
        total += BLOCK as u64 + padded(content_length(node)?);
    }
    Ok(total)
}

/// Length of the end mark, in bytes.
pub(crate) const END_BYTES: u64 = 2 * BLOCK as u64;

/// Writes a file system as an archive, with its end mark.
pub(crate) fn write_root(root: &RootFs, out: &mut impl Write) -> io::Result<()> {
    for (path, node) in root.nodes() {
        match node {
            Node::Folder { mode, owner } => {
                out.write_all(&header(&format!("{path}/"), b'5', 0, *mode, *owner, "")?)?;
            }
            Node::Link { target } => out.write_all(&header(path, b'2', 0, 0o777, 0, target)?)?,
            Node::File { content, mode, owner } => {
                let length = content_length(node)?;
                out.write_all(&header(path, b'0', length, *mode, *owner, "")?)?;
                match content {
                    Content::Bytes(bytes) => out.write_all(bytes)?,
                    Content::Path(source) => copy_exactly(File::open(source)?, length, out)?,
                }
                pad(length, out)?;
            }
        }
    }
    finish(out)
}

/// Writes a file's header; `length` bytes of content and [`pad`] must follow.
pub(crate) fn file_header(path: &str, length: u64, out: &mut impl Write) -> io::Result<()> {
    out.write_all(&header(path, b'0', length, 0o644, 0, "")?)
}

/// Fills the last block of a content of `length` bytes.
pub(crate) fn pad(length: u64, out: &mut impl Write) -> io::Result<()> {
    let rest = (padded(length) - length) as usize; // less than a block
    out.write_all(&[0; BLOCK][..rest])
}

/// Writes the end mark.
pub(crate) fn finish(out: &mut impl Write) -> io::Result<()> {
    out.write_all(&[0; 2 * BLOCK])
}

fn content_length(node: &Node) -> io::Result<u64> {
    match node {
        Node::File { content: Content::Bytes(bytes), .. } => Ok(bytes.len() as u64),
        Node::File { content: Content::Path(path), .. } => Ok(path.metadata()?.len()),
        Node::Folder { .. } | Node::Link { .. } => Ok(0),
    }
}

fn padded(length: u64) -> u64 {
    length.next_multiple_of(BLOCK as u64)
}

/// A file that grows or shrinks meanwhile would shift all that follows: better an error.
fn copy_exactly(source: File, length: u64, out: &mut impl Write) -> io::Result<()> {
    let copied = io::copy(&mut source.take(length), out)?;
    if copied == length {
        return Ok(());
    }
    Err(io::Error::new(io::ErrorKind::UnexpectedEof, "a file became shorter while it was read"))
}

fn header(path: &str, kind: u8, length: u64, mode: u32, owner: u32, target: &str) -> io::Result<[u8; BLOCK]> {
    let too_long =
        || io::Error::new(io::ErrorKind::InvalidInput, format!("{path}: too long for a tar header"));
    let (prefix, name) = split(path).ok_or_else(too_long)?;
    let mut block = [0; BLOCK];
    put(&mut block[0..100], name.as_bytes());
    put(&mut block[100..108], format!("{mode:07o}").as_bytes());
    put(&mut block[108..116], format!("{owner:07o}").as_bytes());
    put(&mut block[116..124], format!("{owner:07o}").as_bytes());
    if length >= 1 << 33 || target.len() > 100 {
        return Err(too_long());
    }
    put(&mut block[124..136], format!("{length:011o}").as_bytes());
    put(&mut block[136..148], b"00000000000");
    put(&mut block[148..156], b"        "); // the sum is taken over blanks here
    block[156] = kind;
    put(&mut block[157..257], target.as_bytes());
    put(&mut block[257..265], b"ustar\x0000");
    put(&mut block[345..500], prefix.as_bytes());
    let sum: u32 = block.iter().map(|byte| u32::from(*byte)).sum();
    put(&mut block[148..156], format!("{sum:06o}\0 ").as_bytes());
    Ok(block)
}

fn put(field: &mut [u8], bytes: &[u8]) {
    field[..bytes.len()].copy_from_slice(bytes);
}

/// A path longer than the name's field goes into two fields, parted at a slash.
fn split(path: &str) -> Option<(&str, &str)> {
    if path.len() <= 100 {
        return Some(("", path));
    }
    let fits = |at: &usize| *at <= 155 && path.len() - at - 1 <= 100 && path.len() > at + 1;
    let at = path.match_indices('/').map(|(at, _)| at).find(fits)?;
    Some((&path[..at], &path[at + 1..]))
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
        assert_eq!(archive.len() as u64, length_bytes(&root).unwrap() + END_BYTES);
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
    fn what_does_not_fit_is_refused() {
        let mut root = RootFs::default();
        root.text(&"x".repeat(101), 0o644, "");
        assert!(write_root(&root, &mut Vec::new()).is_err());
    }

    proptest! {
        #[test]
        fn a_split_path_joins_again(parts in prop::collection::vec("[a-z]{1,60}", 1..6)) {
            let path = parts.join("/");
            if let Some((prefix, name)) = split(&path) {
                prop_assert!(prefix.len() <= 155 && name.len() <= 100 && !name.is_empty());
                let joined = if prefix.is_empty() { name.to_owned() } else { format!("{prefix}/{name}") };
                prop_assert_eq!(joined, path);
            }
        }
    }
}
