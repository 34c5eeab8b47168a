//! The results of several generators as one. Histograms are added value by value and counts are summed: nothing is
//! averaged, so the figures are those that one generator would have written.

pub mod folder;
mod source;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde::Serialize;
use swarmlab_intervals::Histogram;
use swarmlab_intervals::log::Quantity;
use swarmlab_intervals::trust::Trust;
use swarmlab_intervals::{add_histogram, new_histogram};
use swarmlab_present::recompute::RecomputeError;
use swarmlab_record::FileError;
use swarmlab_record::client::{self, ALL_ENDPOINTS, ClientRow, Totals};

pub use source::Source;

use crate::load::summary::{Counts, EndpointSummary, Quantiles, Times};

/// What several generators did together.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Merged {
    /// Version of this form.
    pub format: u32,
    /// Start of the first, seconds since the Unix epoch.
    pub start_unix_s: f64,
    /// From there to the end of the last, seconds.
    pub span_s: f64,
    /// Whether there was a moment at which all of them sent.
    pub overlap: bool,
    /// Complete answers per second of the span.
    pub requests_per_s: f64,
    /// Counts of all endpoints.
    pub counts: Counts,
    /// Times of all endpoints.
    pub times: Times,
    /// Time to establish a TCP or Unix connection.
    pub connect: Option<Quantiles>,
    /// Time of the TLS handshake after it.
    pub tls: Option<Quantiles>,
    /// Per endpoint, in the order of names.
    pub endpoints: Vec<EndpointSummary>,
    /// Each of them.
    pub generators: Vec<Generator>,
    /// What is wrong with their files: figures that rest on them are wrong as well.
    pub remarks: Vec<String>,
}

/// One generator.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Generator {
    /// Its folder.
    pub folder: String,
    /// Start of its first interval, seconds since the Unix epoch.
    pub start_unix_s: f64,
    /// From there to the end of its last, seconds.
    pub span_s: f64,
    /// Requests it sent.
    pub sent: u64,
    /// Its intervals.
    pub intervals: usize,
    /// Of them, called `SUSPECT` by the generator itself.
    pub suspect: usize,
    /// Of them, called `INVALID` by the generator itself.
    pub invalid: usize,
}

