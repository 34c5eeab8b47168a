//! Seeded mutations of real inputs.

use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};

/// Longest input.
const MAX_BYTES: usize = 4096;

/// An endless sequence of inputs; the same seed, corpus and words give the same one.
pub struct Mutator<'a> {
    rng: StdRng,
    corpus: &'a [Vec<u8>],
    words: &'a [&'a str],
}

impl<'a> Mutator<'a> {
    pub fn new(seed: u64, corpus: &'a [Vec<u8>], words: &'a [&'a str]) -> Self {
        Self { rng: StdRng::seed_from_u64(seed), corpus, words }
    }

    /// The next input: one of the corpus after one to eight changes.
    pub fn next(&mut self) -> Vec<u8> {
        let mut input = self.corpus.choose(&mut self.rng).cloned().unwrap_or_default();
        for _ in 0..self.rng.random_range(1..=8) {
            self.change(&mut input);
        }
        input.truncate(MAX_BYTES);
        input
    }

    fn change(&mut self, input: &mut Vec<u8>) {
        let at = self.rng.random_range(0..=input.len());
        match self.rng.random_range(0..9) {
            0 => {
                if let Some(byte) = input.get_mut(at) {
                    *byte ^= 1 << self.rng.random_range(0..8);
                }
            }
            1 => {
                if let Some(byte) = input.get_mut(at) {
                    *byte = self.rng.random();
                }
            }
            2 => input.insert(at, self.rng.random()),
            3 => {
                let end = at + self.rng.random_range(0..=(input.len() - at).min(32));
                input.drain(at..end);
            }
            4 => {
                let end = at + self.rng.random_range(0..=(input.len() - at).min(64));
                let piece = input[at..end].to_vec();
                let times = self.rng.random_range(1..=8);
                input.splice(at..at, piece.repeat(times));
            }
            5 => input.truncate(at),
            6 => {
                let other = self.corpus.choose(&mut self.rng).cloned().unwrap_or_default();
                let from = self.rng.random_range(0..=other.len());
                let end = from + self.rng.random_range(0..=other.len() - from);
                input.splice(at..at, other[from..end].iter().copied());
            }
            7 => {
                let number = match self.rng.random_range(0..4) {
                    0 => "0".to_owned(),
                    1 => u64::MAX.to_string(),
                    2 => format!("-{}", self.rng.random::<u16>()),
                    _ => self.rng.random::<u32>().to_string(),
                };
                input.splice(at..at, number.into_bytes());
            }
            _ => {
                let word = self.words.choose(&mut self.rng).copied().unwrap_or_default();
                let times = if self.rng.random_ratio(1, 16) { 100 } else { 1 };
                input.splice(at..at, word.repeat(times).into_bytes());
            }
        }
    }
}
