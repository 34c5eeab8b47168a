//! The trials of a campaign, one after the other.

use std::collections::BTreeMap;

use serde_json::json;
use swarmlab_campaign::Trial;
use swarmlab_campaign::ledger::{Attempt, LedgerError, Outcome, attempts};
use swarmlab_campaign::progress::{Next, Progress, next};
use swarmlab_codes as codes;
use swarmlab_experiment::Loaded;
use swarmlab_present::recompute;
use swarmlab_record::folder::RunFolder;
use swarmlab_swarm::CancellationToken;
use swarmlab_yaml::Diagnostics;

use super::super::run::{Ground, carry_out};
use super::super::session::Left;
use super::super::{Global, output};
use super::place;
use super::ready::Ready;
use super::words;
use crate::exit::Exit;

/// What became of all trials' runs so far.
pub struct Ledger<'a> {
    ready: &'a Ready,
    /// By trial, in their order.
    pub attempts: Vec<Vec<Attempt>>,
}

impl<'a> Ledger<'a> {
    /// Reads it off the folders; nothing is changed.
    pub fn read(ready: &'a Ready) -> Result<Self, LedgerError> {
        let attempts = ready.trials().map(|trial| of_trial(ready, trial)).collect::<Result<_, _>>()?;
        Ok(Self { ready, attempts })
    }

    /// How each trial stands, and whether what was to be known is known.
    pub fn progress(&self) -> Progress {
        Progress::of(&self.ready.recorded, &self.attempts)
    }

    /// Computes what a kill left without figures, and reads that trial again.
    fn settle(&mut self, at: usize, trial: &Trial) -> Result<(), Trouble> {
        for attempt in &self.attempts[at] {
            if attempt.outcome == Outcome::Unanalysed {
                recompute::analyse(&RunFolder::open(&attempt.folder)).map_err(Trouble::Analysis)?;
            }
        }
        self.attempts[at] = of_trial(self.ready, trial).map_err(Trouble::Ledger)?;
        Ok(())
    }
}

fn of_trial(ready: &Ready, trial: &Trial) -> Result<Vec<Attempt>, LedgerError> {
    attempts(&ready.folder.join(trial.folder()), &ready.recorded.expected(trial))
}

/// Why runs cannot be counted.
enum Trouble {
    Ledger(LedgerError),
    Analysis(recompute::RecomputeError),
}

impl Trouble {
    fn tell(&self, global: &Global) -> Exit {
        let help = "move that folder elsewhere: its trial is then run again";
        match self {
            Self::Ledger(e) => output::fail(e, Some(help), global.json, e.code()),
            Self::Analysis(e) => output::fail(e, Some(help), global.json, e.code()),
        }
    }
}

/// Runs what is left to be run.
pub async fn work(ready: &Ready, global: &Global, cancel: &CancellationToken, left: &Left) -> Exit {
    match trials(ready, global, cancel, left).await {
        Ok(exit) | Err(exit) => exit,
    }
}

async fn trials(
    ready: &Ready,
    global: &Global,
    cancel: &CancellationToken,
    left: &Left,
) -> Result<Exit, Exit> {
    let _held = place::take(ready, global)?;
    let trials: Vec<Trial> = ready.trials().copied().collect();
    let mut ledger = Ledger::read(ready).map_err(|e| Trouble::Ledger(e).tell(global))?;
    for (at, trial) in trials.iter().enumerate() {
        ledger.settle(at, trial).map_err(|e| e.tell(global))?;
    }
    words::begins(ready, &ledger, global);
    loop {
        let progress = ledger.progress();
        unknown_figure(ready, &progress).map_or(Ok(()), |why| {
            let help = format!(
                "its keys stand in `figures` of the summary.json of any run in {}",
                ready.folder.display()
            );
            Err(output::fail(&why, Some(&help), global.json, codes::NO_FIGURE))
        })?;
        let (at, trial) = match next(&progress.standings) {
            Next::Run(at) => (at, trials[at]),
            Next::Nothing => return Ok(words::ends(ready, &ledger, false, global)),
            Next::Hopeless => return Ok(words::ends(ready, &ledger, true, global)),
        };
        words::trial_begins(ready, &ledger, &trial, global);
        let before = ledger.attempts[at].len();
        one(ready, &trial, global, cancel, left).await?;
        ledger.settle(at, &trial).map_err(|e| e.tell(global))?;
        if cancel.is_cancelled() {
            return Ok(words::interrupted(ready, &ledger, global));
        }
        let new = &ledger.attempts[at][before..];
        if let Some(attempt) = new.last().filter(|a| a.outcome != Outcome::Cut) {
            words::trial_ended(ready, &trial, attempt, &ledger.attempts[at], global);
        } else {
            // Neither a sample nor a failure: it would be run for ever.
            let why = format!("the run of trial {} ended and its folder does not say how", trial.number);
            return Err(output::fail(&why, None, global.json, codes::RUN_IO));
        }
    }
}

/// A figure of `until` that nobody knows after the first block: no later block would be the last one.
fn unknown_figure(ready: &Ready, progress: &Progress) -> Option<String> {
    let first = progress.blocks.first()?;
    let is_known = |at: usize| first.iter().any(|(_, sample)| sample.get(at).is_some_and(Option::is_some));
    let has_samples = first.iter().any(|(_, sample)| !sample.is_empty());
    let (_, until) = ready.campaign.until.iter().enumerate().find(|(at, _)| has_samples && !is_known(*at))?;
    Some(format!("`until` looks at `{}`, and no run of the first block knows it", until.figure))
}

/// Runs a trial once. What keeps it from being run at all ends the campaign: the next would fare no better.
async fn one(
    ready: &Ready,
    trial: &Trial,
    global: &Global,
    cancel: &CancellationToken,
    left: &Left,
) -> Result<(), Exit> {
    // Hours may lie between two trials, and an editor is open.
    place::unchanged(ready, global)?;
    let flags = ready.flags(trial, global)?;
    let path = &ready.campaign.experiment;
    let ground = Ground::look(path, &flags, global).await;
    let loaded = ground
        .read(path, &flags, &BTreeMap::new())
        .map_err(|findings| output::bad_input(&findings, global.json))?;
    // Its warnings were told before the first trial.
    let mut loaded = Loaded { warnings: Diagnostics::default(), ..loaded };
    // A load that is ended because it went badly is no sample, and without the bad ones the rest is better than the truth.
    loaded.experiment.checks.iter_mut().for_each(|threshold| threshold.abort_after_s = None);
    let finished = carry_out(loaded, ground, &flags, global, cancel, left).await?;
    if global.json {
        let folder = finished.folder.root();
        output::line(
            &json!({"event": "run_ended", "trial": trial.number, "folder": folder.display().to_string()}),
        );
    }
    Ok(())
}
