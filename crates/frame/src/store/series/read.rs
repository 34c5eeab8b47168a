//! Both tables read one series after the other.

use std::collections::VecDeque;
use std::path::Path;

use swarmlab_record::FileError;
use swarmlab_record::series::{Head, Sample, Series};

use super::heads;
use crate::store::parquet::TableReader;

/// Reads `series.parquet` and `samples.parquet`; as an iterator it gives each series in order, and holds no more than one
/// series and one row group. An error is the last that it gives.
pub struct SeriesReader {
    heads: Vec<Head>,
    samples: Samples,
    next: usize,
    failed: bool,
}

impl SeriesReader {
    /// Opens both files.
    ///
    /// # Errors
    /// [`FileError`] naming the file, and the column when it is not as expected.
    pub fn open(series_path: &Path, samples_path: &Path) -> Result<Self, FileError> {
        let (mut all, spanned) = heads::read_all(series_path)?;
        if !spanned {
            let mut samples = Samples::open(samples_path)?;
            for (number, head) in all.iter_mut().enumerate() {
                let of = samples.of(number as u64)?;
                head.first_unix_s = of.first().map(|s| s.t_unix_s);
                head.samples = of.len() as u64;
                head.last_unix_s = of.last().map(|s| s.t_unix_s);
            }
        }
        Ok(Self { heads: all, samples: Samples::open(samples_path)?, next: 0, failed: false })
    }

    /// All series without their samples, in order.
    pub fn heads(&self) -> &[Head] {
        &self.heads
    }

    /// The same, to give them other lives: the series that are read get them.
    pub fn heads_mut(&mut self) -> &mut [Head] {
        &mut self.heads
    }
}

impl Iterator for SeriesReader {
    type Item = Result<Series, FileError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.failed {
            return None;
        }
        let found = match self.heads.get(self.next) {
            Some(head) => Some(self.samples.of(self.next as u64).map(|samples| head.with(samples))),
            None => self.samples.end().err().map(Err),
        };
        self.next += 1;
        self.failed = matches!(found, Some(Err(_)));
        found
    }
}

/// The table of samples, from begin to end.
struct Samples {
    table: TableReader,
    group: usize,
    runs: VecDeque<(u64, usize)>,
    t_unix_s: Vec<f64>,
    value: Vec<f64>,
    at: usize,
}

impl Samples {
    fn open(path: &Path) -> Result<Self, FileError> {
        let table = TableReader::open(path)?;
        let (runs, t_unix_s, value) = (VecDeque::new(), Vec::new(), Vec::new());
        Ok(Self { table, group: 0, runs, t_unix_s, value, at: 0 })
    }

    /// The number of the series whose samples come next.
    fn current(&mut self) -> Result<Option<u64>, FileError> {
        while self.runs.is_empty() && self.group < self.table.groups() {
            self.runs = self.table.runs(self.group, "series")?.into();
            self.t_unix_s = self.table.all_numbers(self.group, "t_unix_s")?;
            self.value = self.table.all_numbers(self.group, "value")?;
            let rows: usize = self.runs.iter().map(|r| r.1).sum();
            if self.t_unix_s.len() != rows || self.value.len() != rows {
                return Err(FileError::column(self.table.path(), "value", "has another length than series"));
            }
            (self.group, self.at) = (self.group + 1, 0);
        }
        Ok(self.runs.front().map(|r| r.0))
    }

    fn of(&mut self, number: u64) -> Result<Vec<Sample>, FileError> {
        let mut out = Vec::new();
        while let Some(current) = self.current()? {
            if current > number {
                break;
            }
            if current < number {
                let problem = format!("samples of series {current} come behind those of later ones");
                return Err(FileError::column(self.table.path(), "series", problem));
            }
            let Some((_, count)) = self.runs.pop_front() else { break };
            let rows = self.at..self.at + count;
            self.at += count;
            let pairs = self.t_unix_s[rows.clone()].iter().zip(&self.value[rows]);
            out.extend(pairs.map(|(t_unix_s, value)| Sample { t_unix_s: *t_unix_s, value: *value }));
        }
        Ok(out)
    }

    fn end(&mut self) -> Result<(), FileError> {
        match self.current()? {
            Some(i) => {
                Err(FileError::column(self.table.path(), "series", format!("no series has the number {i}")))
            }
            None => Ok(()),
        }
    }
}
