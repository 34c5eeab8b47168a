//! Stacks to be woven, and what is wished for.
#![allow(clippy::unwrap_used, dead_code, missing_docs)]

use std::path::{Path, PathBuf};
use swarmlab_stackfile::Stack;
use swarmlab_weave::{Fronts, Naming, Telemetry, Wishes};

pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

pub fn load(text: &str) -> Stack {
    let nothing = |_: &Path| Err(std::io::ErrorKind::NotFound.into());
    swarmlab_stackfile::load(text, Path::new("stack.yml"), &|_| None, &nothing)
        .unwrap_or_else(|e| panic!("{e}"))
}

pub fn wishes(front: &str) -> Wishes {
    Wishes {
        fronts: Fronts::parse(front).unwrap(),
        protocol: None,
        telemetry: Telemetry::Woven { port: None },
        naming: Naming::Kept,
    }
}

/// The stack files of the repository that are read without a variable.
pub fn corpus() -> Vec<(PathBuf, Stack)> {
    let mut found = Vec::new();
    for folder in ["stacks", "stacks/corpus"] {
        for entry in std::fs::read_dir(root().join(folder)).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|e| e == "yml") {
                found.push(path);
            }
        }
    }
    found.sort();
    let read =
        |path: PathBuf| swarmlab_stackfile::load_file(&path, &|_| None).ok().map(|stack| (path, stack));
    found.into_iter().filter_map(read).collect()
}
