//! The command line: one file a subcommand, parse, call, print. The only room that prints.

mod catalogues;
mod check;
mod demo;
mod down;
mod explain;
mod images;
mod load;
mod merge;
mod output;
mod preflight;
mod progress;
mod quickstart;
mod report;
mod rerun;
mod run;
mod scale;
mod session;
mod shapes;
mod status;
mod summary;
mod swarm;
mod up;

use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

use crate::exit::Exit;

/// Runs the command of this process and says how it ends.
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(e) => {
            // Help and version are printed through the same type and are no failure.
            let code = if e.use_stderr() { Exit::BadInput } else { Exit::Success };
            let json = std::env::args_os().any(|a| a == "--json");
            if json && e.use_stderr() {
                // The rendered text begins with a word that the event says already.
                let text = e.render().to_string();
                let text = text.trim_start_matches("error: ").trim_end();
                return output::fail(&text, None, true, swarmlab_codes::BAD_ARGUMENTS).into();
            }
            let _ = e.print();
            return code.into();
        }
    };
    output::init_logs(cli.global.verbose);
    match cli.command {
        Command::Run(a) => run::main(&a, &cli.global),
        Command::Rerun(a) => rerun::main(a, &cli.global),
        Command::Quickstart(a) => quickstart::main(&a, &cli.global),
        Command::Load(a) => load::main(&a, &cli.global),
        Command::Merge(a) => merge::main(&a, &cli.global),
        Command::Report(a) => report::main(&a, &cli.global),
        Command::Check(a) => check::main(&a, &cli.global),
        Command::Explain(a) => explain::main(&a, &cli.global),
        Command::Up(a) => up::main(&a, &cli.global),
        Command::Status(a) => status::main(&a, &cli.global),
        Command::Scale(a) => scale::main(&a, &cli.global),
        Command::Down(a) => down::main(&a, &cli.global),
        Command::Images(a) => images::main(&a, &cli.global),
        Command::Shapes(a) => shapes::main(&a, &cli.global),
        Command::Catalogues(a) => catalogues::main(&a, &cli.global),
        Command::Demo(a) => demo::main(&a),
    }
    .into()
}

/// Deploys a microservice stack on Docker Swarm, drives it with load, and proves its own numbers.
#[derive(Debug, Parser)]
#[command(name = "swarmlab", version, propagate_version = true, arg_required_else_help = true)]
#[command(after_help = "\
Examples:
  swarmlab quickstart                          the whole job on this machine, without Docker (about a minute)
  swarmlab images build                        build every image of the sample stack, no registry needed
  swarmlab run experiments/exercise-swarm.yml  the same on the Docker Swarm
  swarmlab load http://127.0.0.1:8080/         a load alone, against anything that speaks HTTP
  swarmlab rerun results/DIR                   run the same again
  swarmlab report results/DIR                  re-compute a run's figures from its raw files
  swarmlab explain E204                        what an error means and what to do about it

Exit codes: 0 done, 1 unexpected failure, 2 bad input, 3 environment (no engine, image missing, port taken),
4 stack not ready, 5 nothing measured, 6 not valid (--require-valid), 7 an objective missed (slo, --max-…),
130 interrupted.")]
struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

/// Options of every subcommand.
#[derive(Debug, Args)]
pub struct Global {
    /// Machine-readable output: JSON lines on standard output
    #[arg(long, global = true)]
    json: bool,
    /// More about what is being done (-v), everything (-vv), on standard error
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    verbose: u8,
    /// Docker Engine to use, e.g. unix:///run/docker.sock (default: DOCKER_HOST, then the default socket)
    #[arg(long, global = true, value_name = "HOST")]
    engine: Option<String>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Deploy, load, measure, take down, analyse and report one experiment
    Run(run::RunArgs),
    /// Run the built-in experiment on this machine, without Docker
    Quickstart(quickstart::QuickstartArgs),
    /// Run again what a folder's run was
    Rerun(rerun::RerunArgs),
    /// Send a load to a URL, without a stack, and print its figures
    Load(Box<load::LoadArgs>),
    /// Add up what several generators wrote, exactly
    Merge(merge::MergeArgs),
    /// Re-compute a run's figures and report from its raw files
    Report(report::ReportArgs),
    /// Check an experiment file and everything it names, and start nothing
    Check(check::CheckArgs),
    /// Explain an error or warning by its code, or list all
    Explain(explain::ExplainArgs),
    /// Deploy a stack and wait until it serves
    Up(up::UpArgs),
    /// Show a stack's services, replicas and last errors
    Status(status::StatusArgs),
    /// Change the number of replicas of services
    Scale(scale::ScaleArgs),
    /// Remove a stack and wait until nothing of it is left
    Down(down::DownArgs),
    /// Build or list the images that the sample stack needs
    Images(images::ImagesArgs),
    /// List, show and export load shapes and traces
    Shapes(shapes::ShapesArgs),
    /// List and show catalogues: which metrics are collected, and what they mean
    Catalogues(catalogues::CataloguesArgs),
    /// Run one role of the sample application
    Demo(demo::DemoArgs),
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn arguments_are_consistent() {
        super::Cli::command().debug_assert();
    }
}
