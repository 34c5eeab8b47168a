//! `swarmlab report DIR`

use std::path::PathBuf;

use clap::Args;

use super::{Global, output, summary};
use crate::exit::Exit;
use swarmlab_lab::RunError;
use swarmlab_present::recompute;
use swarmlab_record::folder::RunFolder;

/// Arguments of `report`.
#[derive(Debug, Args)]
#[command(after_help = "\
Reads only the run's own files and writes frame, correlations, summary, charts and report anew; the figures are \
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
    match recompute::analyse(&folder).map_err(RunError::from) {
        Ok(s) => {
            summary::print(&s, &folder, global.json);
            Exit::Success
        }
        Err(e) => output::fail(&e, e.help().as_deref(), global.json, e.code()),
    }
}
