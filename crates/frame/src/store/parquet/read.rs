//! A table in a file, read one column of one row group at a time.

use std::fs::File;
use std::io::Cursor;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use polars_arrow::array::{Array, PrimitiveArray, Utf8ViewArray};
use polars_arrow::datatypes::{ArrowDataType, Field};
use polars_arrow::types::NativeType;
use polars_buffer::Buffer;
use polars_parquet::parquet::error::ParquetError;
use polars_parquet::read::{
    BasicDecompressor, ColumnChunkMetadata, FileMetadata, PageReader, PhysicalType, column_iter_to_arrays,
    read_metadata,
};
use polars_parquet::write::Encoding;
use swarmlab_record::FileError;

use super::{broken, guarded, runs, split};

/// Reads a table.
pub(in crate::store) struct TableReader {
    path: PathBuf,
    file: File,
    metadata: FileMetadata,
}

impl TableReader {
    /// Opens a file and reads what it says of itself.
    pub(in crate::store) fn open(path: &Path) -> Result<Self, FileError> {
        let mut file = File::open(path).map_err(FileError::io("open", path))?;
        let metadata = guarded(path, || read_metadata(&mut file).map_err(broken(path)))?;
        Ok(Self { path: path.into(), file, metadata })
    }

    /// The file.
    pub(in crate::store) fn path(&self) -> &Path {
        &self.path
    }

    /// What the file's own metadata says under `key`.
    pub(in crate::store) fn text(&self, key: &str) -> Option<String> {
        let pairs = self.metadata.key_value_metadata().iter().flatten();
        pairs.into_iter().find(|pair| pair.key == key).and_then(|pair| pair.value.clone())
    }

    /// Number of row groups.
    pub(in crate::store) fn groups(&self) -> usize {
        self.metadata.row_groups.len()
    }

    /// Whether there is such a column.
    pub(in crate::store) fn has(&self, name: &str) -> bool {
        self.index(name).is_ok()
    }

    fn rows(&self, group: usize) -> usize {
        self.metadata.row_groups.get(group).map_or(0, |g| g.num_rows())
    }

    /// Reads a column of a row group, whatever the file says of itself; it must have as many values as the group has rows.
    fn column<T>(
        &self,
        group: usize,
        name: &str,
        rows: impl FnOnce(&T) -> usize,
        read: impl FnOnce() -> Result<T, FileError>,
    ) -> Result<T, FileError> {
        let values = guarded(&self.path, read)?;
        let (found, expected) = (rows(&values), self.rows(group));
        if found == expected {
            return Ok(values);
        }
        let problem = format!("has {found} values in a row group of {expected} rows");
        Err(FileError::column(&self.path, name, problem))
    }

    fn index(&self, name: &str) -> Result<usize, FileError> {
        let columns = self.metadata.schema().columns();
        let found =
            columns.iter().position(|c| matches!(&c.path_in_schema[..], [only] if only.as_str() == name));
        found.ok_or_else(|| FileError::column(&self.path, name, "is not there"))
    }

    /// A column of a row group as it lies in the file; its type is checked.
    fn chunk(
        &self,
        group: usize,
        name: &str,
        of: PhysicalType,
    ) -> Result<(&ColumnChunkMetadata, BasicDecompressor), FileError> {
        let index = self.index(name)?;
        let chunk = self.metadata.row_groups.get(group).and_then(|g| g.parquet_columns().get(index));
        let chunk =
            chunk.ok_or_else(|| FileError::column(&self.path, name, format!("has no row group {group}")))?;
        if chunk.physical_type() != of {
            let problem = format!("is of the type {:?}, not {of:?}", chunk.physical_type());
            return Err(FileError::column(&self.path, name, problem));
        }
        let range = chunk.byte_range();
        let length = self.file.metadata().map_err(FileError::io("read", &self.path))?.len();
        if range.end > length {
            return Err(FileError::column(&self.path, name, "lies beyond the end of the file"));
        }
        let mut bytes = vec![0; (range.end - range.start) as usize];
        self.file.read_exact_at(&mut bytes, range.start).map_err(FileError::io("read", &self.path))?;
        let reader = PageReader::new(Cursor::new(Buffer::from(bytes)), chunk, Vec::new(), usize::MAX);
        Ok((chunk, BasicDecompressor::new(reader, Vec::new())))
    }

    fn arrays(&self, group: usize, name: &str, of: PhysicalType) -> Result<Vec<Box<dyn Array>>, FileError> {
        let (chunk, pages) = self.chunk(group, name, of)?;
        let dtype = match of {
            PhysicalType::Double => ArrowDataType::Float64,
            PhysicalType::Int64 => ArrowDataType::UInt64,
            _ => ArrowDataType::Utf8View,
        };
        let field = Field::new(name.into(), dtype, true);
        let types = vec![&chunk.descriptor().descriptor.primitive_type];
        let (arrays, _) = column_iter_to_arrays(vec![pages], types, field, None)
            .map_err(|e| FileError::column(&self.path, name, e))?;
        Ok(arrays)
    }

