//! Distributions of times, from histograms of clients and from buckets of proxies.

use swarmlab_intervals::Histogram;

/// Times by how often they were counted, rising, in seconds.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Times {
    /// From, to, how many: the truth lies between.
    spans: Vec<(f64, f64, f64)>,
}

impl Times {
    /// Of a histogram of microseconds.
    pub fn of_micros(histogram: &Histogram) -> Self {
        let spans = histogram.iter_recorded().map(|v| {
            let s = v.value_iterated_to() as f64 / 1e6;
            (s, s, v.count_since_last_iteration() as f64)
        });
        Self { spans: spans.collect() }
    }

    /// Of cumulative counts up to rising bounds, in seconds; the last bound may be infinite.
    pub fn of_buckets(bounds_s: &[f64], cumulative: &[f64]) -> Self {
        let (mut low_s, mut below) = (0.0, 0.0);
        let mut spans = Vec::new();
        for (&high_s, &upto) in bounds_s.iter().zip(cumulative) {
            if upto > below {
                let end_s = if high_s.is_finite() { high_s } else { low_s };
                spans.push((low_s, end_s, upto - below));
                below = upto;
            }
            low_s = high_s;
        }
        Self { spans }
    }

    /// How many.
    pub fn count(&self) -> f64 {
        self.spans.iter().map(|s| s.2).sum()
    }

    /// Their mean, in seconds; of buckets with each time in the middle of its own. `None` of none.
    pub fn mean_s(&self) -> Option<f64> {
        let count = self.count();
        let sum: f64 = self.spans.iter().map(|(low, high, n)| (low + high) / 2.0 * n).sum();
        (count > 0.0).then(|| sum / count)
    }

    /// Their standard deviation, in seconds, with each in the middle of its bucket. `None` of none.
    pub fn deviation_s(&self) -> Option<f64> {
        let (mean_s, count) = (self.mean_s()?, self.count());
        let square = |(low, high, n): &(f64, f64, f64)| ((low + high) / 2.0 - mean_s).powi(2) * n;
        Some((self.spans.iter().map(square).sum::<f64>() / count).sqrt())
    }

    /// A quantile (0 to 1), in seconds; interpolated within its bucket. `None` of none.
    pub fn quantile_s(&self, q: f64) -> Option<f64> {
        let rank = q.clamp(0.0, 1.0) * self.count();
        let mut below = 0.0;
        for (low, high, n) in &self.spans {
            if below + n >= rank {
                return Some(low + (high - low) * ((rank - below) / n).clamp(0.0, 1.0));
            }
            below += n;
        }
        self.spans.last().map(|s| s.1)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn buckets_give_mean_and_quantiles_within_themselves() {
        // 10 up to 1 s, 10 more up to 2 s, none up to 3 s, 5 beyond.
        let t = Times::of_buckets(&[1.0, 2.0, 3.0, f64::INFINITY], &[10.0, 20.0, 20.0, 25.0]);
        assert_eq!(t.count(), 25.0);
        assert!((t.mean_s().unwrap() - (10.0 * 0.5 + 10.0 * 1.5 + 5.0 * 3.0) / 25.0).abs() < 1e-12);
        assert!((t.quantile_s(0.2).unwrap() - 0.5).abs() < 1e-12);
        assert_eq!(t.quantile_s(1.0), Some(3.0));
        assert_eq!((Times::default().mean_s(), Times::default().quantile_s(0.5)), (None, None));
    }

    #[test]
    fn microseconds_are_seconds() {
        let mut h = swarmlab_intervals::new_histogram();
        for us in [1_000, 2_000, 3_000] {
            h.record(us).unwrap();
        }
        let t = Times::of_micros(&h);
        assert!((t.mean_s().unwrap() - 2e-3).abs() < 1e-5);
        assert!((t.quantile_s(0.5).unwrap() - 2e-3).abs() < 1e-5);
    }
}
