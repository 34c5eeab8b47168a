//! Two programs in turn, so that a noisy machine disturbs both alike: medians of the ratios of neighbours.

/// The median of some values.
pub fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    match (sorted.len(), sorted.len() % 2) {
        (0, _) => f64::NAN,
        (n, 1) => sorted[n / 2],
        (n, _) => (sorted[n / 2 - 1] + sorted[n / 2]) / 2.0,
    }
}

/// Costs of two things measured in turn.
pub struct Pairs {
    /// Of the first.
    pub ours: Vec<f64>,
    /// Of the second.
    pub theirs: Vec<f64>,
}

impl Pairs {
    /// Measures `n` pairs, changing which one comes first. Nothing if one cannot be run.
    pub fn measure(
        n: usize,
        mut ours: impl FnMut() -> Option<f64>,
        mut theirs: impl FnMut() -> Option<f64>,
    ) -> Option<Self> {
        let mut pairs = Self { ours: Vec::new(), theirs: Vec::new() };
        for k in 0..n {
            let (a, b) = if k % 2 == 0 {
                let a = ours()?;
                (a, theirs()?)
            } else {
                let b = theirs()?;
                (ours()?, b)
            };
            eprintln!("  pair {}: {a:.3} against {b:.3}, {:.3}x", k + 1, a / b);
            pairs.ours.push(a);
            pairs.theirs.push(b);
        }
        Some(pairs)
    }

    /// Median, least and largest of the pairs' ratios.
    pub fn ratio(&self) -> (f64, f64, f64) {
        let mut ratios: Vec<f64> = self.ours.iter().zip(&self.theirs).map(|(a, b)| a / b).collect();
        ratios.sort_by(f64::total_cmp);
        (median(&ratios), ratios[0], ratios[ratios.len() - 1])
    }
}
