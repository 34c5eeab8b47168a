//! What is said of a figure, and by which rule.

use serde::{Deserialize, Serialize};
use swarmlab_record::summary::Direction;
use swarmlab_stats::power::{Design, MOST_REPETITIONS, of_difference, of_equivalence, repetitions};

/// What is said of a figure of a variant, against the baseline's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum Verdict {
    /// It differs, for the better.
    Better,
    /// It differs, for the worse.
    Worse,
    /// It differs; neither way is better by itself.
    Different,
    /// It lies within the margin.
    Same,
    /// Neither can be said.
    NotEnough {
        /// So many more repetitions of each variant would probably do; absent where it lies so close to the margin that hardly
        /// any number would, or where no share of it can be told.
        more: Option<usize>,
    },
    /// A side has a single run: one sample, of which nothing is claimed.
    OneSample,
    /// No run of one side has it.
    Missing,
}

impl Verdict {
    /// Whether a difference is claimed.
    pub fn is_difference(self) -> bool {
        matches!(self, Self::Better | Self::Worse | Self::Different)
    }
}

/// Probability with which the repetitions that are asked for are to decide.
pub const POWER: f64 = 0.8;

/// What the rule looks at.
#[derive(Debug, Clone, Copy)]
pub struct Evidence {
    /// Which way the figure is better.
    pub direction: Option<Direction>,
    /// How far the variant lies above the baseline, in the figure's unit.
    pub shift: f64,
    /// Adjusted p-value of "there is no difference".
    pub p_different: f64,
    /// Adjusted p-value of "it lies outside of the margin"; absent where no ratio can be told.
    pub p_outside: Option<f64>,
    /// Chance of a false claim that is accepted.
    pub alpha: f64,
}

/// The rule. What lies within the margin is called the same also where a difference, a smaller one, is certain.
pub fn judge(e: &Evidence, more: impl FnOnce() -> Option<usize>) -> Verdict {
    if e.p_outside.is_some_and(|p| p <= e.alpha) {
        return Verdict::Same;
    }
    if e.p_different > e.alpha {
        return Verdict::NotEnough { more: more() };
    }
    match e.direction.map(|d| d.worse_by(e.shift)) {
        Some(worse) if worse > 0.0 => Verdict::Worse,
        Some(worse) if worse < 0.0 => Verdict::Better,
        _ => Verdict::Different,
    }
}

/// How much a figure varies, and what is asked of it.
#[derive(Debug, Clone, Copy)]
pub struct Question {
    /// Whether runs are compared in pairs.
    pub paired: bool,
    /// Standard deviation of one repetition (of a pair's difference), as a share of the baseline's mean.
    pub spread: f64,
    /// How far the variant lies from the baseline, as a share of its mean.
    pub shift: f64,
    /// The margin, a share.
    pub margin: f64,
    /// Chance of a false claim that is accepted.
    pub alpha: f64,
    /// Tests that are made at once.
    pub tests: usize,
    /// Repetitions there are, of the variant with fewer.
    pub have: usize,
}

impl Question {
    fn design(&self, n: usize) -> Design {
        if self.paired { Design::Paired(n) } else { Design::TwoSample(n, n) }
    }

    /// Least p-value that a permutation test of so many can have.
    pub fn least_p(&self, n: usize) -> f64 {
        // One of the orders and its mirror image.
        let ways = if self.paired {
            2_f64.powi(n as i32)
        } else {
            (1..=n).map(|k| 1.0 + n as f64 / k as f64).product()
        };
        2.0 / ways
    }

    /// How many repetitions more would decide with the probability [`POWER`]: so many that a shift as large as the margin is
    /// found, that equality is told where there is some, and that a p-value can be small enough at all. Where there are that many
    /// already, the shift that was seen says how many.
    pub fn more(&self) -> Option<usize> {
        if self.spread <= 0.0 {
            return None;
        }
        let (margin, shift) = (self.margin / self.spread, self.shift.abs() / self.spread);
        // As if all other tests found nothing: the adjustment is never harder than that.
        let alpha = self.alpha / self.tests.max(1) as f64;
        let different = |by: f64| repetitions(POWER, |n| of_difference(self.design(n), by, alpha));
        let equal = |by: f64| repetitions(POWER, |n| of_equivalence(self.design(n), margin, by, alpha));
        let possible = (2..=64).find(|n| self.least_p(*n) <= alpha)?;
        let mut needed = different(margin)?.max(equal(0.0)?).max(possible);
        if needed <= self.have {
            needed = if shift >= margin { different(shift)? } else { equal(shift)? };
        }
        (needed < MOST_REPETITIONS / 10).then(|| needed.saturating_sub(self.have).max(1))
    }
}

/// Whether so many pairs can find a difference of one figure among so many tests at all.
pub fn pairs_can_tell(pairs: usize, tests: usize, alpha: f64) -> bool {
    let question = Question { paired: true, spread: 0.0, shift: 0.0, margin: 0.0, alpha, tests, have: pairs };
    pairs >= 2 && question.least_p(pairs) * tests.max(1) as f64 <= alpha
}

#[cfg(test)]
mod tests {
    use super::*;

    fn question(spread: f64, have: usize) -> Question {
        Question { paired: false, spread, shift: 0.0, margin: 0.03, alpha: 0.05, tests: 1, have }
    }

    #[test]
    fn noise_decides_how_many() {
        let quiet = question(0.01, 3).more();
        let noisy = question(0.06, 3).more();
        // 6 % of noise, 3 % to be seen: 16 (z + z)^2 / 4 = 63 a side for the difference, 69 for equality.
        assert!(quiet.is_some_and(|n| n <= 2), "{quiet:?}");
        assert!(Question { tests: 6, ..question(0.06, 3) }.more() > noisy);
        assert!(noisy.is_some_and(|n| (60..75).contains(&n)), "{noisy:?}");
        assert_eq!(question(0.0, 3).more(), None);
        assert_eq!(question(9.0, 3).more(), None);
    }

    #[test]
    fn few_pairs_find_nothing() {
        // Two of 2^n signs.
        let least = |tests| (2..40).find(|pairs| pairs_can_tell(*pairs, tests, 0.05));
        assert_eq!((least(1), least(6), least(12)), (Some(6), Some(8), Some(9)));
    }

    #[test]
    fn a_shift_beside_the_margin_is_hopeless() {
        let beside = Question { shift: 0.02999, ..question(0.02, 100) };
        assert_eq!(beside.more(), None);
    }

    #[test]
    fn sameness_goes_before_a_certain_but_small_difference() {
        let e = Evidence {
            direction: Some(Direction::Lower),
            shift: 1.0,
            p_different: 0.001,
            p_outside: Some(0.01),
            alpha: 0.05,
        };
        assert_eq!(judge(&e, || None), Verdict::Same);
        assert_eq!(judge(&Evidence { p_outside: Some(0.2), ..e }, || None), Verdict::Worse);
        assert_eq!(
            judge(&Evidence { p_outside: None, direction: Some(Direction::Higher), ..e }, || None),
            Verdict::Better
        );
        assert_eq!(judge(&Evidence { p_outside: None, direction: None, ..e }, || None), Verdict::Different);
        let unclear = judge(&Evidence { p_different: 0.2, p_outside: None, ..e }, || Some(3));
        assert_eq!(unclear, Verdict::NotEnough { more: Some(3) });
    }
}
