//! Which shared libraries a program needs, as the loader itself resolves them.
//!
//! For packages the loader and the libraries of their own suite are asked, so that an image does not
//! depend on the machine that builds it; for the running binary, the machine's own.

use crate::rootfs::RootFs;
use crate::{ImageError, command};
use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Name services and DNS are loaded by name while the program runs: the loader does not list them.
const LOADED_LATER: [&str; 3] = ["libnss_dns.so.2", "libnss_files.so.2", "libresolv.so.2"];

/// Where an image keeps its libraries, whatever folder their package chose: the loaders of all suites look there.
fn library_folder() -> String {
    format!("lib/{}-linux-gnu", std::env::consts::ARCH)
}

/// Adds to an image the libraries that its programs need.
///
/// `packages` is the folder into which the recipe's packages were unpacked; without one, the machine's
/// own libraries are taken.
pub(crate) fn add(root: &mut RootFs, packages: Option<&Path>) -> Result<(), ImageError> {
    let mut found = BTreeMap::new();
    for source in root.sources() {
        if is_elf(&source).map_err(ImageError::io(&source))? {
            found.extend(needed(&source, packages)?);
        }
    }
    let libc = found.get("libc.so.6").and_then(|path| path.parent()).map(Path::to_owned);
    for name in LOADED_LATER {
        let beside = libc.as_ref().map(|folder| folder.join(name)).filter(|path| path.is_file());
        if let Some(path) = beside {
            found.insert(name.to_owned(), path);
        }
    }
    for (name, path) in found {
        // The loader itself is named by its full path, which programs hold.
        let place = if name.starts_with('/') { name } else { format!("{}/{name}", library_folder()) };
        root.file(&place, 0o755, &path);
    }
    Ok(())
}

fn is_elf(path: &Path) -> std::io::Result<bool> {
    let mut start = Vec::new();
    std::fs::File::open(path)?.take(4).read_to_end(&mut start)?;
    Ok(start == b"\x7fELF")
}

/// Libraries by name; a name that is a path is the loader.
fn needed(program: &Path, packages: Option<&Path>) -> Result<Vec<(String, PathBuf)>, ImageError> {
    let output = match packages {
        None => command::output(Command::new("ldd").arg(program), "libc-bin")?,
        Some(tree) => {
            let folders = library_folders(tree);
            let missing = || ImageError::Library { program: shown(program), library: "libc.so.6".to_owned() };
            let loader = folders.iter().find_map(|folder| loader_in(folder)).ok_or_else(missing)?;
            let path =
                folders.iter().map(|folder| folder.display().to_string()).collect::<Vec<_>>().join(":");
            let mut list = Command::new(loader);
            list.args(["--inhibit-cache", "--library-path", &path, "--list"]).arg(program);
            command::output(&mut list, "libc-bin")?
        }
    };
    let text =
        [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
    let listed = parse(&text).map_err(|library| ImageError::Library { program: shown(program), library })?;
    if listed.is_empty() && !output.status.success() && !is_static(&text) {
        return Err(ImageError::Library { program: shown(program), library: text.trim().to_owned() });
    }
    // Outside the unpacked packages lies the machine: its libraries would do here and fail elsewhere.
    if let Some((library, _)) =
        listed.iter().find(|(_, path)| packages.is_some_and(|tree| !path.starts_with(tree)))
    {
        return Err(ImageError::Library { program: shown(program), library: library.clone() });
    }
    Ok(listed)
}

fn shown(program: &Path) -> String {
    program.file_name().unwrap_or(program.as_os_str()).to_string_lossy().into_owned()
}

fn is_static(text: &str) -> bool {
    ["statically linked", "not a dynamic executable"].iter().any(|words| text.contains(words))
}

fn library_folders(tree: &Path) -> Vec<PathBuf> {
    let triple = format!("{}-linux-gnu", std::env::consts::ARCH);
    [tree.join("lib").join(&triple), tree.join("usr/lib").join(&triple)]
        .into_iter()
        .filter(|path| path.is_dir())
        .collect()
}

fn loader_in(folder: &Path) -> Option<PathBuf> {
    let entries = std::fs::read_dir(folder).ok()?;
    let mut paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
    paths.find(|path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("ld-linux")))
}

/// Reads `name => path (address)` and `path (address)`; the error is a name that was not found.
fn parse(text: &str) -> Result<Vec<(String, PathBuf)>, String> {
    let mut found = Vec::new();
    for line in text.lines().map(str::trim) {
        let (name, rest) = line.split_once(" => ").unwrap_or((line, line));
        if rest.starts_with("not found") {
            return Err(name.to_owned());
        }
        let Some((path, _)) = rest.rsplit_once(" (0x") else { continue };
        if path.starts_with('/') {
            let name = name.rsplit_once(" (0x").map_or(name, |(name, _)| name);
            found.push((name.to_owned(), PathBuf::from(path)));
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn reads_what_ldd_and_the_loader_write() {
        let ldd = "\tlinux-vdso.so.1 (0x00007fae2a165000)\n\tlibm.so.6 => /lib/x/libm.so.6 (0x00007fae2a074000)\n\
            \t/lib64/ld-linux-x86-64.so.2 (0x00007fae2a167000)\n";
        let expected = |loader: &str| {
            vec![
                ("libm.so.6".to_owned(), PathBuf::from("/lib/x/libm.so.6")),
                ("/lib64/ld-linux-x86-64.so.2".to_owned(), PathBuf::from(loader)),
            ]
        };
        assert_eq!(parse(ldd).unwrap(), expected("/lib64/ld-linux-x86-64.so.2"));
        let loader =
            ldd.replace("\t/lib64/ld-linux-x86-64.so.2 (", "\t/lib64/ld-linux-x86-64.so.2 => /tree/ld (");
        assert_eq!(parse(&loader).unwrap(), expected("/tree/ld"));
        assert_eq!(parse("\tlibfoo.so.1 => not found\n").unwrap_err(), "libfoo.so.1");
        assert_eq!(parse("\tstatically linked\n").unwrap(), []);
    }

    #[test]
    fn takes_what_a_program_of_this_machine_needs() {
        let mut root = RootFs::default();
        root.file("bin/ls", 0o755, Path::new("/bin/ls"));
        root.text("etc/text", 0o644, "no program");
        add(&mut root, None).unwrap();
        let paths: Vec<&str> = root.nodes().map(|(path, _)| path).collect();
        assert!(paths.contains(&format!("{}/libc.so.6", library_folder()).as_str()), "{paths:?}");
        assert!(
            paths.iter().any(|path| path.rsplit('/').next().unwrap().starts_with("ld-linux")),
            "{paths:?}"
        );
        assert!(paths.contains(&format!("{}/libresolv.so.2", library_folder()).as_str()), "{paths:?}");
    }

    #[test]
    fn libraries_of_the_machine_do_not_stand_in_for_a_missing_package() {
        let tree = tempfile::tempdir().unwrap();
        let mut root = RootFs::default();
        root.file("bin/ls", 0o755, Path::new("/bin/ls"));
        let error = add(&mut root, Some(tree.path())).unwrap_err().to_string();
        assert_eq!(error, "ls needs libc.so.6, which no package of its recipe holds");
    }
}
