//! `swarmlab scenario import`

mod import;

use clap::{Args, Subcommand};

use super::Global;
use crate::exit::Exit;

/// Arguments of `scenario`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  swarmlab scenario import shop.har -o shop.yml
  swarmlab load http://127.0.0.1:8080 --scenario shop.yml --debug   look at one iteration of it")]
pub struct ScenarioArgs {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Write a scenario from a recording (HAR) or a description of an API (OpenAPI 3, Swagger 2)
    #[command(after_help = "\
Without -o the scenario goes to standard output. What is left out, and what needs a look, is told on standard error and \
stands in comments. Secrets are not brought over: they become columns of a table beside the scenario (FILE.secrets.csv), \
which is written with placeholders, and never over one that is there.

Examples:
  swarmlab scenario import shop.har -o shop.yml
  swarmlab scenario import shop.har --host shop.example --host api.shop.example -o shop.yml
  swarmlab scenario import openapi.yaml -o api.yml && swarmlab check api.yml

Exit codes: 0 done, 1 a file cannot be written, 2 bad input.")]
    Import(import::ImportArgs),
}

/// Imports.
pub fn main(args: &ScenarioArgs, global: &Global) -> Exit {
    match &args.action {
        Action::Import(a) => import::main(a, global),
    }
}
