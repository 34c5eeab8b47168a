//! Runs of a campaign's folder, for `compare`: its variants by their names, and which runs belong together.

use std::collections::BTreeSet;
use std::path::Path;

use swarmlab_campaign::folder::{FolderError, Recorded, record};
use swarmlab_campaign::ledger::{LedgerError, attempts};
use swarmlab_campaign::progress::{Progress, Standing, sample};
use swarmlab_compare::Run;
use swarmlab_compare::variants::Variant;
use swarmlab_compare::words::plural;

use super::comparing::{Refusal, read};

/// A campaign's variants.
pub struct Campaigned {
    /// Its variants, those without a run left out.
    pub variants: Vec<Variant>,
    /// The block of each run of each variant.
    blocks: Vec<Vec<usize>>,
    /// What a reader must know, sentences.
    pub remarks: Vec<String>,
}

impl From<FolderError> for Refusal {
    fn from(e: FolderError) -> Self {
        Self { message: e.to_string(), help: None, code: e.code() }
    }
}

impl From<LedgerError> for Refusal {
    fn from(e: LedgerError) -> Self {
        let help = Some("move that folder elsewhere, or name the runs one by one".to_owned());
        Self { message: e.to_string(), help, code: e.code() }
    }
}

/// Whether a folder is a campaign's.
pub fn is_campaign(folder: &Path) -> bool {
    record(folder).is_file()
}

impl Campaigned {
    /// The runs of a campaign that count.
    pub fn read(folder: &Path) -> Result<Self, Refusal> {
        let recorded = Recorded::read(folder)?.ok_or_else(|| Refusal {
            message: format!("{} is no campaign's folder", folder.display()),
            help: None,
            code: swarmlab_codes::OTHER_CAMPAIGN,
        })?;
        let mut out = Self { variants: Vec::new(), blocks: Vec::new(), remarks: Vec::new() };
        let all =
            recorded.trials.iter().map(|t| attempts(&folder.join(&t.folder), &recorded.expected(&t.trial)));
        let all = all.collect::<Result<Vec<_>, _>>()?;
        let standings = Progress::of(&recorded, &all).standings;
        let trials: Vec<_> = recorded.trials.iter().zip(&all).zip(standings).collect();
        let mut lacking = 0;
        for (at, variant) in recorded.variants.iter().enumerate() {
            let (mut runs, mut blocks): (Vec<Run>, Vec<usize>) = Default::default();
            for ((trial, attempts), standing) in trials.iter().filter(|((t, _), _)| t.trial.variant == at) {
                match sample(attempts) {
                    Some(attempt) => {
                        runs.append(&mut read(std::slice::from_ref(&attempt.folder))?);
                        blocks.push(trial.trial.block);
                    }
                    None => lacking += usize::from(*standing != Standing::Spared),
                }
            }
            if !runs.is_empty() {
                out.variants.push(Variant { name: variant.name.clone(), runs });
                out.blocks.push(blocks);
            }
        }
        if lacking > 0 {
            let of = recorded.trials.len();
            out.remarks.push(format!(
                "{lacking} of {of} trials of {} have no run that counts: the campaign is not done, or they were given up.",
                folder.display()
            ));
        }
        Ok(out)
    }

    /// Blocks in which every variant has a run.
    fn whole(&self) -> BTreeSet<usize> {
        let all = |block: &usize| self.blocks.iter().all(|blocks| blocks.contains(block));
        self.blocks.first().into_iter().flatten().copied().filter(all).collect()
    }

    /// How many pairs there are.
    pub fn pairs(&self) -> usize {
        self.whole().len()
    }

    /// The runs of whole blocks alone, so that the n-th run of each variant is of the same block.
    pub fn in_pairs(mut self) -> Self {
        let whole = self.whole();
        let mut dropped = 0;
        for (variant, blocks) in self.variants.iter_mut().zip(&mut self.blocks) {
            let mut keep = blocks.iter().map(|block| whole.contains(block));
            let before = variant.runs.len();
            variant.runs.retain(|_| keep.next().unwrap_or(false));
            dropped += before - variant.runs.len();
            blocks.retain(|block| whole.contains(block));
        }
        if dropped > 0 {
            self.remarks
                .push(format!("Pairs need whole blocks: {} of others left out.", plural(dropped, "run")));
        }
        self
    }
}
