//! One figure of two variants: what each has, how far apart they are.

use rand::SeedableRng;
use rand::rngs::StdRng;
use serde::Serialize;
use swarmlab_stats::cliff::{self, Delta};
use swarmlab_stats::efron::{self, SampleInterval};
use swarmlab_stats::equivalence::{self, Equivalence, centre, welch};
use swarmlab_stats::hodges_lehmann::{self, Shift};
use swarmlab_stats::randomisation::{self, Randomisation};

use crate::comparison::Settings;
use crate::variants::Variant;
use crate::verdict::Question;

/// Confidence level of all intervals.
pub const LEVEL: f64 = 0.95;

/// A figure of one variant.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Side {
    /// The variant's name.
    pub variant: String,
    /// The figure of each run that has it.
    pub values: Vec<f64>,
    /// Runs that do not have it.
    pub missing: usize,
    /// Mean and median; without intervals below five runs.
    pub mean: Option<Centre>,
    /// Median.
    pub median: Option<Centre>,
}

/// A mean or median, with its bootstrap interval where there are enough runs.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Centre {
    /// The figure.
    pub estimate: f64,
    /// Its 95 % interval.
    pub interval: Option<(f64, f64)>,
}

/// How far a variant is from the baseline.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Distance {
    /// Hodges-Lehmann shift, in the figure's unit.
    pub shift: Shift,
    /// The same as a share of the baseline, by the logarithms; only where all values are above zero.
    pub share: Option<Shift>,
    /// Cliff's delta; not of pairs.
    pub delta: Option<Delta>,
    /// Permutation test of the means.
    pub permutation: Randomisation,
    /// Two one-sided tests against the margin.
    pub equivalence: Option<Equivalence>,
    /// Standard deviation of one repetition (of a pair's difference) as a share of the baseline's mean.
    pub spread: Option<f64>,
}

/// The values of a figure in a variant's runs.
pub fn side(variant: &Variant, key: &str, s: &Settings) -> Side {
    let values: Vec<f64> = variant.runs.iter().filter_map(|r| r.figure(key)).collect();
    let missing = variant.runs.len() - values.len();
    let mut rng = StdRng::seed_from_u64(seed(s.seed, &[key, &variant.name]));
    let bounded = |i: SampleInterval| Centre { estimate: i.estimate, interval: Some((i.ci_low, i.ci_high)) };
    let (mean, median) = match efron::mean_and_median(&mut rng, &values, s.resamples, LEVEL) {
        Ok((mean, median)) => (Some(bounded(mean)), Some(bounded(median))),
        Err(_) if values.is_empty() => (None, None),
        Err(_) => {
            let mut sorted = values.clone();
            sorted.sort_by(f64::total_cmp);
            let middle = f64::midpoint(sorted[(sorted.len() - 1) / 2], sorted[sorted.len() / 2]);
            let mean = centre(&values);
            let bare = |estimate| Some(Centre { estimate, interval: None });
            (bare(mean), bare(middle))
        }
    };
    Side { variant: variant.name.clone(), values, missing, mean, median }
}

/// How far apart they are; `None` unless both sides have at least two values (and, in pairs, as many as each other and none
/// missing).
pub fn distance(key: &str, base: &Side, other: &Side, s: &Settings) -> Option<Distance> {
    let (y, x) = (&base.values, &other.values);
    let pairs = x.len() == y.len() && base.missing == 0 && other.missing == 0;
    if x.len().min(y.len()) < 2 || s.paired && !pairs {
        return None;
    }
    let mut rng = StdRng::seed_from_u64(seed(s.seed, &[key, &base.variant, &other.variant]));
    let shift = |x: &[f64], y: &[f64]| {
        if s.paired { hodges_lehmann::paired(x, y, LEVEL) } else { hodges_lehmann::two_sample(x, y, LEVEL) }
    };
    let positive = x.iter().chain(y).all(|v| *v > 0.0);
    let logs = |v: &[f64]| v.iter().map(|v| v.ln()).collect::<Vec<f64>>();
    let ratio = |v: f64| v.exp_m1();
    let share = positive.then(|| shift(&logs(x), &logs(y)).ok()).flatten().map(|s| Shift {
        estimate: ratio(s.estimate),
        ci_low: ratio(s.ci_low),
        ci_high: ratio(s.ci_high),
        level: s.level,
    });
    let (permutation, same) = if s.paired {
        (randomisation::paired(&mut rng, x, y, s.draws), equivalence::paired(x, y, s.margin))
    } else {
        (randomisation::two_sample(&mut rng, x, y, s.draws), equivalence::two_sample(x, y, s.margin))
    };
    Some(Distance {
        shift: shift(x, y).ok()?,
        share,
        delta: if s.paired { None } else { cliff::delta(x, y, LEVEL).ok() },
        permutation: permutation.ok()?,
        equivalence: same.ok(),
        spread: spread(x, y, s.paired),
    })
}

fn spread(x: &[f64], y: &[f64], paired: bool) -> Option<f64> {
    let mean = centre(y);
    let variance = |v: &[f64]| {
        let mean = centre(v);
        v.iter().map(|v| (v - mean).powi(2)).sum::<f64>()
    };
    let sd = if paired {
        let d: Vec<f64> = x.iter().zip(y).map(|(a, b)| a - b).collect();
        (variance(&d) / (d.len() - 1) as f64).sqrt()
    } else {
        ((variance(x) + variance(y)) / (x.len() + y.len() - 2) as f64).sqrt()
    };
    (mean > 0.0 && sd.is_finite()).then_some(sd / mean)
}

impl Distance {
    /// How many repetitions it takes.
    pub fn question(&self, base: &Side, other: &Side, tests: usize, s: &Settings) -> Option<Question> {
        let mean = base.mean?.estimate;
        Some(Question {
            paired: s.paired,
            spread: self.spread?,
            shift: welch(&other.values, &base.values).difference / mean,
            margin: s.margin,
            alpha: s.alpha,
            tests,
            have: base.values.len().min(other.values.len()),
        })
    }
}

/// A seed of its own for each figure, so that its intervals do not depend on what else is compared (FNV-1a).
fn seed(seed: u64, words: &[&str]) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64 ^ seed;
    for byte in words.iter().flat_map(|w| w.bytes().chain([0])) {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    }
    hash
}
