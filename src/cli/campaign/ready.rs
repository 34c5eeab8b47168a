//! A campaign of which every variant was read as an experiment, before anything starts.

use std::path::PathBuf;
use std::time::Duration;

use swarmlab_campaign::folder::Recorded;
use swarmlab_campaign::{Campaign, Trial, Variant};
use swarmlab_experiment::Loaded;
use swarmlab_yaml::Diagnostics;

use super::super::run::{Ground, RunFlags};
use super::super::{Global, output, preflight};
use crate::exit::Exit;

/// What can be run.
pub struct Ready {
    /// The campaign.
    pub campaign: Campaign,
    /// As it is written down.
    pub recorded: Recorded,
    /// Its folder.
    pub folder: PathBuf,
    /// Load and warm-up of each variant, seconds.
    pub load_s: Vec<f64>,
    /// Variables as the first variant has them: files may be named with them.
    pub variables: std::collections::BTreeMap<String, String>,
    wait: Duration,
}

impl Ready {
    /// Reads each variant; what is wrong with any of them is told, all at once.
    pub async fn check(
        campaign: Campaign,
        folder: PathBuf,
        wait: Duration,
        global: &Global,
    ) -> Result<Self, Exit> {
        let (mut load_s, mut findings) = (Vec::new(), Vec::new());
        let (mut variables, mut text) = (None, String::new());
        for variant in &campaign.variants {
            let flags = flags(&campaign.overrides(variant, None).words(), global)?;
            let ground = Ground::look(&campaign.experiment, &flags, global).await;
            match ground.read(&campaign.experiment, &flags, &Default::default()) {
                Err(wrong) => findings.push(wrong.into_vec()),
                Ok(Loaded { experiment, warnings }) => {
                    if let Some(exit) = preflight::refused(&experiment, ground.bed(), global) {
                        return Err(exit);
                    }
                    let warm_up_s =
                        experiment.load.warm_up.as_ref().map_or(0.0, |w| w.duration.as_secs_f64());
                    load_s.push(experiment.load.shape.duration_s() + warm_up_s);
                    findings.push(warnings.into_vec());
                    text.clone_from(&experiment.text);
                    variables.get_or_insert_with(|| {
                        experiment.environment.into_iter().chain(experiment.variables).collect()
                    });
                }
            }
        }
        let findings: Diagnostics = campaign.refused(&findings);
        if findings.has_errors() {
            return Err(output::bad_input(&findings, global.json));
        }
        for warning in findings.iter() {
            output::warning(warning, global.json);
        }
        let recorded = Recorded::of(&campaign, &text);
        Ok(Self { recorded, folder, load_s, variables: variables.unwrap_or_default(), wait, campaign })
    }

    /// The options of a trial's run.
    pub fn flags(&self, trial: &Trial, global: &Global) -> Result<RunFlags, Exit> {
        let flags = flags(&self.recorded.expected(trial).words, global)?;
        Ok(flags.into_folder(self.folder.join(trial.folder()), self.wait))
    }

    /// The variant of a trial.
    pub fn variant(&self, trial: &Trial) -> &Variant {
        &self.campaign.variants[trial.variant]
    }

    /// All trials in their order.
    pub fn trials(&self) -> impl Iterator<Item = &Trial> {
        self.recorded.trials.iter().map(|t| &t.trial)
    }
}

fn flags(words: &[String], global: &Global) -> Result<RunFlags, Exit> {
    RunFlags::from_words(words.iter().map(String::as_str)).map_err(|e| {
        let why = format!("what a level sets is no option of `run`: {}", e.render());
        output::fail(&why.trim_end(), None, global.json, swarmlab_codes::BAD_ARGUMENTS)
    })
}
