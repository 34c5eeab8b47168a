//! Bad input gets a clear error and exit code 2, all findings at once, and nothing half done.
#![allow(clippy::unwrap_used)]

mod check;
mod commands;
mod explain;
mod findings;
mod imports;
mod init;
mod others;
#[path = "../support/mod.rs"]
mod support;

use std::path::Path;
use std::process::Output;

use support::{root, swarmlab};

fn run(args: &[&str], dir: &Path) -> Output {
    swarmlab().args(args).current_dir(dir).env("NO_COLOR", "1").env_remove("DOCKER_HOST").output().unwrap()
}

fn stderr(o: &Output) -> String {
    String::from_utf8_lossy(&o.stderr).replace(&root().display().to_string(), "ROOT")
}
