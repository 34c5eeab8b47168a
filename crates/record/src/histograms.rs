//! `histograms.hlog`: the load's interval histograms (HdrHistogram's own log format), written as they come.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};

use swarmlab_intervals::log::{self, Entry, LogWriter, Quantity, RecordError};
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

/// A log that was read, as far as it can be.
#[derive(Debug, Clone, Default)]
pub struct Log {
    /// When it began, seconds since the Unix epoch (to the millisecond); not known of a log without its header.
    pub start_unix_s: Option<f64>,
    /// Its histograms.
    pub entries: Vec<Entry>,
    /// The lines that cannot be read.
    pub wrong: Vec<RecordError>,
}

impl Log {
    /// Reads a log; a file that is missing is an empty one.
    ///
    /// # Errors
    /// What the system refuses.
    pub fn read(path: &Path) -> Result<Self, FileError> {
        let bytes = match std::fs::read(path) {
            Ok(bytes) => bytes,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(Self::default()),
            Err(e) => return Err(FileError::io("read", path)(e)),
        };
        let (entries, wrong) = log::read_what_can_be(&bytes);
        Ok(Self { start_unix_s: log::start_unix_s(&bytes), entries, wrong })
    }

    /// Each quantity and endpoint, merged over all intervals.
    pub fn merged(&self) -> BTreeMap<(Quantity, String), Histogram> {
        log::merge(&self.entries)
    }

    /// Response times merged over all intervals, by endpoint.
    pub fn responses(&self) -> BTreeMap<String, Histogram> {
        let of_answers = self.entries.iter().filter(|e| e.quantity == Quantity::Response);
        log::merge(of_answers).into_iter().map(|((_, endpoint), histogram)| (endpoint, histogram)).collect()
    }

    /// Merged onto bins of `width_s` seconds from `origin_unix_s` on. An interval belongs to the bin that holds its middle.
    /// Nothing of a log that does not say when it began.
    pub fn binned(&self, origin_unix_s: f64, width_s: f64) -> Binned {
        let mut out = Binned::new();
        let Some(start_unix_s) = self.start_unix_s else { return out };
        for e in &self.entries {
            let middle_s = start_unix_s + e.start_s + e.length_s / 2.0 - origin_unix_s;
            let bin = bin_of(middle_s, width_s);
            let histogram = e.histogram.unpack();
            for endpoint in [e.endpoint.as_str(), ALL_ENDPOINTS] {
                let sum = out.entry((bin, e.quantity, endpoint.to_owned())).or_insert_with(new_histogram);
                add_histogram(sum, &histogram);
            }
        }
        out
    }
}

/// Histograms by bin, quantity and endpoint; all endpoints together are [`ALL_ENDPOINTS`].
pub type Binned = BTreeMap<(i64, Quantity, String), Histogram>;

/// The number of the bin that holds the middle of an interval, seconds from bin 0. Middles on an edge belong to the bin
/// behind it, also where rows are exact and the log is rounded to the millisecond, twice.
pub(crate) fn bin_of(middle_s: f64, width_s: f64) -> i64 {
    const ROUNDING_S: f64 = 0.002;
    ((middle_s + ROUNDING_S) / width_s).floor() as i64
}

/// Adds histograms to others, bin by bin.
pub fn add(sums: &mut Binned, more: &Binned) {
    for (key, histogram) in more {
        add_histogram(sums.entry(key.clone()).or_insert_with(new_histogram), histogram);
    }
}

/// Writes binned histograms as a log that begins with bin 0. Those of all endpoints together are not written: a reader
/// adds them up.
///
/// # Errors
/// What the disk refuses.
pub fn write(path: &Path, binned: &Binned, origin_unix_s: f64, width_s: f64) -> Result<(), FileError> {
    let io = || FileError::io("write", path);
    let file = File::create(path).map_err(io())?;
    let mut writer = LogWriter::new(file, origin_unix_s).map_err(io())?;
    let mut bins: BTreeMap<i64, Vec<(Quantity, &str, &Histogram)>> = BTreeMap::new();
    for ((bin, quantity, endpoint), histogram) in binned {
        if endpoint != ALL_ENDPOINTS {
            bins.entry(*bin).or_default().push((*quantity, endpoint, histogram));
        }
    }
    for (bin, histograms) in bins {
        writer.write_histograms(origin_unix_s + bin as f64 * width_s, width_s, histograms).map_err(io())?;
    }
    Ok(())
}
