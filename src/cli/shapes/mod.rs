//! `swarmlab shapes list|show|export`

mod columns;
mod export;
mod list;
mod measures;
mod picture;
mod show;

use std::path::Path;

use clap::{Args, Subcommand};
use swarmlab_shapes::Shape;

use super::{Global, output};
use crate::exit::Exit;
use swarmlab_experiment as experiment;

/// Arguments of `shapes`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  swarmlab shapes list
  swarmlab shapes show loadshapes/diurnal.yml")]
pub struct ShapesArgs {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// List the kinds of shapes with their keys and defaults, and the files in ./loadshapes
    #[command(after_help = "\
Examples:
  swarmlab shapes list
  swarmlab shapes list --json

Exit codes: 0 done.")]
    List,
    /// Show how a shape file runs: figures, a plot, values at some moments
    #[command(after_help = "\
Levels are users in a closed experiment and requests per second in an open one; the area is then user-seconds or \
requests.

Examples:
  swarmlab shapes show loadshapes/diurnal.yml
  swarmlab shapes show loadshapes/dlim.yml --plot dlim.svg

Exit codes: 0 done, 1 the picture cannot be written, 2 bad input.")]
    Show(show::ShowArgs),
    /// Write a shape as a table of rates, or as the arrivals that a schedule makes of it
    #[command(after_help = "\
Without --arrivals the canonical trace, `t,rate`: the mean rate of each step, so that no request is lost or won; a trace \
shape reads it back. With --arrivals the moments at which requests are due, `t` in seconds, the same for the same seed \
as an experiment with that seed has them.

Examples:
  swarmlab shapes export loadshapes/sine.yml --csv sine.csv --step 5s
  swarmlab shapes export loadshapes/trace-access-log.yml --csv - | head
  swarmlab shapes export loadshapes/ramp.yml --csv arrivals.csv --arrivals poisson --seed 7

Exit codes: 0 done, 1 the table cannot be written, 2 bad input.")]
    Export(export::ExportArgs),
}

/// Lists, shows or exports.
pub fn main(args: &ShapesArgs, global: &Global) -> Exit {
    match &args.action {
        Action::List => list::main(global),
        Action::Show(a) => show::main(a, global),
        Action::Export(a) => export::main(a, global),
    }
}

/// Reads a shape file and prints what is odd or wrong about it.
fn read(path: &Path, global: &Global) -> Result<Shape, Exit> {
    match experiment::read_shape_with_warnings(path) {
        Ok((shape, warnings)) => {
            warnings.iter().for_each(|w| output::warning(w, global.json));
            Ok(shape)
        }
        Err(findings) => Err(output::bad_input(&findings, global.json)),
    }
}
