//! `histograms.hlog`: the load's interval histograms (HdrHistogram's own log format), written as they come.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};

use swarmlab_intervals::log::{self, LogWriter, Quantity};
use swarmlab_intervals::{Histogram, Interval};

use crate::FileError;

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

/// Response-time histograms of a log, merged over all intervals, by endpoint.
pub fn responses(path: &Path) -> Result<BTreeMap<String, Histogram>, FileError> {
    let all = read(path)?;
    Ok(all
        .into_iter()
        .filter(|((quantity, _), _)| *quantity == Quantity::Response)
        .map(|((_, endpoint), histogram)| (endpoint, histogram))
        .collect())
}
