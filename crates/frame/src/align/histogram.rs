//! Histograms kept as cumulative `le` buckets: per bin, over all tasks, with honest quantiles.

use std::collections::BTreeMap;

use crate::clock::Bins;
use swarmlab_record::series::{Identity, Series};

use super::{TaskSum, Tolerance, counter_increase};

/// Counts below this are rounding of interpolated edges, not observations.
const NO_OBSERVATION: f64 = 1e-9;

/// Why bucket series do not make a histogram.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum HistogramError {
    /// A series without the label `le`.
    #[error("{metric} of task {task} has no label `le`")]
    NoBound {
        /// The metric.
        metric: String,
        /// The task.
        task: String,
    },
    /// A bound that is no number.
    #[error("{metric} of task {task} has the bucket bound {le:?}, which is no number")]
    BadBound {
        /// The metric.
        metric: String,
        /// The task.
        task: String,
        /// The label's value.
        le: String,
    },
    /// Two series for one bucket of one task: labels other than `le` were not told apart.
    #[error("{metric} of task {task} has two series for the bucket {le}")]
    TwoSeries {
        /// The metric.
        metric: String,
        /// The task.
        task: String,
        /// The bucket's upper bound.
        le: f64,
    },
    /// A task lacks a bucket that another has; cumulative counts cannot be added then.
    #[error("{metric} of task {task} lacks the bucket {le} that other tasks have")]
    OtherBounds {
        /// The metric.
        metric: String,
        /// The task.
        task: String,
        /// The bucket's upper bound.
        le: f64,
    },
    /// No bucket `+Inf`, so the number of observations is unknown.
    #[error("{metric} has no bucket `+Inf`")]
    NoTotal {
        /// The metric.
        metric: String,
    },
}

/// A quantile with the bounds of the bucket it lies in: the truth is between `low` and `high`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Quantile {
    /// Linear interpolation inside the bucket; in the open last bucket its lower bound.
    pub value: f64,
    /// Lower bound of the bucket (0 for the first: the observed quantities are not negative).
    pub low: f64,
    /// Upper bound of the bucket; infinite for the last.
    pub high: f64,
}

/// Observations per bucket and bin, summed over tasks.
#[derive(Debug, Clone, PartialEq)]
pub struct BinnedHistogram {
    /// Upper bounds, rising; the last is infinite.
    bounds: Vec<f64>,
    /// Per bin the cumulative number of observations up to each bound; `None` where unknown.
    cumulative: Vec<Option<Vec<f64>>>,
}

impl BinnedHistogram {
    /// The upper bounds of the buckets, rising; the last is infinite.
    pub fn bounds(&self) -> &[f64] {
        &self.bounds
    }

    /// Cumulative number of observations of a bin up to each of the bounds; `None` where unknown, or no bin.
    pub fn cumulative(&self, bin: usize) -> Option<&[f64]> {
        self.cumulative.get(bin)?.as_deref()
    }

    /// Number of observations in each bin (fractional: edges are interpolated).
    pub fn counts(&self) -> Vec<Option<f64>> {
        self.cumulative.iter().map(|c| c.as_ref()?.last().copied()).collect()
    }

    /// A quantile (0 to 1) of each bin; `None` where nothing is known or nothing was observed.
    pub fn quantile(&self, q: f64) -> Vec<Option<Quantile>> {
        self.cumulative.iter().map(|c| quantile_of(&self.bounds, c.as_ref()?, q)).collect()
    }

    /// A quantile (0 to 1) over a range of bins together, from the summed buckets. `None` when any
    /// bin of the range is unknown or missing, or nothing was observed.
    pub fn quantile_over(&self, range: std::ops::Range<usize>, q: f64) -> Option<Quantile> {
        let mut sum = vec![0.0; self.bounds.len()];
        for bin in self.cumulative.get(range)? {
            for (sum, count) in sum.iter_mut().zip(bin.as_ref()?) {
                *sum += count;
            }
        }
        quantile_of(&self.bounds, &sum, q)
    }
}

fn quantile_of(bounds: &[f64], cumulative: &[f64], q: f64) -> Option<Quantile> {
    let total = *cumulative.last()?;
    if !(0.0..=1.0).contains(&q) || total < NO_OBSERVATION {
        return None;
    }
    let rank = q * total;
    let (mut low, mut below) = (0.0, 0.0);
    for (&high, &upto) in bounds.iter().zip(cumulative) {
        if upto >= rank && upto - below > NO_OBSERVATION {
            let value = match high.is_finite() {
                true => low + (high - low) * ((rank - below) / (upto - below)).clamp(0.0, 1.0),
                false => low,
            };
            return Some(Quantile { value, low, high });
        }
        (low, below) = (high, upto);
    }
    None
}

/// Brings the bucket series of one histogram (one metric, any number of tasks) onto bins.
///
/// Each series carries its cumulative upper bound in the label `le`; all tasks must have the same
/// bounds. Series of one task that other labels tell apart are several histograms and are summed. Every bucket counter is differenced by the rules of [`counter_increase`], then summed over
/// tasks per bound. A bin is unknown when any bucket of any live task is. Cumulative counts that
/// rounding made fall from one bound to the next are lifted to their predecessor.
///
/// # Errors
/// [`HistogramError`] when the series are not the buckets of one histogram.
pub fn histogram(
    buckets: &[Series],
    bins: &Bins,
    tolerance: Tolerance,
) -> Result<BinnedHistogram, HistogramError> {
    let identities: Vec<&Identity> = buckets.iter().map(|s| s.identity.as_ref()).collect();
    let mut histogram = HistogramSum::new(&identities, bins)?;
    for (i, series) in buckets.iter().enumerate() {
        histogram.add(i, series, tolerance);
    }
    Ok(histogram.finish())
}

