//! What is done, what is next, and how long the rest takes: a pure function of what became of the runs.

use serde::Serialize;

use crate::folder::Recorded;
use crate::ledger::{Attempt, Outcome};
use crate::until::{Sample, enough};

/// How a trial stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum Standing {
    /// One of its runs is whole; it is never run again.
    Done,
    /// It is to be run.
    Open {
        /// Runs of it that failed.
        failed: u32,
    },
    /// It failed as often as a trial may.
    GivenUp,
    /// What was to be known is known without it.
    Spared,
}

/// How all trials of a campaign stand, by their runs in the order of the trials.
#[derive(Debug, Clone, PartialEq)]
pub struct Progress {
    /// By trial.
    pub standings: Vec<Standing>,
    /// The samples of the blocks that are over, from the first on.
    pub blocks: Vec<Vec<(usize, Sample)>>,
    /// The block after which `until` was met.
    pub enough: Option<usize>,
}

impl Progress {
    /// Of a campaign.
    pub fn of(campaign: &Recorded, attempts: &[Vec<Attempt>]) -> Self {
        let mut standings: Vec<Standing> =
            attempts.iter().map(|attempts| standing(attempts, campaign.attempts)).collect();
        let trials: Vec<_> = campaign.trials.iter().zip(attempts).zip(&standings).collect();
        let blocks: Vec<Vec<(usize, Sample)>> = trials
            .chunk_by(|((a, _), _), ((b, _), _)| a.trial.block == b.trial.block)
            .take_while(|block| block.iter().all(|(_, s)| matches!(s, Standing::Done | Standing::GivenUp)))
            .map(|block| block.iter().map(|((t, runs), _)| (t.trial.variant, figures(runs))).collect())
            .collect();
        let enough = enough(&campaign.until, campaign.variants.len(), &blocks);
        if let Some(last) = enough {
            let after = campaign.trials.iter().zip(&mut standings).filter(|(t, _)| t.trial.block > last);
            after.filter(|(_, s)| **s != Standing::Done).for_each(|(_, s)| *s = Standing::Spared);
        }
        Self { standings, blocks, enough }
    }
}

/// What counts of a trial; nothing of one that was given up.
fn figures(attempts: &[Attempt]) -> Sample {
    match sample(attempts).map(|attempt| &attempt.outcome) {
        Some(Outcome::Done { figures, .. }) => figures.clone(),
        _ => Sample::new(),
    }
}

/// How a trial stands, by its runs.
pub fn standing(attempts: &[Attempt], most: u32) -> Standing {
    if sample(attempts).is_some() {
        return Standing::Done;
    }
    let failed = attempts.iter().filter(|a| matches!(a.outcome, Outcome::Failed { .. })).count();
    match u32::try_from(failed) {
        Ok(failed) if failed < most => Standing::Open { failed },
        _ => Standing::GivenUp,
    }
}

/// The run that counts: the first that is whole.
pub fn sample(attempts: &[Attempt]) -> Option<&Attempt> {
    attempts.iter().find(|a| matches!(a.outcome, Outcome::Done { .. }))
}

/// What is to be done next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// The trial at this place.
    Run(usize),
    /// Nothing: every trial is done, given up or spared.
    Nothing,
    /// Nothing: the first trials all failed, and nothing was ever measured. Going on would only fail more often.
    Hopeless,
}

/// What is next, by how all trials stand.
pub fn next(standings: &[Standing]) -> Next {
    let is_done = |s: &Standing| *s == Standing::Done;
    let open = standings.iter().position(|s| matches!(s, Standing::Open { .. }));
    match open {
        Some(_) if standings.contains(&Standing::GivenUp) && !standings.iter().any(is_done) => Next::Hopeless,
        Some(at) => Next::Run(at),
        None => Next::Nothing,
    }
}

/// Seconds that the open trials take: each as long as those that are done took on average, or as `planned_s` where none is.
pub fn left_s(open: usize, took_s: &[f64], planned_s: f64) -> f64 {
    let each_s = match took_s {
        [] => planned_s,
        some => some.iter().sum::<f64>() / some.len() as f64,
    };
    open as f64 * each_s
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attempt(outcome: Outcome) -> Attempt {
        Attempt { folder: "x".into(), outcome }
    }

    fn failed() -> Attempt {
        attempt(Outcome::Failed { why: String::new() })
    }

    #[test]
    fn a_trial_is_run_until_it_is_done_or_failed_too_often_and_being_cut_is_no_failure() {
        let done = attempt(Outcome::Done { took_s: Some(1.0), figures: Vec::new() });
        let cut = attempt(Outcome::Cut);
        for (attempts, expected) in [
            (vec![], Standing::Open { failed: 0 }),
            (vec![cut.clone(); 9], Standing::Open { failed: 0 }),
            (vec![failed(), cut.clone()], Standing::Open { failed: 1 }),
            (vec![failed(), failed()], Standing::GivenUp),
            (vec![failed(), cut, done.clone()], Standing::Done),
            (vec![failed(), failed(), done], Standing::Done),
        ] {
            assert_eq!(standing(&attempts, 2), expected, "{attempts:?}");
        }
    }

    #[test]
    fn trials_are_run_in_order_and_not_where_nothing_ever_works() {
        let (done, open, given_up) = (Standing::Done, Standing::Open { failed: 1 }, Standing::GivenUp);
        for (standings, expected) in [
            (vec![open, open], Next::Run(0)),
            (vec![done, open, open], Next::Run(1)),
            (vec![done, given_up, open], Next::Run(2)),
            (vec![given_up, open], Next::Hopeless),
            (vec![given_up, done], Next::Nothing),
            (vec![given_up], Next::Nothing),
        ] {
            assert_eq!(next(&standings), expected, "{standings:?}");
        }
    }

    #[test]
    fn the_time_left_is_that_of_the_trials_before() {
        assert_eq!(left_s(3, &[], 50.0), 150.0);
        assert_eq!(left_s(3, &[10.0, 30.0], 50.0), 60.0);
    }
}
