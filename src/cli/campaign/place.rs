//! The folder that a campaign works in: whose it is, that nobody else works in it, and that the experiment's files are those with
//! which it was begun.

use std::fs::File;
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, flock};
use swarmlab_campaign::Setting;
use swarmlab_campaign::folder::{FolderError, Recorded, inputs};
use swarmlab_codes as codes;
use swarmlab_lab::inputs::keep;

use super::super::{Global, output};
use super::ready::Ready;
use crate::exit::Exit;

/// Held for as long as the campaign is worked on; the system gives it back however this program ends.
pub struct Held(#[allow(dead_code, reason = "closing it lets go")] File);

/// Files that may be there before `campaign.json` is.
const EARLY: [&str; 4] = [".lock", "inputs", "inputs.now", "campaign.json.tmp"];

fn refused(e: &FolderError, global: &Global) -> Exit {
    let help = "another `name`, or another folder with --results; or undo the change";
    output::fail(e, Some(help), global.json, e.code())
}

/// Whether the files that decide the runs are still those with which the campaign was begun.
pub fn unchanged(ready: &Ready, global: &Global) -> Result<(), Exit> {
    same_inputs(ready).map_err(|e| refused(&e, global))
}

/// Makes or opens the folder.
pub fn take(ready: &Ready, global: &Global) -> Result<Held, Exit> {
    let refused = |e: FolderError| refused(&e, global);
    let held = hold(&ready.folder, global)?;
    let before = Recorded::read(&ready.folder).map_err(refused)?;
    match &before {
        Some(before) => ready.recorded.goes_on(before, &ready.folder).map_err(refused)?,
        None => vacant(&ready.folder).map_err(refused)?,
    }
    same_inputs(ready).map_err(refused)?;
    if before.as_ref() != Some(&ready.recorded) {
        ready.recorded.write(&ready.folder).map_err(refused)?;
    }
    Ok(held)
}

fn hold(folder: &Path, global: &Global) -> Result<Held, Exit> {
    let path = folder.join(".lock");
    let made = std::fs::create_dir_all(folder).and_then(|()| File::create(&path));
    let file = made.map_err(|e| {
        let why = format!("cannot write {}: {e}", path.display());
        output::fail(&why, Some("another folder: --results DIR"), global.json, codes::OUTPUT_FILE)
    })?;
    match flock(&file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(Held(file)),
        Err(_) => {
            let why = format!("another swarmlab works on {}", folder.display());
            let help = "wait for it, or end it with Ctrl-C";
            Err(output::fail(&why, Some(help), global.json, codes::CAMPAIGN_BUSY))
        }
    }
}

/// A folder that is not a campaign's holds nothing that could be mixed up with its runs.
fn vacant(folder: &Path) -> Result<(), FolderError> {
    let io = |source| FolderError::Io { action: "read", path: folder.to_owned(), source };
    for entry in std::fs::read_dir(folder).map_err(io)? {
        let name = entry.map_err(io)?.file_name();
        if !EARLY.iter().any(|early| name == *early) {
            let what = format!("it has no campaign.json, but {}", name.to_string_lossy());
            return Err(FolderError::Other { folder: folder.to_owned(), what });
        }
    }
    Ok(())
}

/// Keeps copies of the files that decide the runs, and compares them with those that were kept before.
fn same_inputs(ready: &Ready) -> Result<(), FolderError> {
    let (kept, now) = (inputs(&ready.folder), ready.folder.join("inputs.now"));
    let io = |action, path: &Path| {
        let path = path.to_owned();
        move |source| FolderError::Io { action, path, source }
    };
    if now.exists() {
        std::fs::remove_dir_all(&now).map_err(io("remove", &now))?;
    }
    let mut with: Vec<_> = Vec::new();
    for setting in ready.campaign.variants.iter().flat_map(|variant| &variant.settings) {
        match setting {
            Setting::Key(key) if !with.contains(key) => with.push(key.clone()),
            _ => {}
        }
    }
    let answer = |name: &str| ready.variables.get(name).cloned();
    keep(&ready.campaign.experiment, &with, &now, &answer).map_err(io("copy files to", &now))?;
    if !kept.exists() {
        return std::fs::rename(&now, &kept).map_err(io("write", &kept));
    }
    let differs = difference(&kept, &now).map_err(io("read", &kept))?;
    std::fs::remove_dir_all(&now).map_err(io("remove", &now))?;
    match differs {
        None => Ok(()),
        Some(file) => {
            let what = format!("{} was another file when it was begun", file.display());
            Err(FolderError::Other { folder: ready.folder.clone(), what })
        }
    }
}

/// The first file in which two folders differ, relative to them.
fn difference(a: &Path, b: &Path) -> std::io::Result<Option<PathBuf>> {
    let names = |folder: &Path| -> std::io::Result<Vec<std::ffi::OsString>> {
        let mut names =
            std::fs::read_dir(folder)?.map(|e| Ok(e?.file_name())).collect::<std::io::Result<Vec<_>>>()?;
        names.sort();
        Ok(names)
    };
    let (of_a, of_b) = (names(a)?, names(b)?);
    let mut all: Vec<_> = of_a.iter().chain(&of_b).collect();
    all.sort();
    all.dedup();
    for name in all {
        let (a, b) = (a.join(name), b.join(name));
        let differs = match (a.is_dir(), b.is_dir()) {
            (true, true) => difference(&a, &b)?,
            (false, false) if a.exists() && b.exists() && std::fs::read(&a)? == std::fs::read(&b)? => None,
            _ => Some(PathBuf::new()),
        };
        if let Some(below) = differs {
            let path = PathBuf::from(name);
            return Ok(Some(if below.as_os_str().is_empty() { path } else { path.join(below) }));
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_first_file_that_differs_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| {
            let path = dir.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        };
        let told = || difference(&dir.path().join("a"), &dir.path().join("b")).unwrap();
        for folder in ["a", "b"] {
            write(&format!("{folder}/x/e.yml"), "1");
            write(&format!("{folder}/y.yml"), "2");
        }
        assert_eq!(told(), None);
        write("b/z.yml", "3");
        assert_eq!(told(), Some(PathBuf::from("z.yml")));
        write("b/x/e.yml", "4");
        assert_eq!(told(), Some(PathBuf::from("x/e.yml")));
    }
}
