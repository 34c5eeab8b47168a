//! Counters: the increase of a total between two edges.

use crate::clock::Bins;
use swarmlab_record::series::Series;

use super::Tolerance;

/// The monotone total of one task as a piecewise linear function of time.
struct Total {
    /// (time, total) in strictly rising order of time; the total never falls.
    knots: Vec<(f64, f64)>,
    scrape_interval_s: f64,
    tolerance: Tolerance,
    born_unix_s: Option<f64>,
    died_unix_s: Option<f64>,
}

impl Total {
    /// Samples outside the task's life are left out: an exporter may go on repeating the last value
    /// of a container that is gone.
    fn new(series: &Series, tolerance: Tolerance) -> Self {
        let born_unix_s = series.born_unix_s;
        let died_unix_s = series.died_unix_s;
        let mut samples: Vec<(f64, f64)> = series
            .samples
            .iter()
            .map(|s| (s.t_unix_s, s.value))
            .filter(|(t, v)| t.is_finite() && v.is_finite())
            .filter(|(t, _)| born_unix_s.is_none_or(|born| *t > born))
            .filter(|(t, _)| died_unix_s.is_none_or(|died| *t <= died))
            .collect();
        samples.sort_by(|a, b| a.0.total_cmp(&b.0));
        samples.dedup_by(|later, kept| {
            let same = later.0 == kept.0;
            if same {
                kept.1 = later.1;
            }
            same
        });
        let mut knots = Vec::with_capacity(samples.len() + 1);
        // A task that gave no sample at all has no known total, however short it lived.
        if let (Some(born), false) = (born_unix_s, samples.is_empty()) {
            knots.push((born, 0.0));
        }
        // Only differences of totals are used, so the first reading may stand as it is; adding an
        // offset at each reset keeps a run without resets free of rounding.
        let mut offset = 0.0;
        let mut last = f64::NEG_INFINITY;
        for (t, value) in samples {
            if value < last {
                offset += last;
            }
            last = value;
            knots.push((t, value + offset));
        }
        Self { knots, scrape_interval_s: series.interval_s, tolerance, born_unix_s, died_unix_s }
    }

    /// The total at an edge, `None` where it is not known.
    fn at(&self, t: f64) -> Option<f64> {
        let after = self.knots.partition_point(|k| k.0 <= t);
        let Some(&(t1, f1)) = after.checked_sub(1).and_then(|i| self.knots.get(i)) else {
            // Before the first knot: that is before the birth, or it is unknown.
            let unborn = self.born_unix_s.is_some_and(|born| t <= born);
            return (unborn && !self.knots.is_empty()).then_some(0.0);
        };
        if t == t1 {
            return Some(f1);
        }
        match self.knots.get(after) {
            Some(&(t2, f2)) => self
                .tolerance
                .bridges(t2 - t1, self.scrape_interval_s)
                .then(|| f1 + (f2 - f1) * ((t - t1) / (t2 - t1))),
            None => self
                .died_unix_s
                .is_some_and(|died| t >= died && self.tolerance.fresh(died - t1, self.scrape_interval_s))
                .then_some(f1),
        }
    }

    /// The increase on `[from, to)`.
    fn increase(&self, from: f64, to: f64) -> Option<f64> {
        let unborn = self.born_unix_s.is_some_and(|born| to <= born);
        let dead = self.died_unix_s.is_some_and(|died| from >= died);
        if unborn || dead {
            return Some(0.0);
        }
        Some(self.at(to)? - self.at(from)?)
    }
}

/// The increase of a counter in each bin, in the unit of the series.
///
/// The samples become a monotone total: a value below its predecessor is a restart, after which the
/// counter counts from 0 again (what was counted between the last sample and the restart is lost,
/// as in Prometheus). The total is interpolated linearly at the edges of the bins. Rules:
///
/// - **Gap.** Samples more than [`Tolerance::gap_intervals`] apart are not interpolated between: a
///   bin with an edge inside the gap is null. A bin that holds the whole gap is known, since the
///   counter went on counting.
/// - **Birth.** With a known birth the total is 0 until then, so bins before it are 0 and the first,
///   partial bin counts from the birth. Without it, bins that begin before the first sample are null.
/// - **Death.** Bins after a known death are 0. Between the last sample and the death nothing was
///   seen: an edge in there is unknown, and a bin that reaches past the death counts what was seen,
///   unless the last sample was older than [`Tolerance::stale_intervals`] at death (null). Without a
///   known death, bins that end after the last sample are null.
///
/// Samples that are not finite, or outside the task's life, are left out.
pub fn counter_increase(series: &Series, bins: &Bins, tolerance: Tolerance) -> Vec<Option<f64>> {
    let total = Total::new(series, tolerance);
    bins.spans().map(|(from, to)| total.increase(from, to)).collect()
}

/// The mean rate of a counter in each bin, `(F(b) - F(a)) / (b - a)`, per second.
///
/// The rules are those of [`counter_increase`].
pub fn counter_rate(series: &Series, bins: &Bins, tolerance: Tolerance) -> Vec<Option<f64>> {
    let width_s = bins.width_s();
    counter_increase(series, bins, tolerance).into_iter().map(|v| v.map(|v| v / width_s)).collect()
}

/// How often a counter fell back: each time an unknown amount was lost, which a report must say.
pub fn counter_resets(series: &Series) -> usize {
    series.samples.windows(2).filter(|w| w[1].value < w[0].value).count()
}
