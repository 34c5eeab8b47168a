//! `swarmlab open RUN`

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use clap::Args;
use swarmlab_codes as codes;
use swarmlab_record::folder::RunFolder;

use super::{Global, output};
use crate::exit::Exit;

/// Arguments of `open`.
#[derive(Debug, Args)]
#[command(after_help = "\
Opens with $BROWSER, else with xdg-open; where there is neither (or no display), the path is printed alone.

Example:
  swarmlab open results/quickstart-20261121T154233Z")]
pub struct OpenArgs {
    /// Folder of a run
    folder: PathBuf,
}

/// Opens the report.
pub fn main(args: &OpenArgs, global: &Global) -> Exit {
    let report = RunFolder::open(&args.folder).report();
    let report = match report.canonicalize() {
        Ok(report) => report,
        Err(e) => {
            let why = format!("{}: {e}", report.display());
            let help = format!("`swarmlab report {}` writes it", args.folder.display());
            let code = if args.folder.join("manifest.json").exists() {
                codes::NO_SUMMARY
            } else {
                codes::NO_MANIFEST
            };
            return output::fail(&why, Some(&help), global.json, code);
        }
    };
    let opened = browsers().iter().any(|browser| start(browser, &report));
    let value = serde_json::json!({"event": "report", "report": report, "opened": opened});
    output::say(global.json, &value, &report.display().to_string());
    Exit::Success
}

/// Programs to try, in this order: those of `$BROWSER`, separated by colons; `xdg-open` where there is a display to show it on.
fn browsers() -> Vec<OsString> {
    let named = std::env::var_os("BROWSER").filter(|b| !b.is_empty());
    if let Some(named) = named {
        return named.to_string_lossy().split(':').filter(|b| !b.is_empty()).map(OsString::from).collect();
    }
    let display =
        ["DISPLAY", "WAYLAND_DISPLAY"].iter().any(|v| std::env::var_os(v).is_some_and(|d| !d.is_empty()));
    if display { vec![OsString::from("xdg-open")] } else { Vec::new() }
}

/// Whether it could be started: it is not waited for, and outlives this command.
fn start(browser: &OsString, report: &Path) -> bool {
    let quiet = Stdio::null;
    Command::new(browser).arg(report).stdin(quiet()).stdout(quiet()).stderr(quiet()).spawn().is_ok()
}
