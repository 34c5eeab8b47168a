//! `swarmlab report DIR`

use std::path::PathBuf;

use clap::Args;

use super::{Global, output, summary};
use crate::bundle::folder::RunFolder;
use crate::exit::Exit;
use crate::run::finish;

/// Arguments of `report`.
#[derive(Debug, Args)]
#[command(after_help = "\
Reads only the run's own files and writes frame, correlations, summary, charts and report anew; the figures are
identical. Also completes the folder of a run that was killed.

Example:
  swarmlab report results/quickstart-20261121T154233Z")]
pub struct ReportArgs {
    /// Folder of a run
    folder: PathBuf,
}

/// Re-computes.
pub fn main(args: &ReportArgs, global: &Global) -> Exit {
    let folder = RunFolder::open(&args.folder);
    match finish::analyse(&folder) {
        Ok(s) => {
            summary::print(&s, &folder, global.json);
            Exit::Success
        }
        Err(e) => output::fail(&e, e.help().as_deref(), global.json, e.code()),
    }
}
