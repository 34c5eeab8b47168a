//! `series.parquet` and `samples.parquet`: who, and what when. One row a series, one row a sample, joined by `series`.
//!
//! Samples are in the order of the series, and within a series in order of time, in row groups of at most
//! [`GROUP_ROWS`]: a reader that wants one series reads one row group, and none has to hold them all.

mod heads;
mod read;
mod write;

use std::path::Path;

use swarmlab_record::FileError;
use swarmlab_record::series::Series;

pub use read::SeriesReader;
pub use write::SeriesWriter;

/// The most rows in a row group of `samples.parquet`.
pub const GROUP_ROWS: usize = 1 << 18;

/// Writes both tables.
///
/// # Errors
/// [`FileError`] naming the file.
pub fn write_series(series_path: &Path, samples_path: &Path, all: &[Series]) -> Result<(), FileError> {
    let mut writer = SeriesWriter::create(series_path, samples_path)?;
    for series in all {
        writer.push(series)?;
    }
    writer.finish()
}

/// Reads what [`write_series`] wrote, series in the same order.
///
/// # Errors
/// [`FileError`] naming the file, and the column when it is not as expected.
pub fn read_series(series_path: &Path, samples_path: &Path) -> Result<Vec<Series>, FileError> {
    SeriesReader::open(series_path, samples_path)?.collect()
}

#[cfg(test)]
mod tests;
