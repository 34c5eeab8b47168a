//! The only place that knows polars: typed columns in, typed columns out, one row group at a time.
//!
//! These are the crates beneath polars' data frames. A row group is encoded, compressed and written when it is full, and
//! read alone, so that neither side ever holds a whole table. Numbers are stored as byte streams, which zstd halves;
//! polars reads that encoding and does not write it, so its pages are made here ([`split`]), as are the pages of columns
//! that are long runs of equal numbers ([`runs`]).
//!
//! Unit and source of each column are metadata of its field in the Arrow schema, and as JSON under `swarmlab.columns` in
//! the file's own metadata.

mod read;
mod runs;
mod schema;
mod sheet;
mod split;
mod write;

pub(super) use read::TableReader;
pub(super) use schema::Spec;
pub(super) use sheet::{ReadSheet, Sheet, read};
pub(super) use write::{TableWriter, Values};

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use swarmlab_record::FileError;

/// Calls polars. It takes what a file says of itself at its word in places, and panics where that is impossible: for whoever
/// reads a damaged file that is an error like any other.
fn guarded<T>(path: &Path, read: impl FnOnce() -> Result<T, FileError>) -> Result<T, FileError> {
    catch_unwind(AssertUnwindSafe(read)).unwrap_or_else(|panic| {
        let said = panic.downcast_ref::<&str>().map(|s| (*s).to_owned());
        let said = said.or_else(|| panic.downcast_ref::<String>().cloned());
        let problem = format!("it is damaged ({})", said.as_deref().unwrap_or("impossible metadata"));
        Err(FileError::Parquet { path: path.into(), source: problem.into() })
    })
}

/// For `map_err` on what polars says.
fn broken<E: std::error::Error + Send + Sync + 'static>(path: &Path) -> impl Fn(E) -> FileError {
    let path = path.to_path_buf();
    move |source| FileError::Parquet { path: path.clone(), source: Box::new(source) }
}
