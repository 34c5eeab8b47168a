//! A table on its way into a file, one row group at a time.

use std::borrow::Cow;
use std::io::Write;
use std::path::{Path, PathBuf};

use polars_arrow::array::{Array, UInt64Array, Utf8ViewArray};
use polars_arrow::bitmap::Bitmap;
use polars_parquet::parquet::CowBuffer;
use polars_parquet::parquet::error::ParquetError;
use polars_parquet::parquet::metadata::Descriptor;
use polars_parquet::parquet::page::{DataPage, DataPageHeader, DataPageHeaderV1, DictPage};
use polars_parquet::parquet::schema::types::PrimitiveType;
use polars_parquet::parquet::statistics::PrimitiveStatistics;
use polars_parquet::parquet::write::{FileWriter, WriteOptions as FileOptions};
use polars_parquet::read::Page;
use polars_parquet::write::{
    CompressionOptions, Compressor, DynIter, DynStreamingIterator, Encoding, KeyValue, ParquetType,
    StatisticsOptions, Version, WriteOptions, ZstdLevel, array_to_columns, to_parquet_leaves,
    to_parquet_schema, write_def_levels,
};
use swarmlab_record::FileError;

use super::schema::{self, Spec};
use super::{broken, runs, split};

/// Rows of a page: a mebibyte of numbers.
const PAGE_ROWS: usize = 1 << 17;
/// Level of zstd.
const LEVEL: i32 = 1;

/// The values of one column and row group.
pub(in crate::store) enum Values<'a> {
    /// Numbers, null where unknown.
    Numbers(Cow<'a, [Option<f64>]>),
    /// Numbers, all of them known.
    AllNumbers(Vec<f64>),
    /// Whole numbers.
    Counts(Vec<u64>),
    /// Whole numbers that come in runs: number and length. No number may come twice.
    Runs(Vec<(u64, usize)>),
    /// Words.
    Texts(Vec<String>),
}

/// Writes a table.
pub(in crate::store) struct TableWriter<W: Write> {
    path: PathBuf,
    specs: Vec<Spec>,
    types: Vec<ParquetType>,
    options: WriteOptions,
    writer: FileWriter<W>,
}

type Pages = Vec<Result<Page, ParquetError>>;

impl<W: Write> TableWriter<W> {
    /// Begins a table of some columns; `path` is named in errors.
    pub(in crate::store) fn new(out: W, path: &Path, specs: Vec<Spec>) -> Result<Self, FileError> {
        let level = ZstdLevel::try_new(LEVEL).map_err(broken(path))?;
        let version = Version::V1;
        let options = WriteOptions {
            statistics: StatisticsOptions::default(),
            version,
            compression: CompressionOptions::Zstd(Some(level)),
            data_page_size: None,
        };
        let parquet = to_parquet_schema(&schema::arrow(&specs)).map_err(broken(path))?;
        let types = parquet.fields().to_vec();
        let created_by = concat!("swarmlab version ", env!("CARGO_PKG_VERSION")).to_owned();
        let for_file = FileOptions { write_statistics: true, version };
        let writer = FileWriter::new(out, parquet, for_file, Some(created_by));
        Ok(Self { path: path.into(), specs, types, options, writer })
    }

    /// Writes a row group: as many columns as were announced, in their order.
    pub(in crate::store) fn group(&mut self, rows: usize, columns: Vec<Values<'_>>) -> Result<(), FileError> {
        if rows == 0 {
            return Ok(());
        }
        let (options, types) = (self.options, &self.types);
        // Each column is encoded when the one before it is in the file.
        let columns = DynIter::new(columns.into_iter().zip(types).map(move |(values, parquet)| {
            let pages = pages(values, parquet, options)?;
            let compressor = Compressor::new(pages.into_iter(), options.compression, Vec::new());
            Ok::<_, ParquetError>(DynStreamingIterator::new(compressor))
        }));
        self.writer.write(rows as u64, columns).map_err(broken(&self.path))
    }

    /// Ends the table; `more` goes into the file's own metadata.
    pub(in crate::store) fn end(mut self, more: &[(&str, String)]) -> Result<W, FileError> {
        let pair = |key: &str, value: String| KeyValue { key: key.into(), value: Some(value) };
        let mut own = vec![("swarmlab.columns", schema::json(&self.specs))];
        own.extend(more.iter().cloned());
        let shown = [&own[..], &[("PANDAS_ATTRS", schema::attributes(&own))]].concat();
        let mut metadata = vec![pair("ARROW:schema", schema::encoded(&self.specs, &shown))];
        metadata.extend(own.into_iter().map(|(key, value)| pair(key, value)));
        self.writer.end(Some(metadata)).map_err(broken(&self.path))?;
        Ok(self.writer.into_inner())
    }
}

