//! Ways between files, and whether two names are of one.

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// The way from a folder to a file, between the places where they are: links and `..` on the way are followed, and the file keeps
/// its own name.
pub fn way(folder: &Path, file: &Path) -> PathBuf {
    let name = file.file_name().map(PathBuf::from).unwrap_or_default();
    match (real_place(folder), real_place(above(file))) {
        (Some(from), Some(to)) => relative(&from, &to.join(name)),
        _ => file.to_owned(),
    }
}

/// The folder of a file; of a name alone the one that we are in.
pub fn above(file: &Path) -> &Path {
    file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// The same of places that are absolute.
fn relative(from: &Path, to: &Path) -> PathBuf {
    let shared = from.components().zip(to.components()).take_while(|(a, b)| a == b).count();
    let up = from.components().skip(shared).map(|_| "..");
    let down = to.components().skip(shared).map(|part| part.as_os_str().to_owned());
    let way: PathBuf = up.map(Into::into).chain(down).collect();
    // A name alone would be a name to some readers, and no path.
    if way.starts_with("..") { way } else { Path::new(".").join(way) }
}

/// Where a folder really is; of one that is not there yet, where it will be.
fn real_place(path: &Path) -> Option<PathBuf> {
    let absolute = std::path::absolute(path).ok()?;
    for there in absolute.ancestors() {
        if let Ok(real) = there.canonicalize() {
            return Some(real.join(absolute.strip_prefix(there).ok()?));
        }
    }
    None
}

/// Whether two names are of one file, also through links.
pub fn same_file(one: &Path, other: &Path) -> bool {
    let of = |path: &Path| std::fs::metadata(path).ok().map(|file| (file.dev(), file.ino()));
    of(one).is_some_and(|one| of(other) == Some(one))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_named_from_where_the_stack_file_stands() {
        for (from, to, way) in [
            ("/a/b", "/a/b/c.yml", "./c.yml"),
            ("/a/b", "/a/c/d.yml", "../c/d.yml"),
            ("/x", "/a/b", "../a/b"),
            ("/", "/a", "./a"),
        ] {
            assert_eq!(relative(Path::new(from), Path::new(to)), Path::new(way), "{from} {to}");
        }
    }
}
