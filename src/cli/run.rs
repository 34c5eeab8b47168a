//! `swarmlab run EXPERIMENT.yml`

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::{Args, Parser};
use swarmlab_codes as codes;
use swarmlab_swarm::{CancellationToken, SwarmError};
use swarmlab_yaml::Diagnostics;

use super::session::Left;
use super::{Global, junit, output, preflight, progress, session, summary};
use crate::exit::Exit;
use crate::variables::{self, Answers};
use swarmlab_experiment::{self as experiment, Level, Loaded, Overrides, TestbedChoice, With};
use swarmlab_lab::{Finished, RunOptions, choose_testbed};
use swarmlab_record::summary::{Status, Verdict};
use swarmlab_record::topology::Bed as Kind;

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
    /// Let controllers (`autoscale`) decide, and do nothing on it: a dry run of them
    #[arg(long)]
    no_scaling: bool,
    /// How long the stack may take to become ready
    #[arg(long, default_value = "120s", value_parser = swarmlab_yaml::parse_duration)]
    wait: Duration,
    /// Set a variable of the stack file, whatever the experiment says; may be given more than once
    #[arg(long, value_name = "NAME=VALUE", value_parser = variable)]
    set: Vec<(String, String)>,
    /// Set a key of the experiment, whatever stands in the file: `load.shape=other.yml`, `autoscale.web.max=8`; may be
    /// given more than once
    #[arg(long, value_name = "KEY=VALUE", value_parser = With::parse)]
    with: Vec<With>,
    /// Seed of everything random, instead of the experiment's
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(0..=i64::MAX as u64))]
    seed: Option<u64>,
    /// Length of the load: the shape is stretched or pressed to it
    #[arg(short, long, value_name = "DURATION", value_parser = swarmlab_yaml::parse_duration)]
    duration: Option<Duration>,
    /// A constant rate instead of the shape, requests per second (open loop)
    #[arg(long, value_name = "R", conflicts_with = "users")]
    rate: Option<f64>,
    /// A constant number of users instead of the shape (closed loop)
    #[arg(long, value_name = "N")]
    users: Option<u32>,
    /// Testbed to use, whatever the experiment says
    #[arg(long, value_enum)]
    testbed: Option<TestbedFlag>,
    /// Fail (exit code 6) unless every verdict on the figures passes or merely warns: one that is not judged fails, too; a missed objective is exit code 7
    /// in any case
    #[arg(long)]
    require_valid: bool,
    /// Verdicts as a JUnit file
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
}

/// `--testbed`.
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
pub enum TestbedFlag {
    /// Docker Swarm.
    Swarm,
    /// Child processes of this command.
    Embedded,
    /// Virtual time: the services of the experiment's model (`simulation`).
    Simulated,
    /// Swarm if an engine answers, else embedded.
    Auto,
}

impl From<TestbedFlag> for TestbedChoice {
    fn from(f: TestbedFlag) -> Self {
        match f {
            TestbedFlag::Swarm => Self::Swarm,
            TestbedFlag::Embedded => Self::Embedded,
            TestbedFlag::Simulated => Self::Simulated,
            TestbedFlag::Auto => Self::Auto,
        }
    }
}

/// Flags as they stood on another command line.
#[derive(Debug, Parser)]
#[command(no_binary_name = true)]
struct Words {
    #[command(flatten)]
    flags: RunFlags,
}