fn pages(values: Values<'_>, parquet: &ParquetType, options: WriteOptions) -> Result<Pages, ParquetError> {
    let leaf = to_parquet_leaves(parquet.clone()).into_iter().next();
    let leaf = leaf.ok_or_else(|| ParquetError::OutOfSpec("a column without a type".into()))?;
    match values {
        Values::AllNumbers(numbers) => {
            Ok(numbers.chunks(PAGE_ROWS).map(|n| Ok(number_page(n, n.len(), Vec::new(), &leaf))).collect())
        }
        Values::Numbers(numbers) => Ok(numbers.chunks(PAGE_ROWS).map(|n| nullable(n, &leaf)).collect()),
        Values::Runs(runs) => Ok(run_pages(&runs, &leaf)),
        Values::Counts(counts) => {
            by_polars(&UInt64Array::from_vec(counts), parquet, options, Encoding::DeltaBinaryPacked)
        }
        Values::Texts(texts) => {
            by_polars(&Utf8ViewArray::from_slice_values(&texts), parquet, options, Encoding::RleDictionary)
        }
    }
}

fn by_polars(
    array: &dyn Array,
    parquet: &ParquetType,
    options: WriteOptions,
    encoding: Encoding,
) -> Result<Pages, ParquetError> {
    let columns = array_to_columns(array.to_boxed(), parquet.clone(), options, &[encoding])?;
    Ok(columns.into_iter().flatten().map(|page| page.map_err(ParquetError::from)).collect())
}

fn nullable(numbers: &[Option<f64>], leaf: &PrimitiveType) -> Result<Page, ParquetError> {
    let known = Bitmap::from_iter(numbers.iter().map(Option::is_some));
    let mut levels = Vec::new();
    write_def_levels(&mut levels, true, Some(&known), numbers.len(), Version::V1)?;
    let values: Vec<f64> = numbers.iter().copied().flatten().collect();
    Ok(number_page(&values, numbers.len(), levels, leaf))
}

fn number_page(values: &[f64], rows: usize, levels: Vec<u8>, leaf: &PrimitiveType) -> Page {
    let mut buffer = levels;
    split::encode(values, &mut buffer);
    let ordered = || values.iter().copied().filter(|v| !v.is_nan());
    // By the format, a bound of zero stands for both zeros.
    let min_value = ordered().reduce(f64::min).map(|v| if v == 0.0 { -0.0 } else { v });
    let max_value = ordered().reduce(f64::max).map(|v| if v == 0.0 { 0.0 } else { v });
    let statistics = PrimitiveStatistics {
        primitive_type: leaf.clone(),
        null_count: Some((rows - values.len()) as i64),
        distinct_count: None,
        min_value,
        max_value,
    };
    data_page(buffer, rows, Encoding::ByteStreamSplit, statistics, leaf)
}

fn run_pages(runs: &[(u64, usize)], leaf: &PrimitiveType) -> Pages {
    let rows = runs.iter().map(|r| r.1).sum();
    let statistics = PrimitiveStatistics::<i64> {
        primitive_type: leaf.clone(),
        null_count: Some(0),
        distinct_count: None,
        min_value: runs.iter().map(|r| r.0 as i64).min(),
        max_value: runs.iter().map(|r| r.0 as i64).max(),
    };
    let dictionary = DictPage::new(CowBuffer::Owned(runs::dictionary(runs)), runs.len(), true);
    let data = data_page(runs::indices(runs), rows, Encoding::RleDictionary, statistics, leaf);
    vec![Ok(Page::Dict(dictionary)), Ok(data)]
}

fn data_page<T: polars_parquet::parquet::types::NativeType>(
    buffer: Vec<u8>,
    rows: usize,
    encoding: Encoding,
    statistics: PrimitiveStatistics<T>,
    leaf: &PrimitiveType,
) -> Page {
    let header = DataPageHeaderV1 {
        num_values: rows as i32,
        encoding: encoding.into(),
        definition_level_encoding: Encoding::Rle.into(),
        repetition_level_encoding: Encoding::Rle.into(),
        statistics: Some(statistics.serialize()),
    };
    let descriptor = Descriptor { primitive_type: leaf.clone(), max_def_level: 0, max_rep_level: 0 };
    Page::Data(DataPage::new(DataPageHeader::V1(header), CowBuffer::Owned(buffer), descriptor, rows))
}
