//! The command line: one file a subcommand, parse, call, print. The only room that prints.

mod baseline;
mod calibrate;
mod campaign;
mod campaigned;
mod catalogues;
mod check;
mod check_regression;
mod compare;
mod comparing;
mod demo;
mod doctor;
mod down;
mod explain;
mod images;
mod import;
mod init;
mod junit;
mod list;
mod load;
mod logs;
mod merge;
mod open;
mod others;
mod output;
mod past;
mod paths;
mod plan;
mod preflight;
mod progress;
mod ps;
mod query;
mod quickstart;
mod replay;
mod report;
mod rerun;
mod run;
mod scale;
mod scenario;
mod session;
mod shapes;
mod simulate;
mod status;
mod summary;
mod swarm;
mod up;
mod weave;
mod weaving;
mod what_if;

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
            // Not every argument is a text.
            let arguments = std::env::args_os().map(|a| a.to_string_lossy().into_owned());
            if let Some(why) = negative(&e, arguments) {
                let help = "amounts, rates, shares and durations are not negative";
                return output::fail(&why, Some(help), json, swarmlab_codes::BAD_ARGUMENTS).into();
            }
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
    let exit = match cli.command {
        Command::Run(a) => run::main(&a, &cli.global),
        Command::Rerun(a) => rerun::main(a, &cli.global),
        Command::Quickstart(a) => quickstart::main(&a, &cli.global),
        Command::Campaign(a) => campaign::main(&a, &cli.global),
        Command::Load(a) => load::main(&a, &cli.global),
        Command::Merge(a) => merge::main(&a, &cli.global),
        Command::Report(a) => report::main(&a, &cli.global),
        Command::Replay(a) => replay::main(&a, &cli.global),
        Command::Simulate(a) => simulate::main(&a, &cli.global),
        Command::Calibrate(a) => calibrate::main(&a, &cli.global),
        Command::WhatIf(a) => what_if::main(&a, &cli.global),
        Command::Compare(a) => compare::main(&a, &cli.global),
        Command::Baseline(a) => baseline::main(&a, &cli.global),
        Command::CheckRegression(a) => check_regression::main(&a, &cli.global),
        Command::List(a) => list::main(&a, &cli.global),
        Command::Open(a) => open::main(&a, &cli.global),
        Command::Init(a) => init::main(&a, &cli.global),
        Command::Check(a) => check::main(&a, &cli.global),
        Command::Explain(a) => explain::main(&a, &cli.global),
        Command::Plan(a) => plan::main(&a, &cli.global),
        Command::Weave(a) => weave::main(&a, &cli.global),
        Command::Up(a) => up::main(&a, &cli.global),
        Command::Status(a) => status::main(&a, &cli.global),
        Command::Ps(a) => ps::main(&a, &cli.global),
        Command::Logs(a) => logs::main(&a, &cli.global),
        Command::Scale(a) => scale::main(&a, &cli.global),
        Command::Down(a) => down::main(&a, &cli.global),
        Command::Doctor(a) => doctor::main(&a, &cli.global),
        Command::Images(a) => images::main(&a, &cli.global),
        Command::Shapes(a) => shapes::main(&a, &cli.global),
        Command::Import(a) => import::main(&a, &cli.global),
        Command::Query(a) => query::main(&a, &cli.global),
        Command::Scenario(a) => scenario::main(&a, &cli.global),
        Command::Catalogues(a) => catalogues::main(&a, &cli.global),
        Command::Demo(a) => demo::main(&a),
    };
    output::end(exit).into()
}

/// A value below zero that was taken for an option: nobody takes any, and `-5%` is no option either.
fn negative(error: &clap::Error, arguments: impl Iterator<Item = String>) -> Option<String> {
    if error.kind() != clap::error::ErrorKind::UnknownArgument {
        return None;
    }
    let mut option = None;
    for argument in arguments {
        let is_negative =
            argument.strip_prefix('-').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
        if is_negative {
            return Some(match option {
                Some(option) => format!("{option} cannot be {argument}: it takes no negative value"),
                None => format!("`{argument}` is a negative value, and none is taken here"),
            });
        }
        option = argument.starts_with('-').then_some(argument);
    }
    None
}

