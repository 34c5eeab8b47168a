//! The files of a run, each written whole or not at all.
//!
//! | file | content | functions |
//! |---|---|---|
//! | `client.parquet` | client rows | [`write_client`], [`read_client`] |
//! | `series.parquet`, `samples.parquet` | raw server samples: who, and what when | [`SeriesWriter`], [`SeriesReader`] |
//! | `server.parquet` | the same in folders of the first layout | [`read_server`] |
//! | `frame.parquet` | the frame, with the owner and the folding rule of each column in the file's own metadata | [`write_frame`], [`read_frame`] |
//! | `frame.csv` | the same, for any program | [`write_frame_csv`] |
//! | what a query answered | one row a sample, a column a label: CSV, JSON lines or Parquet | [`TidyFile`], [`TidyText`] |
//! | `correlations.csv` and the like | any table | [`write_table_csv`] |
//!
//! Every Parquet file says unit and source of each column in the metadata of its fields and, as JSON under
//! `swarmlab.columns`, in the file's own.
//!
//! What is read equals what was written, bit for bit. Parquet is compressed with zstd. A file appears
//! under its name only when it is complete: it is written beside it and renamed.

mod atomic;
mod client;
mod csv;
mod frame;
mod parquet;
mod series;
mod server;
mod tidy;

pub use client::{read_client, write_client};
pub use csv::{Cell, write_frame_csv, write_table_csv};
pub use frame::{read_frame, write_frame};
pub use series::{GROUP_ROWS, SeriesReader, SeriesWriter, read_series, write_series};
pub use server::read_server;
pub use tidy::{TidyFile, TidyFormat, TidyText};

#[cfg(test)]
mod tests;
