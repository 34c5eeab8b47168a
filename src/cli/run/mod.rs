//! `swarmlab run EXPERIMENT.yml`

mod flags;
mod ground;
mod judged;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use clap::Args;
use swarmlab_codes as codes;
use swarmlab_experiment::Loaded;
use swarmlab_lab::{Finished, RunOptions};
use swarmlab_swarm::CancellationToken;

use super::session::Left;
use super::{Global, junit, output, preflight, progress, session, summary};
use crate::exit::Exit;
pub use flags::RunFlags;
pub use ground::Ground;
use judged::{Judged, is_check, judge, told};

/// Arguments of `run`.
#[derive(Debug, Args)]
#[command(after_help = "\
Brings the stack up, warms it, drives it with the experiment's load shape, collects what the containers did, takes the \
stack down, and leaves figures, verdicts and a report in results/<name>-<time>/.

Examples:
  swarmlab run experiments/exercise-swarm.yml
  swarmlab run experiments/quickstart.yml --results /tmp/runs
  swarmlab run my.yml --set WEB_CPUS=2 --duration 20s     a quick look at another setting
  swarmlab run my.yml --with autoscale.web.max=8 --with slo.p95=200ms --seed 43
  swarmlab run my.yml --keep        leave the stack up, to look at it")]
pub struct RunArgs {
    /// Experiment file
    experiment: PathBuf,
    #[command(flatten)]
    options: RunFlags,
}

/// Runs an experiment.
pub fn main(args: &RunArgs, global: &Global) -> Exit {
    session::block_on(|cancel, left| async move {
        run_file(&args.experiment, &args.options, &BTreeMap::new(), global, &cancel, &left).await
    })
}

/// Runs one experiment file; `recorded` answers variables of the stack before the environment does.
pub async fn run_file(
    path: &Path,
    flags: &RunFlags,
    recorded: &BTreeMap<String, String>,
    global: &Global,
    cancel: &CancellationToken,
    left: &Left,
) -> Exit {
    let ground = Ground::look(path, flags, global).await;
    let loaded = match ground.read(path, flags, recorded) {
        Ok(loaded) => loaded,
        Err(d) => {
            ground.remark(&d, global);
            return output::bad_input(&d, global.json);
        }
    };
    match carry_out(loaded, ground, flags, global, cancel, left).await {
        Ok(finished) => conclude(&finished, flags, global),
        Err(exit) => exit,
    }
}

/// Runs an experiment that was read, and tells its warnings first; what keeps it from being run is told, and is an exit code.
pub async fn carry_out(
    loaded: Loaded,
    ground: Ground,
    flags: &RunFlags,
    global: &Global,
    cancel: &CancellationToken,
    left: &Left,
) -> Result<Finished, Exit> {
    let Loaded { experiment, warnings } = loaded;
    let shares_machine = ground.shares_machine;
    let (kind, reason) = ground.chosen.map_err(|e| super::swarm::swarm_failed(e, global))?;
    for w in warnings.iter() {
        output::warning(w, global.json);
    }
    if let Some(exit) = preflight::refused(&experiment, Some(kind), global) {
        return Err(exit);
    }
    let binary = std::env::current_exe().map_err(|e| {
        let why = format!("this program's own file is unknown: {e}");
        output::fail(&why, None, global.json, codes::OWN_FILE)
    })?;
    let options = RunOptions {
        results: flags.results.clone(),
        stack_name: super::up::stack_name(flags.name.as_deref(), &experiment.stack_path),
        keep: flags.keep,
        wait: flags.wait,
        binary,
        engine: global.engine.clone(),
        no_scaling: flags.no_scaling,
        shares_machine,
    };
    let watcher = progress::watcher(global.json);
    let set_left = |what| left.set(what);
    let finished =
        swarmlab_lab::run(&experiment, (kind, &reason), &options, cancel, &set_left, watcher).await;
    let finished = finished.map_err(|e| output::fail(&e, e.help().as_deref(), global.json, e.code()))?;
    for u in finished.unheard.iter().filter(|u| u.lost > 0) {
        tell!("{} did not keep up: {} of its messages are lost", u.sink, u.lost);
    }
    Ok(finished)
}

/// Prints what a run came to.
pub fn conclude(finished: &Finished, flags: &RunFlags, global: &Global) -> Exit {
    if let Some(s) = &finished.summary {
        summary::print(s, &finished.folder, global.json);
        if let Some(path) = &flags.junit
            && let Err(e) = junit::write(path, &s.name, &junit::of_run(s))
        {
            let why = format!("--junit {}: {e}", path.display());
            return output::fail(&why, None, global.json, codes::OUTPUT_FILE);
        }
    }
    if let Some(e) = &finished.failure {
        return output::fail(e, e.help().as_deref(), global.json, e.code());
    }
    if finished.summary.as_ref().is_some_and(|s| s.counts.sent == Some(0)) {
        let help = "a longer load, or a shape whose level reaches a user, or a request per second";
        return output::fail(&"no request was sent", Some(help), global.json, codes::NOTHING_DUE);
    }
    if finished.summary.as_ref().is_some_and(|s| s.counts.completed == 0) {
        let help = "is the address right, and does anything listen there? The report says how requests ended";
        return output::fail(&"no request was answered", Some(help), global.json, codes::NO_ANSWER);
    }
    let verdicts = finished.summary.as_ref().map_or(&[][..], |s| &s.verdicts);
    match judge(verdicts, flags.require_valid) {
        Judged::Fine => Exit::Success,
        Judged::NotValid => {
            let why = format!("{}, and --require-valid was given", told(verdicts, |_| true));
            output::fail(&why, None, global.json, codes::NOT_VALID)
        }
        Judged::Missed => {
            let why = told(verdicts, |v| v.is_objective() || is_check(v));
            output::fail(&why, None, global.json, codes::OBJECTIVE_MISSED)
        }
    }
}