    fn values<T: NativeType>(
        &self,
        group: usize,
        name: &str,
        of: PhysicalType,
    ) -> Result<Vec<Option<T>>, FileError> {
        let mut out = Vec::new();
        for array in self.arrays(group, name, of)? {
            let values = array.as_any().downcast_ref::<PrimitiveArray<T>>();
            let values = values.ok_or_else(|| FileError::column(&self.path, name, "is of another type"))?;
            out.extend(values.iter().map(|v| v.copied()));
        }
        Ok(out)
    }

    fn whole<T>(&self, name: &str, values: Vec<Option<T>>) -> Result<Vec<T>, FileError> {
        let whole = values.into_iter().collect::<Option<Vec<T>>>();
        whole.ok_or_else(|| FileError::column(&self.path, name, "holds nulls where none may be"))
    }

    /// Numbers of a row group, `None` where nothing is known.
    pub(in crate::store) fn numbers(&self, group: usize, name: &str) -> Result<Vec<Option<f64>>, FileError> {
        self.column(group, name, Vec::len, || self.values(group, name, PhysicalType::Double))
    }

    /// Numbers of a row group; the column has no nulls.
    pub(in crate::store) fn all_numbers(&self, group: usize, name: &str) -> Result<Vec<f64>, FileError> {
        self.column(group, name, Vec::len, || match self.split_numbers(group, name)? {
            Some(numbers) => Ok(numbers),
            None => self.whole(name, self.values(group, name, PhysicalType::Double)?),
        })
    }

    /// The same from pages as [`super::TableWriter`] writes them; `None` when they are others.
    fn split_numbers(&self, group: usize, name: &str) -> Result<Option<Vec<f64>>, FileError> {
        let (chunk, mut pages) = self.chunk(group, name, PhysicalType::Double)?;
        let required = chunk.descriptor().descriptor.max_def_level == 0;
        if !required || chunk.dictionary_page_offset().is_some() {
            return Ok(None);
        }
        let wrong = |e: ParquetError| FileError::column(&self.path, name, e);
        let mut out = Vec::with_capacity(usize::try_from(chunk.num_values()).unwrap_or(0).min(1 << 24));
        while let Some(item) = pages.next() {
            let page = item.map_err(wrong)?.decompress(&mut pages).map_err(wrong)?;
            let before = out.len();
            let is_split =
                page.encoding() == Encoding::ByteStreamSplit && split::decode(page.buffer(), &mut out);
            if !is_split || out.len() - before != page.num_values() {
                return Ok(None);
            }
            pages.reuse_page_buffer(page);
        }
        Ok(Some(out))
    }

    /// Whole numbers of a row group.
    pub(in crate::store) fn counts(&self, group: usize, name: &str) -> Result<Vec<u64>, FileError> {
        self.column(group, name, Vec::len, || {
            self.whole(name, self.values(group, name, PhysicalType::Int64)?)
        })
    }

    /// Whole numbers of a row group as runs of equal ones: number and length.
    pub(in crate::store) fn runs(&self, group: usize, name: &str) -> Result<Vec<(u64, usize)>, FileError> {
        let rows = |runs: &Option<Vec<(u64, usize)>>| match runs {
            Some(runs) => runs.iter().map(|r| r.1).sum(),
            // To be read another way.
            None => self.rows(group),
        };
        if let Some(runs) = self.column(group, name, rows, || self.stored_runs(group, name))? {
            return Ok(runs);
        }
        let mut out: Vec<(u64, usize)> = Vec::new();
        for number in self.counts(group, name)? {
            match out.last_mut() {
                Some((same, length)) if *same == number => *length += 1,
                _ => out.push((number, 1)),
            }
        }
        Ok(out)
    }

    fn stored_runs(&self, group: usize, name: &str) -> Result<Option<Vec<(u64, usize)>>, FileError> {
        let (chunk, mut pages) = self.chunk(group, name, PhysicalType::Int64)?;
        if chunk.descriptor().descriptor.max_def_level != 0 {
            return Ok(None);
        }
        let wrong = |e: ParquetError| FileError::column(&self.path, name, e);
        let Some(dictionary) = pages.read_dict_page().map_err(wrong)? else { return Ok(None) };
        let Some(item) = pages.next() else { return Ok(None) };
        let page = item.map_err(wrong)?.decompress(&mut pages).map_err(wrong)?;
        if page.encoding() != Encoding::RleDictionary || page.num_values() as i64 != chunk.num_values() {
            return Ok(None);
        }
        Ok(runs::decode(&dictionary.buffer, page.buffer(), page.num_values()))
    }

    /// Words of a row group.
    pub(in crate::store) fn texts(&self, group: usize, name: &str) -> Result<Vec<String>, FileError> {
        self.column(group, name, Vec::len, || {
            let mut out = Vec::new();
            for array in self.arrays(group, name, PhysicalType::ByteArray)? {
                let texts = array.as_any().downcast_ref::<Utf8ViewArray>();
                let texts = texts.ok_or_else(|| FileError::column(&self.path, name, "is of another type"))?;
                out.extend(texts.iter().map(|t| t.map(str::to_owned)));
            }
            self.whole(name, out)
        })
    }
}
