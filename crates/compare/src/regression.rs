//! The gate of a pipeline: whether new runs are worse than a baseline by more than a margin.
//!
//! A pipeline often has a single new run. How much a run varies by itself is therefore estimated from the baseline alone, and
//! the new runs are taken to vary as much: `t = (new - old) / (s sqrt(1/m + 1/n))` with the baseline's `n - 1` degrees of
//! freedom (a prediction of m further runs; Hahn & Meeker 1991, chapter 4). A gate that finds nothing says what it could have
//! found.

use serde::Serialize;
use swarmlab_record::summary::Direction;
use swarmlab_stats::StatsError;
use swarmlab_stats::distribution::{t_quantile, t_upper_tail};
use swarmlab_stats::equivalence::centre;
use swarmlab_stats::multiple::holm;

use crate::run::Run;
use crate::verdict::POWER;

/// Runs that a baseline needs: of fewer the noise is hardly known.
pub const LEAST_RUNS: usize = 3;

/// What the gate says of a figure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Worse by more than the margin, and not by chance.
    Regressed,
    /// Neither: the noise is too large to tell.
    CannotTell,
    /// Not worse by the margin.
    Passed,
    /// The baseline or the new runs do not have it, or neither way is better.
    NotJudged,
}

impl Outcome {
    /// In a word or two.
    pub fn words(self) -> &'static str {
        match self {
            Self::Regressed => "REGRESSED",
            Self::CannotTell => "cannot tell",
            Self::Passed => "passed",
            Self::NotJudged => "not judged",
        }
    }
}

/// One figure.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Check {
    /// The figure.
    pub key: String,
    /// What it is.
    pub label: String,
    /// Unit, may be empty.
    pub unit: String,
    /// Which way it is better.
    pub direction: Option<Direction>,
    /// Mean of the baseline.
    pub baseline: Option<f64>,
    /// Mean of the new runs.
    pub new: Option<f64>,
    /// Runs of the baseline and new runs that have it.
    pub runs: (usize, usize),
    /// Change as a share of the baseline's mean; absent where that is zero.
    pub change: Option<f64>,
    /// Noise: standard deviation of a run as a share of the baseline's mean.
    pub noise: Option<f64>,
    /// Smallest change for the worse that so many runs find four times in five, a share.
    pub sees: Option<f64>,
    /// p-value of "it is not worse", adjusted over all figures (Holm).
    pub p_adjusted: Option<f64>,
    /// What the gate says.
    pub outcome: Outcome,
    /// Why, where the numbers do not tell.
    pub because: String,
}

/// All figures.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Gate {
    /// Name of the baseline.
    pub baseline: String,
    /// The margin, a share.
    pub margin: f64,
    /// Figure by figure.
    pub checks: Vec<Check>,
}

impl Gate {
    /// Whether any figure regressed.
    pub fn regressed(&self) -> bool {
        self.checks.iter().any(|c| c.outcome == Outcome::Regressed)
    }

    /// The smallest change that is found in every figure that has one, a share; what the gate as a whole cannot see is below.
    pub fn sees(&self) -> Option<f64> {
        self.checks.iter().filter_map(|c| c.sees).reduce(f64::max)
    }
}

/// Judges new runs by a baseline: a figure regressed when it is worse by more than `margin` and the p-value, adjusted over all
/// figures, is at most `alpha`.
///
/// # Errors
/// A p-value that is none; it cannot be.
pub fn check(
    name: &str,
    baseline: &[Run],
    new: &[Run],
    keys: &[String],
    margin: f64,
    alpha: f64,
) -> Result<Gate, StatsError> {
    let mut checks: Vec<Check> = keys.iter().map(|key| measure(key, baseline, new)).collect();
    let tests: Vec<Option<Test>> = checks.iter().map(Test::of).collect();
    let raw: Vec<f64> = tests.iter().flatten().map(|t| t.p_worse()).collect();
    let mut adjusted = holm(&raw)?.into_iter();
    let count = raw.len().max(1) as f64;
    for (check, test) in checks.iter_mut().zip(&tests) {
        let Some(test) = test else {
            without_noise(check, margin);
            continue;
        };
        let p = adjusted.next().unwrap_or(1.0);
        check.p_adjusted = Some(p);
        check.sees = Some(test.sees(alpha / count));
        check.outcome = if p <= alpha && test.worse > margin {
            Outcome::Regressed
        } else if test.p_beyond(margin) <= alpha {
            Outcome::Passed
        } else {
            Outcome::CannotTell
        };
    }
    Ok(Gate { baseline: name.to_owned(), margin, checks })
}

fn measure(key: &str, baseline: &[Run], new: &[Run]) -> Check {
    let values = |runs: &[Run]| runs.iter().filter_map(|r| r.figure(key)).collect::<Vec<f64>>();
    let (old, now) = (values(baseline), values(new));
    let mean = |v: &[f64]| (!v.is_empty()).then(|| centre(v));
    let (base, after) = (mean(&old), mean(&now));
    let sd = base
        .filter(|_| old.len() > 1)
        .map(|m| (old.iter().map(|v| (v - m).powi(2)).sum::<f64>() / (old.len() - 1) as f64).sqrt());
    let share = |v: f64| base.filter(|m| *m > 0.0).map(|m| v / m);
    let words = baseline.iter().chain(new).find_map(|r| r.measured(key));
    Check {
        key: key.to_owned(),
        label: words.map_or_else(String::new, |m| m.label.clone()),
        unit: words.map_or_else(String::new, |m| m.unit.clone()),
        direction: Direction::of(key),
        baseline: base,
        new: after,
        runs: (old.len(), now.len()),
        change: base.zip(after).and_then(|(a, b)| share(b - a)),
        noise: sd.and_then(share),
        sees: None,
        p_adjusted: None,
        outcome: Outcome::NotJudged,
        because: String::new(),
    }
}

