//! Samples of any series as a tidy table: one row a sample, a column for its time, for each label, and for its value.
//!
//! Rows come series by series and are written at once; nothing of the table is held but, for Parquet, one row group.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use swarmlab_record::FileError;

use super::GROUP_ROWS;
use super::atomic::Partial;
use super::csv::{quoted, shortest};
use super::parquet::{Spec, TableWriter, Values};

/// Column of the time.
const TIME: &str = "t_unix_s";
/// Column of the value.
const VALUE: &str = "value";

/// How the table is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TidyFormat {
    /// RFC 4180; a label that a series does not have is an empty cell. NaN and infinities are `NaN`, `inf`, `-inf`.
    Csv,
    /// One JSON object a line: `t_unix_s`, `labels`, `value`. NaN and infinities are the texts `NaN`, `+Inf`, `-Inf`.
    JsonLines,
    /// Parquet; a label that a series does not have is an empty text.
    Parquet,
}

impl TidyFormat {
    /// By the ending of a file's name: `csv`, `jsonl` or `ndjson`, `parquet`.
    pub fn of(path: &Path) -> Option<Self> {
        match path.extension()?.to_str()?.to_ascii_lowercase().as_str() {
            "csv" => Some(Self::Csv),
            "jsonl" | "ndjson" => Some(Self::JsonLines),
            "parquet" => Some(Self::Parquet),
            _ => None,
        }
    }
}

/// The labels of all series, in order, with the names of their columns.
#[derive(Debug, Clone)]
struct Columns {
    labels: Vec<String>,
    names: Vec<String>,
}

impl Columns {
    /// A label that is called like another column gets `label_` before its name, as often as it needs.
    fn new(labels: impl IntoIterator<Item = String>) -> Self {
        let labels: Vec<String> = labels.into_iter().collect();
        let mut names: Vec<String> = Vec::with_capacity(labels.len());
        for label in &labels {
            let mut name = label.clone();
            while name == TIME
                || name == VALUE
                || names.contains(&name)
                || (name != *label && labels.contains(&name))
            {
                name = format!("label_{name}");
            }
            names.push(name);
        }
        Self { labels, names }
    }
}

/// The table as text, on its way to anywhere.
pub struct TidyText<W: Write> {
    out: W,
    columns: Columns,
    is_csv: bool,
    /// Begin of each JSON object.
    begin: String,
}

impl<W: Write> TidyText<W> {
    /// Begins a table of series with these labels; [`TidyFormat::Parquet`] is no text and becomes CSV.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn new(out: W, format: TidyFormat, labels: impl IntoIterator<Item = String>) -> io::Result<Self> {
        let is_csv = format != TidyFormat::JsonLines;
        let mut text = Self { out, columns: Columns::new(labels), is_csv, begin: "{".to_owned() };
        if is_csv {
            write!(text.out, "{TIME}")?;
            for name in &text.columns.names {
                write!(text.out, ",{}", quoted(name))?;
            }
            write!(text.out, ",{VALUE}\r\n")?;
        }
        Ok(text)
    }

    /// Gives each JSON line a field `event`, where lines of other things stand beside them.
    #[must_use]
    pub fn of_event(mut self, event: &str) -> Self {
        self.begin = format!("{{\"event\":\"{event}\",");
        self
    }

    /// Adds a series: its labels, then time (Unix seconds) and value of each sample.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn series(
        &mut self,
        labels: &BTreeMap<String, String>,
        samples: impl Iterator<Item = (f64, f64)>,
    ) -> io::Result<()> {
        let between = if self.is_csv {
            let cell = |label: &String| labels.get(label).map_or("".into(), |value| quoted(value));
            self.columns.labels.iter().fold(String::new(), |line, label| line + "," + &cell(label))
        } else {
            serde_json::to_string(labels)?
        };
        for (t_unix_s, value) in samples {
            if self.is_csv {
                write!(self.out, "{t_unix_s}{between},{}\r\n", shortest(value))?;
            } else {
                write!(self.out, "{}\"{TIME}\":{t_unix_s},\"labels\":{between},\"{VALUE}\":", self.begin)?;
                if value.is_finite() {
                    serde_json::to_writer(&mut self.out, &value)?;
                } else {
                    let sign = if value > 0.0 { "+" } else { "-" };
                    let word = if value.is_nan() { "NaN".to_owned() } else { format!("{sign}Inf") };
                    write!(self.out, "\"{word}\"")?;
                }
                self.out.write_all(b"}\n")?;
            }
        }
        Ok(())
    }

    /// Ends the table.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn finish(mut self) -> io::Result<W> {
        self.out.flush()?;
        Ok(self.out)
    }
}

/// The table as a file, which is there whole or not at all.
pub struct TidyFile {
    path: PathBuf,
    partial: Partial,
    to: To,
}

enum To {
    Text(TidyText<BufWriter<File>>),
    Parquet(Box<Rows>),
}

/// Rows of the row group under way.
struct Rows {
    table: TableWriter<BufWriter<File>>,
    labels: Vec<String>,
    t_unix_s: Vec<f64>,
    value: Vec<f64>,
    texts: Vec<Vec<String>>,
}

