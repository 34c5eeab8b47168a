//! Both tables on their way into files, one series after the other.

use std::fs::File;
use std::io::BufWriter;
use std::path::{Path, PathBuf};

use swarmlab_record::FileError;
use swarmlab_record::series::{Head, Series};

use super::{GROUP_ROWS, heads};
use crate::store::atomic::Partial;
use crate::store::parquet::{Spec, TableWriter, Values};

/// Writes `series.parquet` and `samples.parquet` and holds no more than one row group and the series without samples.
pub struct SeriesWriter {
    series_path: PathBuf,
    heads: Vec<Head>,
    partial: Partial,
    table: TableWriter<BufWriter<File>>,
    runs: Vec<(u64, usize)>,
    t_unix_s: Vec<f64>,
    value: Vec<f64>,
}

impl SeriesWriter {
    /// Begins both files; they appear under their names with [`SeriesWriter::finish`].
    ///
    /// # Errors
    /// [`FileError`] naming the file.
    pub fn create(series_path: &Path, samples_path: &Path) -> Result<Self, FileError> {
        let (partial, out) = Partial::create(samples_path)?;
        let specs = vec![
            Spec::counts("series", "", "number of the series in series.parquet, which says who it is"),
            Spec::all_numbers(
                "t_unix_s",
                "s",
                "when the value was true, Unix time on the clock of this machine",
            ),
            Spec::all_numbers(
                "value",
                "",
                "as the source told it; times scale of the series it has the unit of the series",
            ),
        ];
        Ok(Self {
            series_path: series_path.into(),
            heads: Vec::new(),
            partial,
            table: TableWriter::new(out, samples_path, specs)?,
            runs: Vec::new(),
            t_unix_s: Vec::with_capacity(GROUP_ROWS),
            value: Vec::with_capacity(GROUP_ROWS),
        })
    }

    /// Writes the next series.
    ///
    /// # Errors
    /// [`FileError`] naming the file.
    pub fn push(&mut self, series: &Series) -> Result<(), FileError> {
        let number = self.heads.len() as u64;
        self.heads.push(Head::of(series));
        // A series that fits into a row group is not split over two.
        if series.samples.len() <= GROUP_ROWS && self.value.len() + series.samples.len() > GROUP_ROWS {
            self.group()?;
        }
        let mut rest = &series.samples[..];
        while !rest.is_empty() {
            let (now, later) = rest.split_at(rest.len().min(GROUP_ROWS - self.value.len()));
            rest = later;
            self.runs.push((number, now.len()));
            self.t_unix_s.extend(now.iter().map(|s| s.t_unix_s));
            self.value.extend(now.iter().map(|s| s.value));
            if self.value.len() == GROUP_ROWS {
                self.group()?;
            }
        }
        Ok(())
    }

    fn group(&mut self) -> Result<(), FileError> {
        let rows = self.value.len();
        let full = |values: &mut Vec<f64>| std::mem::replace(values, Vec::with_capacity(GROUP_ROWS));
        let columns = vec![
            Values::Runs(std::mem::take(&mut self.runs)),
            Values::AllNumbers(full(&mut self.t_unix_s)),
            Values::AllNumbers(full(&mut self.value)),
        ];
        self.table.group(rows, columns)
    }

    /// Ends both files.
    ///
    /// # Errors
    /// [`FileError`] naming the file.
    pub fn finish(mut self) -> Result<(), FileError> {
        self.group()?;
        let out = self.table.end(&[("swarmlab.table", "samples".into())])?;
        self.partial.commit(out)?;
        // Whoever finds this file finds the samples.
        heads::write(&self.series_path, &self.heads)
    }
}
