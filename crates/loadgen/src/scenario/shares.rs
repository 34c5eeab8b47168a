//! Dividing a growing number of users by weights, as closely as whole users can at any moment.

/// A sequence in which, after any number of entries, each choice has occurred as often as its weight asks for,
/// to within less than one: never off by more than `1 - 1/(2k - 2)` among `k` choices, which is the best that
/// is possible for all weights.
///
/// R. Tijdeman, "The chairman assignment problem", Discrete Mathematics 32 (1980), 323-330.
#[derive(Debug, Clone)]
pub struct Shares {
    /// Weights, their sum being 1.
    shares: Vec<f64>,
    counts: Vec<u64>,
    drawn: u64,
}

impl Shares {
    /// The sequence for positive, finite weights. Of choices that are equally due the earlier comes first.
    pub fn new(weights: impl IntoIterator<Item = f64>) -> Self {
        let mut shares: Vec<f64> = weights.into_iter().collect();
        let sum: f64 = shares.iter().sum();
        shares.iter_mut().for_each(|share| *share /= sum);
        let counts = vec![0; shares.len()];
        Self { shares, counts, drawn: 0 }
    }

    /// The next entry: an index into the weights; 0 if there are none.
    pub fn draw(&mut self) -> usize {
        self.drawn += 1;
        let slack = match self.shares.len() {
            0 | 1 => return 0,
            choices => 1.0 / (2 * choices - 2) as f64,
        };
        // Of those that may be given now without being ahead of their share, the one that is late first.
        let mut chosen = (f64::INFINITY, 0);
        for (index, (&share, &count)) in self.shares.iter().zip(&self.counts).enumerate() {
            let owed = share * self.drawn as f64 - count as f64;
            // Sums of rounded shares must not make a choice miss its turn.
            if owed >= slack - 1e-9 {
                let due_in = (1.0 - slack - owed) / share;
                if due_in < chosen.0 - 1e-9 {
                    chosen = (due_in, index);
                }
            }
        }
        self.counts[chosen.1] += 1;
        chosen.1
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn sequence(weights: &[f64], length: usize) -> Vec<usize> {
        let mut shares = Shares::new(weights.iter().copied());
        (0..length).map(|_| shares.draw()).collect()
    }

    #[test]
    fn equal_weights_take_turns_and_others_are_spread() {
        assert_eq!(sequence(&[1.0, 1.0], 6), [0, 1, 0, 1, 0, 1]);
        assert_eq!(sequence(&[3.0, 1.0], 8), [0, 0, 1, 0, 0, 0, 1, 0]);
        assert_eq!(sequence(&[7.0], 3), [0, 0, 0]);
    }

    proptest! {
        #[test]
        fn every_prefix_follows_the_weights(weights in prop::collection::vec(0.01_f64..100.0, 2..9)) {
            let sum: f64 = weights.iter().sum();
            let bound = 1.0 - 1.0 / (2 * weights.len() - 2) as f64 + 1e-6;
            let mut counts = vec![0_u32; weights.len()];
            for (n, index) in sequence(&weights, 500).into_iter().enumerate() {
                counts[index] += 1;
                for (weight, count) in weights.iter().zip(&counts) {
                    let off = f64::from(*count) - weight / sum * (n + 1) as f64;
                    prop_assert!(off.abs() <= bound, "{off} after {n}: {weights:?}");
                }
            }
        }
    }
}
