//! Raw samples of servers: one series is one metric of one task, as its source told it.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::metric::{Kind, Meaning};

/// One value with the moment at which it was true.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Sample {
    /// When the value was true, Unix seconds.
    pub t_unix_s: f64,
    /// The value, as the source told it.
    #[serde(with = "crate::nonfinite")]
    pub value: f64,
}

impl Sample {
    /// A value at an instant (Unix seconds).
    pub fn new(t_unix_s: f64, value: f64) -> Self {
        Self { t_unix_s, value }
    }
}

/// What a series is: everything but its samples. Equal identities are one series.
///
/// Whoever fetches decides it once, by a catalogue, and it is stored with the samples, so that a reader needs no catalogue.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Identity {
    /// Service as named in the stack, exact: `ms-exercise` is not `ms-exercise-envoy`.
    pub service: String,
    /// Task (container, process) that was measured; each task is a series of its own.
    pub task: String,
    /// Name at the source, for example `container_cpu_usage_seconds_total`.
    pub metric: String,
    /// What it says.
    pub meaning: Meaning,
    /// How it is brought onto bins.
    pub kind: Kind,
    /// Unit after scaling, for example `s`, `bytes`, `ms`; empty when dimensionless.
    pub unit: String,
    /// Factor from the source's numbers to `unit`: of the values, or, for [`Kind::Bucket`], of the bound `le`.
    pub scale: f64,
    /// The service behind a proxy that the series speaks of, where the proxy tells them apart.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub upstream: Option<String>,
    /// Whether `task` is the orchestrator's own name of the task, so that its life is known exactly; otherwise it is an
    /// address.
    pub task_is_exact: bool,
    /// Further labels that tell series of one task apart, for example `le` or the response class.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
}

/// A sample on its way from a source to the run folder.
#[derive(Debug, Clone, PartialEq)]
pub struct Reading {
    /// Which series; shared, since there are many samples of few series.
    pub series: Arc<Identity>,
    /// When the value was true, Unix seconds, on the clock of the machine that sampled.
    pub t_unix_s: f64,
    /// The value, as the source told it.
    pub value: f64,
}

/// One series with everything needed to bring it onto bins.
#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    /// What it is.
    pub identity: Arc<Identity>,
    /// Seconds between samples, as measured ([`interval_s`]); the measure of what counts as a gap.
    pub interval_s: f64,
    /// Values in order of time.
    pub samples: Vec<Sample>,
    /// When the task was started, Unix seconds; from then a counter counts from 0. `None`: unknown.
    pub born_unix_s: Option<f64>,
    /// When the task ended, Unix seconds; from then it adds nothing. `None`: alive or unknown.
    pub died_unix_s: Option<f64>,
}

impl Series {
    /// A series of a task whose life is unknown. Samples are sorted, of those at one instant the last given is kept, and
    /// the interval is measured; `expected_interval_s` stands in where there is a single sample.
    pub fn new(identity: Arc<Identity>, mut samples: Vec<Sample>, expected_interval_s: f64) -> Self {
        sort(&mut samples);
        let interval_s = interval_s(&samples).unwrap_or(expected_interval_s);
        Self { identity, interval_s, samples, born_unix_s: None, died_unix_s: None }
    }
}

/// A series without its samples: what is held of all series at once.
#[derive(Debug, Clone, PartialEq)]
pub struct Head {
    /// What it is.
    pub identity: Arc<Identity>,
    /// As [`Series::interval_s`].
    pub interval_s: f64,
    /// As [`Series::born_unix_s`].
    pub born_unix_s: Option<f64>,
    /// As [`Series::died_unix_s`].
    pub died_unix_s: Option<f64>,
    /// Time of the first sample, Unix seconds; `None` without one.
    pub first_unix_s: Option<f64>,
    /// Time of the last sample.
    pub last_unix_s: Option<f64>,
    /// Number of samples; of fewer than three no interval is measured.
    pub samples: u64,
}

impl Head {
    /// The head of a series.
    pub fn of(series: &Series) -> Self {
        Self {
            identity: Arc::clone(&series.identity),
            interval_s: series.interval_s,
            born_unix_s: series.born_unix_s,
            died_unix_s: series.died_unix_s,
            first_unix_s: series.samples.first().map(|s| s.t_unix_s),
            last_unix_s: series.samples.last().map(|s| s.t_unix_s),
            samples: series.samples.len() as u64,
        }
    }

    /// The series with its samples.
    pub fn with(&self, samples: Vec<Sample>) -> Series {
        Series {
            identity: Arc::clone(&self.identity),
            interval_s: self.interval_s,
            samples,
            born_unix_s: self.born_unix_s,
            died_unix_s: self.died_unix_s,
        }
    }
}