impl TidyFile {
    /// Begins a file of series with these labels.
    ///
    /// # Errors
    /// [`FileError`] naming the file.
    pub fn create(
        path: &Path,
        format: TidyFormat,
        labels: impl IntoIterator<Item = String>,
    ) -> Result<Self, FileError> {
        let (partial, out) = Partial::create(path)?;
        let to = match format {
            TidyFormat::Csv | TidyFormat::JsonLines => {
                To::Text(TidyText::new(out, format, labels).map_err(FileError::io("write", path))?)
            }
            TidyFormat::Parquet => {
                let Columns { labels, names } = Columns::new(labels);
                let label = |name: &String| Spec::texts(name, "label of the series; empty if it has none");
                let mut specs =
                    vec![Spec::all_numbers(TIME, "s", "time of the sample, Unix time of Prometheus")];
                specs.extend(names.iter().map(label));
                specs.push(Spec::all_numbers(VALUE, "", "as Prometheus told it"));
                let table = TableWriter::new(out, path, specs)?;
                let texts = vec![Vec::new(); labels.len()];
                To::Parquet(Box::new(Rows { table, labels, t_unix_s: Vec::new(), value: Vec::new(), texts }))
            }
        };
        Ok(Self { path: path.to_owned(), partial, to })
    }

    /// Adds a series: its labels, then time (Unix seconds) and value of each sample.
    ///
    /// # Errors
    /// [`FileError`] naming the file.
    pub fn series(
        &mut self,
        labels: &BTreeMap<String, String>,
        samples: impl Iterator<Item = (f64, f64)>,
    ) -> Result<(), FileError> {
        match &mut self.to {
            To::Text(text) => text.series(labels, samples).map_err(FileError::io("write", &self.path)),
            To::Parquet(rows) => {
                for (t_unix_s, value) in samples {
                    rows.add(labels, t_unix_s, value);
                    if rows.value.len() == GROUP_ROWS {
                        rows.group()?;
                    }
                }
                Ok(())
            }
        }
    }

    /// Ends the file, which gets its name now.
    ///
    /// # Errors
    /// [`FileError`] naming the file.
    pub fn finish(self) -> Result<(), FileError> {
        let out = match self.to {
            To::Text(text) => text.finish().map_err(FileError::io("write", &self.path))?,
            To::Parquet(mut rows) => {
                rows.group()?;
                rows.table.end(&[("swarmlab.table", "query".into())])?
            }
        };
        self.partial.commit(out)
    }
}

impl Rows {
    fn add(&mut self, labels: &BTreeMap<String, String>, t_unix_s: f64, value: f64) {
        self.t_unix_s.push(t_unix_s);
        self.value.push(value);
        for (label, column) in self.labels.iter().zip(&mut self.texts) {
            column.push(labels.get(label).cloned().unwrap_or_default());
        }
    }

    fn group(&mut self) -> Result<(), FileError> {
        let rows = self.value.len();
        let mut columns = vec![Values::AllNumbers(std::mem::take(&mut self.t_unix_s))];
        columns.extend(self.texts.iter_mut().map(|column| Values::Texts(std::mem::take(column))));
        columns.push(Values::AllNumbers(std::mem::take(&mut self.value)));
        self.table.group(rows, columns)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::parquet::read;
    use super::*;

    fn labels(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect()
    }

    const SAMPLES: [(f64, f64); 4] = [
        (1795275753.25, 1.5),
        (1795275754.25, f64::NAN),
        (1795275755.25, f64::INFINITY),
        (1795275756.25, f64::NEG_INFINITY),
    ];

    fn written(path: &Path) {
        let names = ["__name__", "job", "value"].map(str::to_owned);
        let mut file = TidyFile::create(path, TidyFormat::of(path).unwrap(), names).unwrap();
        file.series(&labels(&[("__name__", "a"), ("job", "x,\"y\"")]), SAMPLES.into_iter()).unwrap();
        file.series(&labels(&[("__name__", "b"), ("value", "é")]), [(2.0, 1e-7)].into_iter()).unwrap();
        assert!(!path.exists(), "whole or not at all");
        file.finish().unwrap();
    }

    #[test]
    fn each_format_keeps_labels_times_and_values() {
        let dir = tempfile::tempdir().unwrap();
        let [csv, lines, parquet] = ["a.csv", "a.jsonl", "a.PARQUET"].map(|name| dir.path().join(name));
        for path in [&csv, &lines, &parquet] {
            written(path);
        }
        assert_eq!(
            std::fs::read_to_string(csv).unwrap(),
            "t_unix_s,__name__,job,label_value,value\r\n\
             1795275753.25,a,\"x,\"\"y\"\"\",,1.5\r\n1795275754.25,a,\"x,\"\"y\"\"\",,NaN\r\n\
             1795275755.25,a,\"x,\"\"y\"\"\",,inf\r\n1795275756.25,a,\"x,\"\"y\"\"\",,-inf\r\n2,b,,é,1e-7\r\n"
        );
        let lines: Vec<serde_json::Value> = std::fs::read_to_string(lines)
            .unwrap()
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        let values: Vec<String> = lines.iter().map(|l| l["value"].to_string()).collect();
        assert_eq!(values, ["1.5", "\"NaN\"", "\"+Inf\"", "\"-Inf\"", "1e-7"]);
        assert_eq!(lines[4]["labels"], serde_json::json!({"__name__": "b", "value": "é"}));
        let sheet = read(&parquet).unwrap();
        assert_eq!(sheet.texts("label_value").unwrap(), ["", "", "", "", "é"]);
        assert_eq!(sheet.all_numbers("t_unix_s").unwrap()[3], 1795275756.25);
        let values = sheet.all_numbers("value").unwrap();
        assert!(values[1].is_nan() && values[2] == f64::INFINITY && values[4] == 1e-7);
    }

    #[test]
    fn a_file_that_is_not_finished_is_not_there() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.csv");
        drop(TidyFile::create(&path, TidyFormat::Csv, []).unwrap());
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
    }
}
