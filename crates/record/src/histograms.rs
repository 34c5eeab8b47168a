//! `histograms.hlog`: the load's interval histograms (HdrHistogram's own log format), written as they come.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};

use swarmlab_intervals::log::{self, LogWriter, Quantity};
use swarmlab_intervals::{Histogram, Interval, add_histogram, new_histogram};

use crate::FileError;
use crate::client::ALL_ENDPOINTS;

/// The log of one run. The file appears with the first interval, whose start is the log's zero.
pub struct HistogramLog {
    path: PathBuf,
    writer: Option<LogWriter<File>>,
}

impl HistogramLog {
    /// Prepares a log.
    pub fn new(path: &Path) -> Self {
        Self { path: path.to_owned(), writer: None }
    }

    /// Writes one interval and hands it to the kernel.
    pub fn write(&mut self, interval: &Interval) -> std::io::Result<()> {
        let writer = match &mut self.writer {
            Some(w) => w,
            None => {
                let file = File::options().write(true).create_new(true).open(&self.path)?;
                self.writer.insert(LogWriter::new(file, interval.start_unix_s)?)
            }
        };
        writer.write(interval)
    }
}

/// Histograms of a log, each quantity and endpoint merged over all intervals.
///
/// # Errors
/// A file that cannot be read, or that is no interval log.
pub fn read(path: &Path) -> Result<BTreeMap<(Quantity, String), Histogram>, FileError> {
    let bytes = std::fs::read(path).map_err(FileError::io("read", path))?;
    let entries = log::read(&bytes).map_err(|e| FileError::io("read", path)(std::io::Error::other(e)))?;
    Ok(log::merge(&entries))
}

/// Histograms by bin, quantity and endpoint; all endpoints together are [`ALL_ENDPOINTS`].
pub type Binned = BTreeMap<(i64, Quantity, String), Histogram>;

/// Histograms of a log, merged onto bins of `width_s` seconds from `origin_unix_s` on. An interval belongs to the bin that
/// holds its middle.
///
/// # Errors
/// As [`read`], and for a log that does not say when it began.
pub fn binned(path: &Path, origin_unix_s: f64, width_s: f64) -> Result<Binned, FileError> {
    let bytes = std::fs::read(path).map_err(FileError::io("read", path))?;
    let wrong = |what: String| FileError::io("read", path)(std::io::Error::other(what));
    let entries = log::read(&bytes).map_err(|e| wrong(e.to_string()))?;
    let start_unix_s =
        log::start_unix_s(&bytes).ok_or_else(|| wrong("the log has no start time".to_owned()))?;
    let mut out = Binned::new();
    for e in &entries {
        let middle_s = start_unix_s + e.start_s + e.length_s / 2.0 - origin_unix_s;
        let bin = (middle_s / width_s).floor() as i64;
        for endpoint in [e.endpoint.as_str(), ALL_ENDPOINTS] {
            let sum = out.entry((bin, e.quantity, endpoint.to_owned())).or_insert_with(new_histogram);
            add_histogram(sum, &e.histogram);
        }
    }
    Ok(out)
}

/// Response-time histograms of a log, merged over all intervals, by endpoint.
pub fn responses(path: &Path) -> Result<BTreeMap<String, Histogram>, FileError> {
    let all = read(path)?;
    Ok(all
        .into_iter()
        .filter(|((quantity, _), _)| *quantity == Quantity::Response)
        .map(|((_, endpoint), histogram)| (endpoint, histogram))
        .collect())
}
