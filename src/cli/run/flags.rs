//! Options of a run, on this command line or on one that was kept.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser};
use swarmlab_experiment::{Level, Overrides, TestbedChoice, With};
use swarmlab_record::topology::Bed as Kind;

/// Flags that `run` and `quickstart` share.
#[derive(Debug, Args)]
pub struct RunFlags {
    /// Folder for results
    #[arg(long, default_value = "results")]
    pub(super) results: PathBuf,
    /// Name of the stack on the Swarm (default: the stack file's name)
    #[arg(long)]
    pub(super) name: Option<String>,
    /// Leave the stack up afterwards (Swarm only)
    #[arg(long)]
    pub(super) keep: bool,
    /// Let controllers (`autoscale`) decide, and do nothing on it: a dry run of them
    #[arg(long)]
    pub(super) no_scaling: bool,
    /// How long the stack may take to become ready
    #[arg(long, default_value = "120s", value_parser = swarmlab_yaml::parse_duration)]
    pub(super) wait: Duration,
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
    pub(super) testbed: Option<TestbedFlag>,
    /// Fail (exit code 6) unless every verdict on the figures passes or merely warns: one that is not judged fails, too; a missed objective is exit code 7
    /// in any case
    #[arg(long)]
    pub(super) require_valid: bool,
    /// Verdicts as a JUnit file
    #[arg(long, value_name = "FILE")]
    pub(super) junit: Option<PathBuf>,
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
    /// From words of a command line as runs record them: an option and its value are one (`--duration 5s`).
    ///
    /// # Errors
    /// Words that `run` does not take.
    pub fn from_words<'a>(words: impl IntoIterator<Item = &'a str>) -> Result<Self, clap::Error> {
        let parts = words.into_iter().flat_map(|word| word.splitn(2, ' '));
        Words::try_parse_from(parts).map(|words| words.flags)
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

    /// What they change of the experiment.
    pub(in crate::cli) fn overrides(&self) -> Overrides {
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