/// Why results cannot be merged.
#[derive(Debug, thiserror::Error)]
pub enum MergeError {
    /// A folder without the files of a load.
    #[error("{}: no results of a load: neither client.parquet nor client.jsonl is there", .0.display())]
    NoResults(PathBuf),
    /// A load of which nothing was written.
    #[error("{}: the load has no interval", .0.display())]
    Empty(PathBuf),
    /// Its requests would count twice.
    #[error("{} is given twice", .0.display())]
    Twice(PathBuf),
    /// A table cannot be read.
    #[error(transparent)]
    Store(#[from] FileError),
    /// The folder of all cannot be analysed.
    #[error(transparent)]
    Analysis(#[from] RecomputeError),
    /// A file cannot be read, or is damaged.
    #[error("{}: {source}", path.display())]
    Io {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
}

impl MergeError {
    /// Its number and name.
    pub fn code(&self) -> swarmlab_codes::Code {
        match self {
            Self::NoResults(_) => swarmlab_codes::NO_RESULTS,
            Self::Empty(_) => swarmlab_codes::EMPTY_RESULTS,
            Self::Twice(_) => swarmlab_codes::GIVEN_TWICE,
            Self::Analysis(e) => e.code(),
            Self::Store(_) | Self::Io { .. } => swarmlab_codes::UNREADABLE_RESULTS,
        }
    }
}

type Histograms = BTreeMap<(Quantity, String), Histogram>;

/// Reads the folders of loads (`swarmlab load --out`) or runs.
///
/// # Errors
/// The first folder that cannot be read, or is given twice.
pub fn read(folders: &[PathBuf]) -> Result<Vec<Source>, MergeError> {
    let mut seen = BTreeSet::new();
    let mut sources = Vec::new();
    for folder in folders {
        let real = folder.canonicalize().map_err(io(folder))?;
        if !seen.insert(real) {
            return Err(MergeError::Twice(folder.clone()));
        }
        sources.push(Source::read(folder)?);
    }
    Ok(sources)
}

/// Adds them up. The load alone counts, not its warm-up.
///
/// # Errors
/// The first that holds no load.
pub fn merge(sources: &[Source]) -> Result<Merged, MergeError> {
    let mut rows = Vec::new();
    let mut generators = Vec::new();
    let mut histograms = Histograms::new();
    for source in sources {
        let folder = source.folder.root();
        generators.push(generator(folder, &source.rows).ok_or_else(|| MergeError::Empty(folder.to_owned()))?);
        for (key, histogram) in source.log.merged() {
            add_histogram(histograms.entry(key).or_insert_with(new_histogram), &histogram);
        }
        rows.extend(source.rows.iter().cloned());
    }
    let least = |value: fn(&Generator) -> f64| generators.iter().map(value).fold(f64::INFINITY, f64::min);
    let most = |value: fn(&Generator) -> f64| generators.iter().map(value).fold(f64::NEG_INFINITY, f64::max);
    let (start, end) = (|g: &Generator| g.start_unix_s, |g: &Generator| g.start_unix_s + g.span_s);
    let (start_unix_s, span_s) = (least(start), most(end) - least(start));
    let per_s = |counts: &Counts| if span_s > 0.0 { counts.completed as f64 / span_s } else { 0.0 };
    let names: BTreeSet<&str> = client::endpoints(&rows).into_iter().collect();
    let endpoints = names
        .into_iter()
        .map(|name| {
            let counts = counts(&rows, name);
            let requests_per_s = per_s(&counts);
            EndpointSummary {
                name: name.to_owned(),
                requests_per_s,
                counts,
                times: times(&histograms, |of| of == name),
            }
        })
        .collect();
    let counts = counts(&rows, ALL_ENDPOINTS);
    Ok(Merged {
        format: 1,
        start_unix_s,
        span_s,
        overlap: most(start) < least(end),
        requests_per_s: per_s(&counts),
        counts,
        times: times(&histograms, |_| true),
        connect: quantiles(&histograms, Quantity::Connect, |_| true),
        tls: quantiles(&histograms, Quantity::Tls, |_| true),
        endpoints,
        generators,
        remarks: sources.iter().flat_map(|s| s.remarks.iter().cloned()).collect(),
    })
}

fn io(path: &Path) -> impl FnOnce(std::io::Error) -> MergeError {
    let path = path.to_owned();
    move |source| MergeError::Io { path, source }
}

/// Nothing where there is no interval.
fn generator(folder: &Path, rows: &[ClientRow]) -> Option<Generator> {
    let all: Vec<&ClientRow> = rows.iter().filter(|r| r.endpoint == ALL_ENDPOINTS).collect();
    let (first, last) = (all.first()?, all.last()?);
    let called = |trust: Trust| all.iter().filter(|r| r.trust == Some(trust)).count();
    Some(Generator {
        folder: folder.display().to_string(),
        start_unix_s: first.t_unix_s,
        span_s: last.t_unix_s + last.width_s - first.t_unix_s,
        sent: all.iter().map(|r| r.sent).sum(),
        intervals: all.len(),
        suspect: called(Trust::Suspect),
        invalid: called(Trust::Invalid),
    })
}

/// Of one endpoint, or of all, over everything that was sent.
fn counts(rows: &[ClientRow], endpoint: &str) -> Counts {
    let sum = Totals::of(rows, endpoint, f64::NEG_INFINITY, f64::INFINITY);
    Counts {
        offered: sum.offered,
        sent: sum.sent,
        completed: sum.completed,
        succeeded: sum.succeeded,
        failed: sum.failed,
        bytes_sent: sum.bytes_sent,
        bytes_received: sum.bytes_received,
        status: sum.statuses,
        errors: sum.errors,
    }
}

fn times(histograms: &Histograms, of: impl Fn(&str) -> bool + Copy) -> Times {
    Times {
        response: quantiles(histograms, Quantity::Response, of),
        service: quantiles(histograms, Quantity::Service, of),
        lateness: quantiles(histograms, Quantity::Lateness, of),
    }
}

/// Of one quantity over the endpoints that are wanted.
fn quantiles(histograms: &Histograms, quantity: Quantity, of: impl Fn(&str) -> bool) -> Option<Quantiles> {
    let mut sum = new_histogram();
    for (_, histogram) in histograms.iter().filter(|((q, endpoint), _)| *q == quantity && of(endpoint)) {
        add_histogram(&mut sum, histogram);
    }
    Quantiles::of(&sum, None)
}
