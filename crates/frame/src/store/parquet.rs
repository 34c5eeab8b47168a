//! The only place that knows polars: typed columns in, typed columns out.

use std::fs::File;
use std::path::{Path, PathBuf};

use polars_core::prelude::{Column, DataFrame, NamedFrom, PolarsError, Series};
use polars_io::prelude::{KeyValueMetadata, ParquetCompression, ParquetReader, ParquetWriter, SerReader};

use super::atomic::write_whole;
use swarmlab_record::FileError;

/// A table on its way into a file.
pub(super) struct Sheet {
    height: usize,
    columns: Vec<Column>,
}

impl Sheet {
    pub(super) fn new(height: usize) -> Self {
        Self { height, columns: Vec::new() }
    }

    pub(super) fn numbers(&mut self, name: &str, values: impl Iterator<Item = Option<f64>>) {
        let values: Vec<Option<f64>> = values.collect();
        self.columns.push(Series::new(name.into(), values).into());
    }

    pub(super) fn counts(&mut self, name: &str, values: impl Iterator<Item = u64>) {
        let values: Vec<u64> = values.collect();
        self.columns.push(Series::new(name.into(), values).into());
    }

    pub(super) fn texts<'a>(&mut self, name: &str, values: impl Iterator<Item = &'a str>) {
        let values: Vec<&str> = values.collect();
        self.columns.push(Series::new(name.into(), values).into());
    }

    /// Writes the file; `description` goes into its key-value metadata.
    pub(super) fn write(self, path: &Path, description: Option<(&str, String)>) -> Result<(), FileError> {
        let broken = |source: PolarsError| FileError::Parquet { path: path.into(), source: Box::new(source) };
        let mut table = DataFrame::new(self.height, self.columns).map_err(broken)?;
        let metadata = description.map(|(k, v)| KeyValueMetadata::from_static(vec![(k.into(), v)]));
        write_whole(path, |out| {
            ParquetWriter::new(out)
                .with_compression(ParquetCompression::Zstd(None))
                .with_key_value_metadata(metadata)
                .finish(&mut table)
                .map_err(broken)?;
            Ok(())
        })
    }
}

/// A table read from a file.
pub(super) struct ReadSheet {
    path: PathBuf,
    table: DataFrame,
}

/// Reads a file, and what its metadata says under `key`.
pub(super) fn read(path: &Path, key: &str) -> Result<(ReadSheet, Option<String>), FileError> {
    let broken = |source: PolarsError| FileError::Parquet { path: path.into(), source: Box::new(source) };
    let file = File::open(path).map_err(FileError::io("open", path))?;
    let mut reader = ParquetReader::new(file);
    let metadata = reader.get_metadata().map_err(broken)?;
    let description = metadata
        .key_value_metadata()
        .iter()
        .flatten()
        .find(|pair| pair.key == key)
        .and_then(|pair| pair.value.clone());
    let table = reader.finish().map_err(broken)?;
    Ok((ReadSheet { path: path.into(), table }, description))
}

impl ReadSheet {
    pub(super) fn height(&self) -> usize {
        self.table.height()
    }

    fn column<T>(
        &self,
        name: &str,
        read: impl FnOnce(&Column) -> Result<T, PolarsError>,
    ) -> Result<T, FileError> {
        let wrong = |e: PolarsError| FileError::column(&self.path, name, e);
        read(self.table.column(name).map_err(wrong)?).map_err(wrong)
    }

    pub(super) fn numbers(&self, name: &str) -> Result<Vec<Option<f64>>, FileError> {
        self.column(name, |c| Ok(c.f64()?.iter().collect()))
    }

    /// Numbers of a column that has no nulls.
    pub(super) fn all_numbers(&self, name: &str) -> Result<Vec<f64>, FileError> {
        self.whole(name, self.numbers(name)?)
    }

    pub(super) fn counts(&self, name: &str) -> Result<Vec<u64>, FileError> {
        self.whole(name, self.column(name, |c| Ok(c.u64()?.iter().collect()))?)
    }

    pub(super) fn texts(&self, name: &str) -> Result<Vec<String>, FileError> {
        let texts =
            self.column(name, |c| Ok(c.str()?.iter().map(|t| t.map(str::to_owned)).collect::<Vec<_>>()))?;
        self.whole(name, texts)
    }

    fn whole<T>(&self, name: &str, values: Vec<Option<T>>) -> Result<Vec<T>, FileError> {
        let whole = values.into_iter().collect::<Option<Vec<T>>>();
        whole.ok_or_else(|| FileError::column(&self.path, name, "holds nulls where none may be"))
    }
}
