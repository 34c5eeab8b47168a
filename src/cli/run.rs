//! `swarmlab run EXPERIMENT.yml`

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use swarmlab_swarm::{CancellationToken, SwarmError};

use super::session::Left;
use super::{Global, output, progress, session, summary};
use crate::exit::{Exit, run_exit};
use crate::variables::{self, Answers};
use swarmlab_experiment::{self as experiment, Loaded, TestbedChoice};
use swarmlab_lab::{RunOptions, choose_testbed};
use swarmlab_record::summary::Status;

/// Arguments of `run`.
#[derive(Debug, Args)]
#[command(after_help = "\
Brings the stack up, warms it, drives it with the experiment's load shape, collects what the containers did, takes the
stack down, and leaves figures, verdicts and a report in results/<name>-<time>/.

Examples:
  swarmlab run experiments/exercise-swarm.yml
  swarmlab run experiments/quickstart.yml --results /tmp/runs
  swarmlab run my.yml --keep        leave the stack up, to look at it")]
pub struct RunArgs {
    /// Experiment file
    experiment: PathBuf,
    #[command(flatten)]
    options: RunFlags,
}

/// Flags that `run` and `quickstart` share.
#[derive(Debug, Args)]
pub struct RunFlags {
    /// Folder for results
    #[arg(long, default_value = "results")]
    results: PathBuf,
    /// Name of the stack on the Swarm (default: the stack file's name)
    #[arg(long)]
    name: Option<String>,
    /// Leave the stack up afterwards (Swarm only)
    #[arg(long)]
    keep: bool,
    /// How long the stack may take to become ready
    #[arg(long, default_value = "120s", value_parser = swarmlab_yaml::parse_duration)]
    wait: Duration,
    /// Testbed to use, whatever the experiment says
    #[arg(long, value_enum)]
    testbed: Option<TestbedFlag>,
    /// Fail (exit code 6) unless every verdict passes or merely warns
    #[arg(long)]
    require_valid: bool,
}

/// `--testbed`.
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
pub enum TestbedFlag {
    /// Docker Swarm.
    Swarm,
    /// Child processes of this command.
    Embedded,
    /// Swarm if an engine answers, else embedded.
    Auto,
}

impl From<TestbedFlag> for TestbedChoice {
    fn from(f: TestbedFlag) -> Self {
        match f {
            TestbedFlag::Swarm => Self::Swarm,
            TestbedFlag::Embedded => Self::Embedded,
            TestbedFlag::Auto => Self::Auto,
        }
    }
}

/// Runs an experiment.
pub fn main(args: &RunArgs, global: &Global) -> Exit {
    session::block_on(|cancel, left| async move {
        run_file(&args.experiment, &args.options, global, &cancel, &left).await
    })
}

/// Runs one experiment file.
pub async fn run_file(
    path: &Path,
    flags: &RunFlags,
    global: &Global,
    cancel: &CancellationToken,
    left: &Left,
) -> Exit {
    // An engine's local images are variables of the stack file, so the engine is asked before the files are read; but
    // what is wrong with the files is said first.
    let choice = flags
        .testbed
        .map(Into::into)
        .or_else(|| experiment::peek_testbed(path))
        .unwrap_or(TestbedChoice::Auto);
    let engine = match choice {
        TestbedChoice::Embedded => None,
        _ => Some(swarmlab_swarm::connect(global.engine.as_deref()).await),
    };
    let answers = match &engine {
        Some(Ok(engine)) => variables::for_engine(engine).await,
        _ => Answers::default(),
    };
    let Loaded { experiment, warnings } = match experiment::read(path, &|v| answers.answer(v)) {
        Ok(l) => l,
        Err(d) => return output::bad_input(&d, global.json),
    };
    let what = match engine {
        None => Ok(String::new()),
        Some(e) => e.map(|e| format!("Docker {} at {}", e.info().version, e.info().address)),
    };
    let (kind, reason) = match choose_testbed::<SwarmError>(choice, what) {
        Ok(chosen) => chosen,
        Err(e) => return super::swarm::swarm_failed(e, global),
    };
    for w in warnings.iter() {
        output::warning(w, global.json);
    }
    let binary = match std::env::current_exe() {
        Ok(b) => b,
        Err(e) => {
            return output::fail(
                &format!("this program's own file is unknown: {e}"),
                None,
                global.json,
                Exit::Failure,
            );
        }
    };
    let options = RunOptions {
        results: flags.results.clone(),
        stack_name: super::up::stack_name(flags.name.as_deref(), &experiment.stack_path),
        keep: flags.keep,
        wait: flags.wait,
        binary,
        engine: global.engine.clone(),
    };
    let watcher = progress::watcher(global.json);
    let set_left = |what| left.set(what);
    let finished =
        swarmlab_lab::run(&experiment, (kind, &reason), &options, cancel, &set_left, watcher).await;
    let finished = match finished {
        Ok(f) => f,
        Err(e) => return output::fail(&e, e.help().as_deref(), global.json, run_exit(&e)),
    };
    for u in finished.unheard.iter().filter(|u| u.lost > 0) {
        eprintln!("{} did not keep up: {} of its messages are lost", u.sink, u.lost);
    }
    if let Some(s) = &finished.summary {
        summary::print(s, &finished.folder, global.json);
    }
    if let Some(e) = &finished.failure {
        return output::fail(e, e.help().as_deref(), global.json, run_exit(e));
    }
    let failed = finished.summary.as_ref().is_some_and(|s| s.worst() == Status::Fail);
    if flags.require_valid && failed {
        return output::fail(
            &"a verdict failed, and --require-valid was given",
            None,
            global.json,
            Exit::Invalid,
        );
    }
    Exit::Success
}
