//! Where a run takes place, and what its files are read with.

use std::collections::BTreeMap;
use std::path::Path;

use swarmlab_codes as codes;
use swarmlab_experiment::{self as experiment, Loaded, Overrides, TestbedChoice};
use swarmlab_lab::choose_testbed;
use swarmlab_record::topology::Bed as Kind;
use swarmlab_swarm::SwarmError;
use swarmlab_yaml::Diagnostics;

use super::super::{Global, output};
use super::RunFlags;
use crate::variables::{self, Answers};

/// What an experiment is read with, and where it runs. An engine's local images are variables of the stack file, so the
/// engine is asked before the files are read; but what is wrong with the files is said first.
pub struct Ground {
    choice: TestbedChoice,
    pub(super) chosen: Result<(Kind, String), SwarmError>,
    answers: Answers,
    /// An engine behind a socket file runs here.
    pub(super) shares_machine: bool,
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
    pub(super) fn remark(&self, findings: &Diagnostics, global: &Global) {
        let is_of_bed =
            findings.iter().any(|f| [codes::NO_SUCH_METRIC, codes::CANNOT_LIMIT].contains(&f.code));
        if let (TestbedChoice::Auto, Ok((Kind::Embedded, reason)), true) =
            (self.choice, &self.chosen, is_of_bed)
        {
            output::remark(&format!("`testbed: auto` is the embedded one here ({reason})"), global.json);
        }
    }
}