impl RunFlags {
    /// From words of a command line.
    ///
    /// # Errors
    /// Words that `run` does not take.
    pub fn from_words<'a>(words: impl IntoIterator<Item = &'a str>) -> Result<Self, clap::Error> {
        Words::try_parse_from(words).map(|words| words.flags)
    }

    /// With the results in that folder, and services given that long to become ready.
    pub fn into_folder(mut self, results: PathBuf, wait: Duration) -> Self {
        (self.results, self.wait) = (results, wait);
        self
    }

    /// These, and what they leave open as `before` has it.
    pub fn over(mut self, before: Self) -> Self {
        let mut set = before.set;
        set.append(&mut self.set);
        self.set = set;
        let mut with = before.with;
        with.append(&mut self.with);
        self.with = with;
        self.seed = self.seed.or(before.seed);
        self.duration = self.duration.or(before.duration);
        self.no_scaling |= before.no_scaling;
        if self.rate.is_none() && self.users.is_none() {
            (self.rate, self.users) = (before.rate, before.users);
        }
        self
    }

    /// Whether these set a variable.
    pub fn sets(&self, name: &str) -> bool {
        self.set.iter().any(|(set, _)| set == name)
    }

    /// On the testbed of then, if these name none.
    pub fn on(mut self, testbed: Option<Kind>) -> Self {
        self.testbed = self.testbed.or(testbed.map(|kind| match kind {
            Kind::Swarm => TestbedFlag::Swarm,
            Kind::Embedded => TestbedFlag::Embedded,
            Kind::Simulated => TestbedFlag::Simulated,
        }));
        self
    }

    fn overrides(&self) -> Overrides {
        Overrides {
            testbed: None,
            set: self.set.iter().cloned().collect(),
            duration: self.duration,
            level: self.rate.map(Level::Rate).or(self.users.map(Level::Users)),
            with: self.with.clone(),
            seed: self.seed,
        }
    }
}

