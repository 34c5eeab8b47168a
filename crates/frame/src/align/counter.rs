//! Counters: the increase of a total between two edges.

use crate::clock::Bins;
use swarmlab_record::series::{Sample, Series};

use super::Tolerance;

/// The monotone total of one task as a piecewise linear function of time.
struct Total {
    /// (time, total) in strictly rising order of time; the total never falls.
    knots: Vec<(f64, f64)>,
    scrape_interval_s: f64,
    tolerance: Tolerance,
    born_unix_s: Option<f64>,
    died_unix_s: Option<f64>,
    /// Growth a second between the last sample and the death; `None` when that is too long to say anything.
    tail_per_s: Option<f64>,
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
        let mut total = Self {
            knots,
            scrape_interval_s: series.interval_s,
            tolerance,
            born_unix_s,
            died_unix_s,
            tail_per_s: None,
        };
        total.tail_per_s = total.tail(series, last);
        total
    }

    /// How the total grows from the last sample to the death. A container's account is often read once more after its
    /// end: it cannot have grown since, so that reading is the total at the death. Otherwise the growth of the last
    /// interval goes on.
    fn tail(&self, series: &Series, last_value: f64) -> Option<f64> {
        let (died, &(t, total)) = (self.died_unix_s?, self.knots.last()?);
        let rest_s = died - t;
        if !self.tolerance.bridges(rest_s, self.scrape_interval_s) {
            return None;
        }
        let after = |s: &&Sample| s.t_unix_s > died && s.value.is_finite();
        let ghost = series.samples.iter().find(after).filter(|_| series.identity.task_is_exact);
        if let Some(ghost) = ghost.filter(|g| g.value >= last_value && rest_s > 0.0) {
            return Some((ghost.value - last_value) / rest_s);
        }
        let before = self.knots.len().checked_sub(2).and_then(|i| self.knots.get(i));
        let growth = before.filter(|(t0, _)| self.bridged(*t0, t)).map(|(t0, f0)| (total - f0) / (t - t0));
        Some(growth.unwrap_or(0.0))
    }

    /// Whether the total between two knots is known well enough to interpolate.
    fn bridged(&self, from: f64, to: f64) -> bool {
        self.tolerance.bridges(to - from, self.scrape_interval_s)
            || self.born_unix_s == Some(from) && self.tolerance.is_begun(to - from)
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
            Some(&(t2, f2)) => self.bridged(t1, t2).then(|| f1 + (f2 - f1) * ((t - t1) / (t2 - t1))),
            None => Some(f1 + self.tail_per_s? * (t.min(self.died_unix_s?) - t1)),
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
///   partial bin counts from the birth. What the first sample tells was counted since the birth: it is
///   spread evenly over the time between, up to [`Tolerance::birth_s`] (or a gap, if that is longer).
///   Without a known birth, bins that begin before the first sample are null.
/// - **Death.** Bins after a known death are 0. From the last sample to the death, where that is no gap,
///   the total grows on as it did in the last interval, or to what was
///   read of the task after its end. After longer silence its edges are null. Without a known death,
///   bins that end after the last sample are null.
///
/// **Error.** At a birth work moves between the bins up to the first sample, and none is added or lost.
/// At a death the total is wrong by at most the time from the last sample to the death times the
/// change of the rate in it, and not at all where the account was read after the end. A restart without
/// a new task loses what was counted since the sample before: at most one interval of work.
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