/// The same, one series after the other: it needs to know beforehand which there will be, and then holds what of a bound
/// has not yet come from all tasks.
#[derive(Debug)]
pub struct HistogramSum {
    bins: Bins,
    bounds: Vec<f64>,
    /// Index of the bound of each series.
    bound_of: Vec<usize>,
    sums: Vec<Sum>,
}

#[derive(Debug)]
enum Sum {
    /// So many tasks are still to come.
    Open(usize, TaskSum),
    Done(Vec<Option<f64>>),
}

impl HistogramSum {
    /// From the identities of all buckets.
    ///
    /// # Errors
    /// [`HistogramError`] when they are not the buckets of one histogram.
    pub fn new(buckets: &[&Identity], bins: &Bins) -> Result<Self, HistogramError> {
        let metric = || buckets.first().map(|s| s.metric.clone()).unwrap_or_default();
        let tasks = by_task(buckets)?;
        let Some(first) = tasks.values().next() else {
            return Err(HistogramError::NoTotal { metric: metric() });
        };
        let bounds: Vec<f64> = first.iter().map(|(le, _)| *le).collect();
        if bounds.last() != Some(&f64::INFINITY) {
            return Err(HistogramError::NoTotal { metric: metric() });
        }
        for ((task, _), series) in &tasks {
            let own: Vec<f64> = series.iter().map(|(le, _)| *le).collect();
            let lacking = bounds.iter().find(|b| !own.contains(b));
            let surplus = own.iter().find(|b| !bounds.contains(b));
            let (task, le) = match (lacking, surplus) {
                (Some(le), _) => (*task, *le),
                (None, Some(le)) => (tasks.keys().next().map_or("", |(task, _)| *task), *le),
                (None, None) => continue,
            };
            return Err(HistogramError::OtherBounds { metric: metric(), task: task.into(), le });
        }
        let mut bound_of = vec![0; buckets.len()];
        for series in tasks.values() {
            for (bound, (_, index)) in series.iter().enumerate() {
                bound_of[*index] = bound;
            }
        }
        let sums = bounds.iter().map(|_| Sum::Open(tasks.len(), TaskSum::default())).collect();
        Ok(Self { bins: *bins, bounds, bound_of, sums })
    }

    /// Adds the `index`-th bucket, each once.
    pub fn add(&mut self, index: usize, series: &Series, tolerance: Tolerance) {
        let Some(sum) = self.bound_of.get(index).and_then(|bound| self.sums.get_mut(*bound)) else { return };
        let Sum::Open(left, tasks) = sum else { return };
        tasks.add(&counter_increase(series, &self.bins, tolerance));
        *left -= 1;
        if *left == 0 {
            *sum = Sum::Done(tasks.sum());
        }
    }

    /// The histogram of all that was added.
    pub fn finish(self) -> BinnedHistogram {
        let per_bound: Vec<Vec<Option<f64>>> = self
            .sums
            .into_iter()
            .map(|sum| match sum {
                Sum::Open(_, tasks) => tasks.sum(),
                Sum::Done(values) => values,
            })
            .collect();
        let cumulative = (0..self.bins.count())
            .map(|bin| {
                let at_bin = |c: &Vec<Option<f64>>| c.get(bin).copied().flatten();
                let mut counts: Vec<f64> = per_bound.iter().map(at_bin).collect::<Option<_>>()?;
                for i in 1..counts.len() {
                    counts[i] = counts[i].max(counts[i - 1]);
                }
                Some(counts)
            })
            .collect();
        BinnedHistogram { bounds: self.bounds, cumulative }
    }
}

/// The buckets of one task in rising order of bound, by index.
type Buckets = Vec<(f64, usize)>;

/// One histogram of a task: its name, and the labels by which the task has several (a proxy's clusters, an answer's code).
type Of<'a> = (&'a str, Vec<(&'a str, &'a str)>);

fn by_task<'a>(buckets: &[&'a Identity]) -> Result<BTreeMap<Of<'a>, Buckets>, HistogramError> {
    let mut tasks: BTreeMap<Of<'_>, Buckets> = BTreeMap::new();
    for (index, series) in buckets.iter().enumerate() {
        let (metric, task) = (series.metric.clone(), series.task.clone());
        let Some(le) = series.labels.get("le") else {
            return Err(HistogramError::NoBound { metric, task });
        };
        // Rust reads `+Inf`, `1e3` and `1.0` as Prometheus writes them.
        let bound = le.parse::<f64>().ok().filter(|b| !b.is_nan());
        let Some(bound) = bound else {
            return Err(HistogramError::BadBound { metric, task, le: le.clone() });
        };
        let others = series.labels.iter().filter(|(label, _)| *label != "le");
        let of = (series.task.as_str(), others.map(|(k, v)| (k.as_str(), v.as_str())).collect());
        tasks.entry(of).or_default().push((bound, index));
    }
    for ((task, _), series) in &mut tasks {
        series.sort_by(|a, b| a.0.total_cmp(&b.0));
        if let Some(twice) = series.windows(2).find(|w| w[0].0 == w[1].0) {
            return Err(HistogramError::TwoSeries {
                metric: buckets.get(twice[0].1).map(|s| s.metric.clone()).unwrap_or_default(),
                task: (*task).into(),
                le: twice[0].0,
            });
        }
    }
    Ok(tasks)
}