/// `NAME=VALUE`
fn variable(text: &str) -> Result<(String, String), String> {
    let plain = |name: &str| !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    match text.split_once('=') {
        Some((name, value)) if plain(name) => Ok((name.to_owned(), value.to_owned())),
        _ => Err("expected NAME=VALUE".to_owned()),
    }
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

/// What an experiment is read with, and where it runs. An engine's local images are variables of the stack file, so the
/// engine is asked before the files are read; but what is wrong with the files is said first.
pub struct Ground {
    choice: TestbedChoice,
    chosen: Result<(Kind, String), SwarmError>,
    answers: Answers,
    /// An engine behind a socket file runs here.
    shares_machine: bool,
}

impl Ground {
    /// Asks the engine, unless the experiment asks for none.
    pub async fn look(path: &Path, flags: &RunFlags, global: &Global) -> Self {
        let choice = flags
            .testbed
            .map(Into::into)
            .or_else(|| experiment::peek_testbed(path, &flags.overrides()))
            .unwrap_or(TestbedChoice::Auto);
        let engine = match choice {
            TestbedChoice::Embedded | TestbedChoice::Simulated => None,
            TestbedChoice::Swarm | TestbedChoice::Auto => {
                Some(swarmlab_swarm::connect(global.engine.as_deref()).await)
            }
        };
        let answers = match &engine {
            Some(Ok(engine)) => variables::for_engine(engine).await,
            _ => Answers::default(),
        };
        let shares_machine = match &engine {
            Some(Ok(e)) => e.info().address.starts_with("unix://") && e.is_only_node(),
            _ => true,
        };
        let what = match engine {
            None => Ok(String::new()),
            Some(e) => e.map(|e| format!("Docker {} at {}", e.info().version, e.info().address)),
        };
        Self { choice, chosen: choose_testbed(choice, what), answers, shares_machine }
    }

    /// Where it runs, if that is known.
    pub fn bed(&self) -> Option<Kind> {
        self.chosen.as_ref().ok().map(|(kind, _)| *kind)
    }

    /// Reads the experiment; what it may ask for depends on where it takes place.
    pub fn read(
        &self,
        path: &Path,
        flags: &RunFlags,
        recorded: &BTreeMap<String, String>,
    ) -> Result<Loaded, Diagnostics> {
        let answer = |v: &str| recorded.get(v).cloned().or_else(|| self.answers.answer(v));
        let decided = match &self.chosen {
            Ok((Kind::Swarm, _)) => TestbedChoice::Swarm,
            Ok((Kind::Embedded, _)) => TestbedChoice::Embedded,
            Ok((Kind::Simulated, _)) => TestbedChoice::Simulated,
            Err(_) => self.choice,
        };
        experiment::read_with(path, &answer, &Overrides { testbed: Some(decided), ..flags.overrides() })
    }

    /// What helps to understand findings that depend on the testbed, where the file does not say which it is.
    fn remark(&self, findings: &Diagnostics, global: &Global) {
        let is_of_bed =
            findings.iter().any(|f| [codes::NO_SUCH_METRIC, codes::CANNOT_LIMIT].contains(&f.code));
        if let (TestbedChoice::Auto, Ok((Kind::Embedded, reason)), true) =
            (self.choice, &self.chosen, is_of_bed)
        {
            output::remark(&format!("`testbed: auto` is the embedded one here ({reason})"), global.json);
        }
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
fn conclude(finished: &Finished, flags: &RunFlags, global: &Global) -> Exit {
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
    if finished.summary.as_ref().is_some_and(|s| s.counts.sent == 0) {
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

/// What a whole run's verdicts say to whoever started it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Judged {
    /// Nothing that ends a command.
    Fine,
    /// The figures are not valid.
    NotValid,
    /// The figures may be valid, and an objective is missed.
    Missed,
}

/// Validity goes first: figures that are not valid cannot say that an objective is missed.
fn judge(verdicts: &[Verdict], require_valid: bool) -> Judged {
    let failed =
        |objective| verdicts.iter().any(|v| v.status == Status::Fail && v.is_objective() == objective);
    // Who demands proof is not served by a check that could not be made.
    let unproven = || verdicts.iter().any(|v| v.status == Status::NotJudged);
    // A threshold that nothing could be compared with is not kept: a slip in its name must not pass for ever.
    let unkept = || verdicts.iter().any(|v| v.status == Status::NotJudged && is_check(v));
    if require_valid && (failed(false) || unproven()) {
        Judged::NotValid
    } else if failed(true) || unkept() {
        Judged::Missed
    } else {
        Judged::Fine
    }
}

/// Whether a verdict is one of the experiment's `checks`.
fn is_check(verdict: &Verdict) -> bool {
    verdict.code.starts_with("check-")
}

/// Which of these verdicts failed and which could not be judged: two things.
fn told(verdicts: &[Verdict], of: impl Fn(&Verdict) -> bool) -> String {
    let those = |status| {
        let these = verdicts.iter().filter(|v| v.status == status && of(v));
        these.map(|v| format!("{} ({})", v.code, v.title)).collect::<Vec<_>>().join(", ")
    };
    let parts = [("failed", those(Status::Fail)), ("could not be judged", those(Status::NotJudged))];
    let parts = parts.iter().filter(|(_, names)| !names.is_empty());
    parts.map(|(word, names)| format!("{word}: {names}")).collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn validity_and_objectives_are_told_apart_and_validity_goes_first() {
        let verdict = |code: &str, status| Verdict {
            code: code.to_owned(),
            status,
            title: String::new(),
            explanation: String::new(),
            figures: Vec::new(),
            because: Vec::new(),
        };
        let wrong = || verdict("counts-agree", Status::Fail);
        let missed = || verdict("slo-p95", Status::Fail);
        let fine = || verdict("slo-errors", Status::Pass);
        for (verdicts, require_valid, expected) in [
            (vec![fine(), verdict("generator-valid", Status::Warn)], true, Judged::Fine),
            (vec![wrong(), fine()], false, Judged::Fine),
            (vec![wrong(), fine()], true, Judged::NotValid),
            (vec![verdict("littles-law", Status::NotJudged)], true, Judged::NotValid),
            (vec![verdict("littles-law", Status::NotJudged)], false, Judged::Fine),
            (vec![missed()], false, Judged::Missed),
            (vec![missed()], true, Judged::Missed),
            (vec![missed(), wrong()], false, Judged::Missed),
            (vec![missed(), wrong()], true, Judged::NotValid),
        ] {
            assert_eq!(judge(&verdicts, require_valid), expected, "{verdicts:?}");
        }
        // What could not be judged is not told as a failure.
        let unjudged = || verdict("check-1", Status::NotJudged);
        for (verdicts, expected) in [
            (vec![unjudged(), fine()], "could not be judged: check-1 ()"),
            (vec![missed(), unjudged()], "failed: slo-p95 (); could not be judged: check-1 ()"),
        ] {
            assert_eq!(judge(&verdicts, false), Judged::Missed);
            assert_eq!(told(&verdicts, |v| v.is_objective() || is_check(v)), expected);
        }
    }
}
