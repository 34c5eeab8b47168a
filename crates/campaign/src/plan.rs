//! Which trials there are, in which order: randomised complete blocks.
//!
//! A block is one run of each variant, so that what drifts (a machine that warms up, a neighbour that comes and goes) reaches all of
//! them alike. Within a block the order is random, or a variant would always run after the same other. All runs of a block have the
//! same seed: what is random in the load is then no difference between variants, but one between blocks.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use swarmlab_experiment::Overrides;

use crate::axis::{Axis, Setting};
use crate::exclude::Exclusion;
use crate::file::Campaign;

/// More trials than that no campaign has.
pub const MOST_TRIALS: usize = 10_000;

/// A combination of levels.
#[derive(Debug, Clone, PartialEq)]
pub struct Variant {
    /// `AXIS=LEVEL, AXIS=LEVEL`.
    pub name: String,
    /// Which level of each axis, by its place.
    pub levels: Vec<usize>,
    /// All that they set.
    pub settings: Vec<Setting>,
}

/// One run that is to be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trial {
    /// Its number, from 1 on, in the order in which trials are run.
    pub number: usize,
    /// Its block, from 1 on.
    pub block: usize,
    /// Its variant, by its place.
    pub variant: usize,
    /// Its seed, that of all trials of the block.
    pub seed: u64,
}

impl Trial {
    /// Where its runs go, below the campaign's folder.
    pub fn folder(&self) -> PathBuf {
        PathBuf::from(format!("block-{:02}", self.block)).join(format!("variant-{}", self.variant + 1))
    }
}

/// All combinations but those that are excluded; the last axis changes first.
pub(crate) fn variants(axes: &[Axis], exclusions: &[Exclusion]) -> Vec<Variant> {
    let mut combinations: Vec<Vec<usize>> = vec![Vec::new()];
    for axis in axes {
        let longer = |levels: &Vec<usize>| {
            let levels = levels.clone();
            (0..axis.levels.len()).map(move |level| [levels.clone(), vec![level]].concat())
        };
        combinations = combinations.iter().flat_map(longer).collect();
    }
    combinations.retain(|levels| !exclusions.iter().any(|e| e.leaves_out(levels)));
    let variant = |levels: Vec<usize>| {
        let chosen = || axes.iter().zip(&levels).map(|(axis, level)| (axis, &axis.levels[*level]));
        let name = chosen().map(|(axis, level)| format!("{}={}", axis.name, level.name));
        let settings = chosen().flat_map(|(_, level)| level.settings.clone());
        Variant { name: name.collect::<Vec<_>>().join(", "), settings: settings.collect(), levels }
    };
    combinations.into_iter().map(variant).collect()
}

impl Campaign {
    /// All trials in their order. More repetitions add blocks and change none: a campaign can go on.
    pub fn trials(&self) -> Vec<Trial> {
        let n = self.variants.len();
        (0..self.repetitions as usize)
            .flat_map(|at| {
                let order = order(self.seed, at as u64, n).into_iter().enumerate();
                order.map(move |(place, variant)| (at, place, variant))
            })
            .map(|(at, place, variant)| Trial {
                number: at * n + place + 1,
                block: at + 1,
                variant,
                seed: self.seed + at as u64,
            })
            .collect()
    }

    /// What the command line of a variant's run would change.
    pub fn overrides(&self, variant: &Variant, seed: Option<u64>) -> Overrides {
        let mut out = Overrides { seed, ..Overrides::default() };
        variant.settings.iter().for_each(|setting| setting.apply(&mut out));
        out
    }
}

/// A random order of `n` things (Fisher and Yates), the same for the same seed in every version of this program: a campaign that
/// was begun by one goes on with another.
fn order(seed: u64, block: u64, n: usize) -> Vec<usize> {
    // Seeds and blocks beside each other begin far from each other.
    let mut random = SplitMix(SplitMix(seed).next().wrapping_add(block));
    let mut out: Vec<usize> = (0..n).collect();
    for last in (1..n).rev() {
        let at = (u128::from(random.next()) * (last as u128 + 1)) >> 64;
        out.swap(last, at as usize);
    }
    out
}

/// SplitMix64 of Steele, Lea and Flood.
struct SplitMix(u64);

impl SplitMix {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}

#[cfg(test)]
mod tests {
    use super::order;

    #[test]
    fn every_order_of_a_block_is_as_likely_as_any_other() {
        let mut counts = std::collections::BTreeMap::new();
        for (seed, block) in (0..200).flat_map(|seed| (0..30).map(move |block| (seed, block))) {
            *counts.entry(order(seed, block, 3)).or_insert(0_u32) += 1;
        }
        // 6,000 orders of six kinds: 1,000 each, give or take three standard deviations of 29.
        assert_eq!(counts.len(), 6);
        assert!(counts.values().all(|n| (910..1090).contains(n)), "{counts:?}");
    }

    #[test]
    fn orders_stay_what_they_are() {
        // A campaign that goes on under another version must find its blocks as they were.
        let told: Vec<Vec<usize>> = (0..4).map(|block| order(42, block, 4)).collect();
        assert_eq!(told, [[3, 0, 2, 1], [2, 1, 0, 3], [3, 0, 2, 1], [0, 3, 2, 1]]);
    }
}