/// Deploys a microservice stack on Docker Swarm, drives it with load, and proves its own numbers.
#[derive(Debug, Parser)]
#[command(name = "swarmlab", version, propagate_version = true, arg_required_else_help = true)]
#[command(after_help = "\
Examples:
  swarmlab quickstart                          the whole job on this machine, without Docker (about a minute)
  swarmlab images build                        build every image of the sample stack, no registry needed
  swarmlab run experiments/exercise-swarm.yml  the same on the Docker Swarm
  swarmlab init stack.yml                      a first experiment for your own stack
  swarmlab load http://127.0.0.1:8080/         a load alone, against anything that speaks HTTP
  swarmlab rerun results/DIR                   run the same again
  swarmlab campaign CAMPAIGN.yml               run variants of an experiment, repeated, to compare them
  swarmlab report results/DIR                  re-compute a run's figures from its raw files
  swarmlab compare results/a-* results/b-*     what differs between variants, and how sure that is
  swarmlab explain E204                        what an error means and what to do about it

Exit codes: 0 done, 1 unexpected failure, 2 bad input, 3 environment (no engine, image missing, port taken), \
4 stack not ready, 5 nothing measured, 6 not valid (--require-valid) or a regression (check-regression), 7 an objective \
missed (slo, checks, --check, --max-…), 130 interrupted.")]
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
    /// Run all variants of an experiment, again and again, in blocks of random order
    Campaign(campaign::CampaignArgs),
    /// Send a load to a URL, without a stack, and print its figures
    Load(Box<load::LoadArgs>),
    /// Add up what several generators wrote, exactly
    Merge(merge::MergeArgs),
    /// Re-compute a run's figures and report from its raw files
    Report(report::ReportArgs),
    /// Ask autoscaling controllers what they would have done over a finished run
    Replay(replay::ReplayArgs),
    /// Simulate services under load in virtual time, with controllers that act, from a model file
    Simulate(simulate::SimulateArgs),
    /// Fit a model of `simulate` to a finished run
    Calibrate(calibrate::CalibrateArgs),
    /// Predict what would become of a run under another load, with other replicas or other controllers
    WhatIf(what_if::WhatIfArgs),
    /// Compare finished runs: what differs, by how much, and how sure that is
    Compare(compare::CompareArgs),
    /// Keep runs under a name, to check later ones against
    Baseline(baseline::BaselineArgs),
    /// Fail when new runs are worse than a baseline
    CheckRegression(check_regression::CheckRegressionArgs),
    /// List all runs of a folder with their headline figures and verdicts
    List(list::ListArgs),
    /// Open a run's report in a browser
    Open(open::OpenArgs),
    /// Write a first experiment for a stack of yours, and prove that its first request is answered
    Init(init::InitArgs),
    /// Check an experiment file and everything it names, and start nothing
    Check(check::CheckArgs),
    /// Explain an error or warning by its code, or list all
    Explain(explain::ExplainArgs),
    /// Say what `up` would create, change and remove, field by field
    #[command(visible_alias = "diff")]
    Plan(plan::PlanArgs),
    /// Write a stack file with proxies and telemetry woven in
    Weave(weave::WeaveArgs),
    /// Deploy a stack and wait until it serves
    Up(up::UpArgs),
    /// Show a stack's services, replicas and last errors
    Status(status::StatusArgs),
    /// Show a stack's tasks: where each runs, since when, and what became of earlier ones
    Ps(ps::PsArgs),
    /// Show what a stack's tasks write
    Logs(logs::LogsArgs),
    /// Change the number of replicas of services
    Scale(scale::ScaleArgs),
    /// Remove a stack and wait until nothing of it is left
    Down(down::DownArgs),
    /// Look at the engine, its Swarm and this machine: what keeps stacks from coming up or from being measured
    Doctor(doctor::DoctorArgs),
    /// Build or list the images that the sample stack needs
    Images(images::ImagesArgs),
    /// Ask any Prometheus for its past, whole, as a table
    Query(Box<query::QueryArgs>),
    /// Make a run folder from what others measured
    Import(import::ImportArgs),
    /// Import scenarios from recordings and descriptions
    Scenario(scenario::ScenarioArgs),
    /// List, show and export load shapes and traces
    Shapes(shapes::ShapesArgs),
    /// List and show catalogues: which metrics are collected, and what they mean
    Catalogues(catalogues::CataloguesArgs),
    /// Run one role of the sample application
    Demo(demo::DemoArgs),
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::path::{Path, PathBuf};

    use clap::CommandFactory;

    #[test]
    fn arguments_are_consistent() {
        super::Cli::command().debug_assert();
    }

    /// Who asks for help wants to see how it is written.
    #[test]
    fn each_subcommand_has_examples() {
        fn look(command: &clap::Command, path: &str) {
            let path = format!("{path} {}", command.get_name());
            let help = command.get_after_help().map(|text| text.to_string()).unwrap_or_default();
            let line = path.trim_start();
            let is_shown =
                |text: &str| text.lines().any(|l| l.trim_start().trim_start_matches("alias ").contains(line));
            assert!(
                help.contains("Example") && (command.has_subcommands() || is_shown(&help)),
                "`{path} --help` has no example of it"
            );
            command.get_subcommands().for_each(|sub| look(sub, &path));
        }
        look(&super::Cli::command(), "");
    }

    #[test]
    fn a_negative_value_is_told_as_one() {
        use clap::Parser;
        for (words, told) in [
            ("swarmlab load URL --rate -5", Some("--rate cannot be -5: it takes no negative value")),
            (
                "swarmlab run e.yml --duration -5s",
                Some("--duration cannot be -5s: it takes no negative value"),
            ),
            ("swarmlab list -5", Some("`-5` is a negative value, and none is taken here")),
            ("swarmlab list --nothing", None),
        ] {
            let words = || words.split(' ').map(str::to_owned);
            let error = super::Cli::try_parse_from(words()).unwrap_err();
            assert_eq!(super::negative(&error, words()).as_deref(), told);
        }
    }

    /// The texts of files below a folder, tests and what was written elsewhere left out.
    fn texts(folder: &Path, endings: &[&str], found: &mut Vec<(PathBuf, String)>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if path.is_dir() {
                if !name.starts_with('.') && !["target", "tests", "corpus"].contains(&name.as_str()) {
                    texts(&path, endings, found);
                }
            } else if endings.iter().any(|ending| name.ends_with(ending)) {
                let text = std::fs::read_to_string(&path).unwrap();
                found.push((path, text));
            }
        }
    }

    /// A message that hints at a command which does not exist helps nobody. Commands stand after a backtick, a bracket,
    /// a colon or at the start of a line: the words before them are no prose then.
    #[test]
    fn each_command_that_a_message_or_document_names_exists() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut found = Vec::new();
        for folder in ["src", "crates", "docs"] {
            texts(&root.join(folder), &[".rs", ".md"], &mut found);
        }
        texts_of_file(&root.join("README.md"), &mut found);
        let command = super::Cli::command();
        let known: Vec<&str> = command.get_subcommands().map(clap::Command::get_name).collect();
        let mut named = 0;
        for (path, text) in &found {
            for (at, _) in text.match_indices("swarmlab ") {
                let before = text[..at].trim_end_matches(' ');
                let is_command = before.is_empty() || before.ends_with(['`', '(', ':', '\n', '"', '$', ';']);
                let word: String =
                    text[at + 9..].chars().take_while(|c| c.is_ascii_lowercase() || *c == '-').collect();
                // A sentence that begins with the program's name, at the start of a line or text.
                let prose = before.is_empty()
                    || before.ends_with(['\n', '"', ':']) && !known.contains(&word.as_str());
                if !is_command || prose || word.is_empty() || word.starts_with('-') {
                    continue;
                }
                let known = known.contains(&word.as_str()) || word == "help";
                assert!(known, "{}: there is no command `swarmlab {word}`", path.display());
                named += 1;
            }
        }
        assert!(named > 150, "only {named} commands were found in messages and documents");
    }

    fn texts_of_file(path: &Path, found: &mut Vec<(PathBuf, String)>) {
        found.push((path.to_owned(), std::fs::read_to_string(path).unwrap()));
    }
}