/// A figure whose noise is known.
struct Test {
    /// Change for the worse, a share.
    worse: f64,
    /// Its standard error.
    se: f64,
    dof: f64,
}

impl Test {
    fn of(c: &Check) -> Option<Self> {
        let (n, m) = c.runs;
        let (change, noise, direction) = (c.change?, c.noise.filter(|s| *s > 0.0)?, c.direction?);
        if n < LEAST_RUNS {
            return None;
        }
        let se = noise * (1.0 / m as f64 + 1.0 / n as f64).sqrt();
        Some(Self { worse: direction.worse_by(change), se, dof: n as f64 - 1.0 })
    }

    fn p_worse(&self) -> f64 {
        t_upper_tail(self.worse / self.se, self.dof)
    }

    /// p-value of "it is worse by the margin or more".
    fn p_beyond(&self, margin: f64) -> f64 {
        t_upper_tail((margin - self.worse) / self.se, self.dof)
    }

    fn sees(&self, alpha: f64) -> f64 {
        (t_quantile(1.0 - alpha, self.dof) + t_quantile(POWER, self.dof)) * self.se
    }
}

/// Figures that tell nothing of the noise: why, and what can be said all the same.
fn without_noise(c: &mut Check, margin: f64) {
    let Some(direction) = c.direction else {
        "neither way is better".clone_into(&mut c.because);
        return;
    };
    let (Some(old), Some(new)) = (c.baseline, c.new) else {
        let who = if c.baseline.is_none() { "the baseline does not" } else { "the new runs do not" };
        c.because = format!("{who} have it; missing is not zero");
        return;
    };
    if c.runs.0 < LEAST_RUNS {
        c.because = format!(
            "{} runs of the baseline tell too little of the noise; {LEAST_RUNS} are needed",
            c.runs.0
        );
        return;
    }
    // The baseline never varied: nothing but a change explains another value.
    let worse = direction.worse_by(new - old);
    if c.noise.is_none() {
        // Of zero there is no share; below zero there are no such figures.
        c.because = format!("was {old} on average over {} runs of the baseline", c.runs.0);
        c.outcome = if worse > 0.0 { Outcome::Regressed } else { Outcome::Passed };
    } else {
        c.because = "did not vary over the baseline".to_owned();
        c.outcome = if worse > margin * old { Outcome::Regressed } else { Outcome::Passed };
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::run::Measured;

    fn runs(key: &str, values: &[f64]) -> Vec<Run> {
        let one = |(i, v): (usize, &f64)| Run {
            folder: i.to_string(),
            started_unix_s: 0.0,
            stack: String::new(),
            bin_s: 1.0,
            incomplete: None,
            failed_checks: Vec::new(),
            facets: std::collections::BTreeMap::new(),
            figures: vec![Measured {
                key: key.to_owned(),
                label: String::new(),
                unit: String::new(),
                number: Some(*v),
                headline: true,
            }],
        };
        values.iter().enumerate().map(one).collect()
    }

    fn outcome(key: &str, old: &[f64], new: &[f64]) -> Check {
        let gate = check("x", &runs(key, old), &runs(key, new), &[key.to_owned()], 0.05, 0.05).unwrap();
        gate.checks[0].clone()
    }

    const OLD: [f64; 6] = [100.0, 101.0, 99.0, 100.5, 99.5, 100.0];

    #[test]
    fn a_single_new_run_is_judged_by_the_noise_of_the_baseline() {
        let worse = outcome("response_p95_ms", &OLD, &[108.0]);
        assert_eq!(worse.outcome, Outcome::Regressed);
        // By hand: s = 0.7071 %, se = s sqrt(7/6) = 0.7638 %; t(0.95; 5) = 2.0150, t(0.8; 5) = 0.9195.
        let sees = (2.015_048_372_669 + 0.919_543_780_236) * 0.007_071_067_811_865 * (7.0_f64 / 6.0).sqrt();
        assert!((worse.sees.unwrap() - sees).abs() < 1e-9, "{worse:?}");
        assert_eq!(outcome("response_p95_ms", &OLD, &[101.0]).outcome, Outcome::Passed);
        assert_eq!(outcome("response_p95_ms", &OLD, &[92.0]).outcome, Outcome::Passed);
        assert_eq!(outcome("throughput_per_s", &OLD, &[92.0]).outcome, Outcome::Regressed);
        assert_eq!(outcome("response_p95_ms", &OLD, &[104.5]).outcome, Outcome::CannotTell);
    }

    #[test]
    fn noise_hides_what_it_hides() {
        let noisy = outcome("response_p95_ms", &[80.0, 120.0, 100.0, 95.0], &[108.0]);
        assert_eq!(noisy.outcome, Outcome::CannotTell);
        assert!(noisy.sees.unwrap() > 0.4, "{noisy:?}");
    }

    #[test]
    fn what_never_varied_needs_no_noise() {
        assert_eq!(outcome("failed", &[0.0; 5], &[3.0]).outcome, Outcome::Regressed);
        assert_eq!(outcome("failed", &[0.0; 5], &[0.0]).outcome, Outcome::Passed);
        assert_eq!(outcome("failed", &[4.0; 5], &[4.1]).outcome, Outcome::Passed);
        assert_eq!(outcome("failed", &[4.0; 5], &[5.0]).outcome, Outcome::Regressed);
        assert_eq!(outcome("failed", &[0.0; 2], &[3.0]).outcome, Outcome::NotJudged);
        assert_eq!(outcome("users", &OLD, &[300.0]).outcome, Outcome::NotJudged);
        assert_eq!(outcome("failed", &[0.0; 5], &[]).outcome, Outcome::NotJudged);
    }
}
