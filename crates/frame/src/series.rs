//! Raw server samples: one series is one metric of one task, as it was scraped.

use std::collections::{BTreeMap, HashMap};

use serde::{Deserialize, Serialize};

/// One scraped value with its own timestamp.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Sample {
    /// When the value was true, Unix seconds.
    pub t_unix_s: f64,
    /// The value, in the unit of its series.
    #[serde(with = "crate::nonfinite")]
    pub value: f64,
}

impl Sample {
    /// A value at an instant (Unix seconds).
    pub fn new(t_unix_s: f64, value: f64) -> Self {
        Self { t_unix_s, value }
    }
}

/// What kind of quantity a series is, which decides how it is brought onto bins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A total that only grows, starts at 0 with its task and falls back to 0 on a restart.
    Counter,
    /// A level that is true at the instant of its sample.
    Gauge,
}

impl Kind {
    /// The name as stored in files: `counter` or `gauge`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Gauge => "gauge",
        }
    }

    /// The inverse of [`Kind::as_str`]; `None` for any other word.
    pub fn from_name(name: &str) -> Option<Self> {
        match name {
            "counter" => Some(Self::Counter),
            "gauge" => Some(Self::Gauge),
            _ => None,
        }
    }
}

/// One metric of one task with everything needed to bring it onto bins.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Series {
    /// Service as named in the stack, exact: `ms-exercise` is not `ms-exercise-envoy`.
    pub service: String,
    /// Task (container, process) that was measured; each task is a series of its own.
    pub task: String,
    /// Metric name as scraped, for example `container_cpu_usage_seconds_total`.
    pub metric: String,
    /// Unit of the values, for example `s`, `bytes`; empty when dimensionless.
    pub unit: String,
    /// Counter or gauge.
    pub kind: Kind,
    /// Seconds between scrapes as configured; the measure of what counts as a gap.
    pub scrape_interval_s: f64,
    /// Further labels that tell series of one task apart, for example `le` or the response class.
    pub labels: BTreeMap<String, String>,
    /// Values in order of time.
    pub samples: Vec<Sample>,
    /// When the task was started, Unix seconds; from then a counter counts from 0. `None`: unknown.
    ///
    /// For a series that appears late on a task already scraped (a response class that had not
    /// occurred), this is the last scrape that did not have it: the counter stood at 0 until then.
    pub born_unix_s: Option<f64>,
    /// When the task ended, Unix seconds; from then it adds nothing. `None`: alive or unknown.
    pub died_unix_s: Option<f64>,
}

/// What tells one series from another; two pieces with equal identity are one series.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Identity {
    service: String,
    task: String,
    metric: String,
    labels: BTreeMap<String, String>,
}

impl Series {
    fn identity(&self) -> Identity {
        Identity {
            service: self.service.clone(),
            task: self.task.clone(),
            metric: self.metric.clone(),
            labels: self.labels.clone(),
        }
    }

    /// Sorts the samples by time and keeps the last of those that share a timestamp.
    ///
    /// Ranges fetched piecewise overlap, so the same sample may arrive twice.
    pub fn normalise(&mut self) {
        self.samples.sort_by(|a, b| a.t_unix_s.total_cmp(&b.t_unix_s));
        // dedup keeps the first of equals; walking backwards keeps the last one written.
        self.samples.reverse();
        self.samples.dedup_by(|a, b| a.t_unix_s == b.t_unix_s);
        self.samples.reverse();
    }
}

/// Joins pieces of the same series (equal service, task, metric and labels) into one.
///
/// Order of first appearance is kept; samples are sorted and freed of duplicates; the latest known
/// birth, death, unit and interval win, since knowledge only improves while a run goes on.
pub fn merge(pieces: impl IntoIterator<Item = Series>) -> Vec<Series> {
    let mut place: HashMap<Identity, usize> = HashMap::new();
    let mut merged: Vec<Series> = Vec::new();
    for piece in pieces {
        if let Some(&i) = place.get(&piece.identity()) {
            let whole = &mut merged[i];
            whole.samples.extend(piece.samples);
            whole.born_unix_s = piece.born_unix_s.or(whole.born_unix_s);
            whole.died_unix_s = piece.died_unix_s.or(whole.died_unix_s);
            whole.unit = piece.unit;
            whole.kind = piece.kind;
            whole.scrape_interval_s = piece.scrape_interval_s;
        } else {
            place.insert(piece.identity(), merged.len());
            merged.push(piece);
        }
    }
    for series in &mut merged {
        series.normalise();
    }
    merged
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn piece(task: &str, samples: &[(f64, f64)]) -> Series {
        Series {
            service: "web".into(),
            task: task.into(),
            metric: "m".into(),
            unit: "s".into(),
            kind: Kind::Counter,
            scrape_interval_s: 1.0,
            labels: BTreeMap::new(),
            samples: samples.iter().map(|&(t, v)| Sample::new(t, v)).collect(),
            born_unix_s: None,
            died_unix_s: None,
        }
    }

    #[test]
    fn overlapping_pieces_become_one_sorted_series() {
        let mut last = piece("a", &[(2.0, 5.0), (3.0, 6.0)]);
        last.died_unix_s = Some(3.5);
        let first = piece("a", &[(2.0, 4.0), (1.0, 1.0)]);
        let merged = merge([first, piece("b", &[(1.0, 9.0)]), last]);
        assert_eq!(merged.len(), 2);
        let values: Vec<_> = merged[0].samples.iter().map(|s| (s.t_unix_s, s.value)).collect();
        assert_eq!(values, [(1.0, 1.0), (2.0, 5.0), (3.0, 6.0)]);
        assert_eq!(merged[0].died_unix_s, Some(3.5));
        assert_eq!(merged[1].task, "b");
    }

    #[test]
    fn labels_keep_series_apart() {
        let mut other = piece("a", &[(1.0, 1.0)]);
        other.labels.insert("le".into(), "5".into());
        assert_eq!(merge([piece("a", &[]), other]).len(), 2);
    }

    #[test]
    fn kinds_have_stable_names() {
        for kind in [Kind::Counter, Kind::Gauge] {
            assert_eq!(Kind::from_name(kind.as_str()), Some(kind));
        }
        assert_eq!(Kind::from_name("histogram"), None);
    }
}
