//! Tables small enough to be held whole.

use std::path::Path;

use swarmlab_record::FileError;

use super::{Spec, TableReader, TableWriter, Values};
use crate::store::atomic::write_whole;

/// A table on its way into a file, in one row group.
pub(in crate::store) struct Sheet<'a> {
    height: usize,
    specs: Vec<Spec>,
    columns: Vec<Values<'a>>,
}

impl<'a> Sheet<'a> {
    pub(in crate::store) fn new(height: usize) -> Self {
        Self { height, specs: Vec::new(), columns: Vec::new() }
    }

    /// Adds a column.
    pub(in crate::store) fn push(&mut self, spec: Spec, values: Values<'a>) {
        self.specs.push(spec);
        self.columns.push(values);
    }

    /// Writes the file; `more` goes into its own metadata.
    pub(in crate::store) fn write(self, path: &Path, more: &[(&str, String)]) -> Result<(), FileError> {
        write_whole(path, |out| {
            let mut table = TableWriter::new(out, path, self.specs)?;
            table.group(self.height, self.columns)?;
            table.end(more)?;
            Ok(())
        })
    }
}

/// A table of which whole columns are read.
pub(in crate::store) struct ReadSheet(TableReader);

/// Opens a file.
pub(in crate::store) fn read(path: &Path) -> Result<ReadSheet, FileError> {
    Ok(ReadSheet(TableReader::open(path)?))
}

impl ReadSheet {
    fn all<T>(
        &self,
        name: &str,
        of: impl Fn(usize) -> Result<Vec<T>, FileError>,
    ) -> Result<Vec<T>, FileError> {
        if !self.0.has(name) {
            return Err(FileError::column(self.0.path(), name, "is not there"));
        }
        let mut out = Vec::new();
        for group in 0..self.0.groups() {
            out.append(&mut of(group)?);
        }
        Ok(out)
    }

    pub(in crate::store) fn has(&self, name: &str) -> bool {
        self.0.has(name)
    }

    pub(in crate::store) fn text(&self, key: &str) -> Option<String> {
        self.0.text(key)
    }

    pub(in crate::store) fn numbers(&self, name: &str) -> Result<Vec<Option<f64>>, FileError> {
        self.all(name, |group| self.0.numbers(group, name))
    }

    /// Numbers of a column that has no nulls.
    pub(in crate::store) fn all_numbers(&self, name: &str) -> Result<Vec<f64>, FileError> {
        self.all(name, |group| self.0.all_numbers(group, name))
    }

    pub(in crate::store) fn counts(&self, name: &str) -> Result<Vec<u64>, FileError> {
        self.all(name, |group| self.0.counts(group, name))
    }

    pub(in crate::store) fn texts(&self, name: &str) -> Result<Vec<String>, FileError> {
        self.all(name, |group| self.0.texts(group, name))
    }
}