/// Sorts by time and keeps the last written of those that share a timestamp: ranges fetched piecewise overlap.
fn sort(samples: &mut Vec<Sample>) {
    samples.sort_by(|a, b| a.t_unix_s.total_cmp(&b.t_unix_s));
    // dedup keeps the first of equals; walking backwards keeps the last one written.
    samples.reverse();
    samples.dedup_by(|a, b| a.t_unix_s == b.t_unix_s);
    samples.reverse();
}

/// The time between samples, seconds; `None` of a single sample: the mean of the gaps that are shorter than twice the median.
/// A hole, or a burst after one, does not move it. Not the median itself: of samples that their source stamps when it looked
/// (cAdvisor, each 0.5 to 1 s) the gaps are skewed, and their median is up to a quarter shorter than what lies between two
/// scrapes.
pub fn interval_s(samples: &[Sample]) -> Option<f64> {
    let mut gaps: Vec<f64> = samples.windows(2).map(|w| w[1].t_unix_s - w[0].t_unix_s).collect();
    if gaps.is_empty() {
        return None;
    }
    let middle = gaps.len() / 2;
    let (_, median, _) = gaps.select_nth_unstable_by(middle, f64::total_cmp);
    let hole_s = 2.0 * *median;
    gaps.retain(|gap| *gap < hole_s);
    (!gaps.is_empty()).then(|| gaps.iter().sum::<f64>() / gaps.len() as f64)
}

#[doc(hidden)]
pub mod fixture {
    use super::*;

    /// A counter of CPU seconds of one task.
    pub fn identity(service: &str, task: &str) -> Identity {
        Identity {
            service: service.into(),
            task: task.into(),
            metric: "container_cpu_usage_seconds_total".into(),
            meaning: Meaning::CPU,
            kind: Kind::Counter,
            unit: "s".into(),
            scale: 1.0,
            upstream: None,
            task_is_exact: true,
            labels: BTreeMap::new(),
        }
    }

    /// When cAdvisor looked at a container that Prometheus scraped each second, seconds; when others were started, at 33.5,
    /// an answer came too late. From a Swarm on a busy machine.
    pub const STAMPED_BY_ITS_SOURCE: [f64; 54] = [
        0.94, 1.92, 2.85, 3.75, 5.09, 5.94, 6.8, 7.98, 8.74, 9.35, 11.06, 12.39, 13.36, 15.0, 15.9, 16.44,
        18.07, 18.59, 19.33, 20.43, 21.26, 22.9, 24.08, 24.74, 25.5, 27.03, 27.75, 28.54, 29.9, 30.88, 31.56,
        34.51, 36.01, 36.82, 37.8, 38.42, 39.33, 40.19, 41.17, 43.03, 44.56, 45.93, 46.9, 47.92, 48.62,
        49.54, 51.44, 52.44, 53.26, 55.17, 56.21, 56.84, 58.08, 59.26,
    ];

    /// A series of it, sampled once a second.
    pub fn series(task: &str, samples: &[(f64, f64)]) -> Series {
        let samples = samples.iter().map(|&(t, v)| Sample::new(t, v)).collect();
        Series { interval_s: 1.0, ..Series::new(Arc::new(identity("web", task)), samples, 1.0) }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn points(samples: &[(f64, f64)]) -> Vec<Sample> {
        samples.iter().map(|&(t, v)| Sample::new(t, v)).collect()
    }

    #[test]
    fn overlapping_pieces_become_one_sorted_series() {
        let samples = points(&[(2.0, 4.0), (1.0, 1.0), (2.0, 5.0), (3.0, 6.0)]);
        let series = Series::new(Arc::new(fixture::identity("web", "a")), samples, 9.0);
        let values: Vec<_> = series.samples.iter().map(|s| (s.t_unix_s, s.value)).collect();
        assert_eq!(values, [(1.0, 1.0), (2.0, 5.0), (3.0, 6.0)]);
        assert_eq!(series.interval_s, 1.0);
    }

    #[test]
    fn the_interval_is_measured_and_a_hole_does_not_move_it() {
        assert_eq!(interval_s(&points(&[(0.0, 0.0), (15.0, 0.0), (30.0, 0.0), (300.0, 0.0)])), Some(15.0));
        assert_eq!(interval_s(&points(&[(0.0, 0.0), (15.0, 0.0)])), Some(15.0));
        assert_eq!(interval_s(&points(&[(0.0, 0.0)])), None);
        assert_eq!(interval_s(&points(&[(1.0, 0.0), (1.0, 0.0)])), None);
        // One scrape in ten missed.
        let missing = (0..100).filter(|i| i % 10 != 5).map(|i| (f64::from(i), 0.0));
        assert_eq!(interval_s(&points(&missing.collect::<Vec<_>>())), Some(1.0));
    }

    #[test]
    fn stamps_of_the_source_do_not_make_it_seem_faster_than_it_is_scraped() {
        let interval_s = interval_s(&points(&fixture::STAMPED_BY_ITS_SOURCE.map(|t| (t, 0.0)))).unwrap();
        assert!((0.99..1.1).contains(&interval_s), "scraped each second, and measured {interval_s} s");
    }
}
