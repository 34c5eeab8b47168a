//! What can go wrong with a file, always naming the file.

use std::path::{Path, PathBuf};

/// Why a file could not be written or read.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// The operating system refused.
    #[error("cannot {action} {}: {source}", path.display())]
    Io {
        /// What was tried: `create`, `write`, `read`, …
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
    /// The file is no Parquet file, or a damaged one, or could not be encoded.
    #[error("{} is not usable as Parquet: {source}", path.display())]
    Parquet {
        /// The file.
        path: PathBuf,
        /// The reason.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A sound Parquet file, but not the table that was expected.
    #[error("{}, column {column}: {problem}", path.display())]
    Column {
        /// The file.
        path: PathBuf,
        /// The column.
        column: String,
        /// What is wrong with it.
        problem: String,
    },
    /// The description of the frame inside the file is missing or wrong.
    #[error("{} does not describe a frame: {problem}", path.display())]
    Description {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        problem: String,
    },
    /// A line of a journal that is not the last cannot be read.
    #[error("{}, line {line}: {source}", path.display())]
    Line {
        /// The file.
        path: PathBuf,
        /// Number of the line, from 1.
        line: usize,
        /// The reason.
        source: serde_json::Error,
    },
    /// A journal of samples is damaged before its end.
    #[error("{} is damaged at byte {offset}: {problem}", path.display())]
    Journal {
        /// The file.
        path: PathBuf,
        /// Where the frame that cannot be read begins.
        offset: u64,
        /// What is wrong with it.
        problem: String,
    },
    /// A row of a table has more or fewer cells than the header.
    #[error("{}: row {row} has {cells} cells under a header of {header}", path.display())]
    Ragged {
        /// The file.
        path: PathBuf,
        /// Number of the row, from 1, without the header.
        row: usize,
        /// Its cells.
        cells: usize,
        /// Cells of the header.
        header: usize,
    },
}

impl FileError {
    /// For `map_err` after a call to the operating system.
    pub fn io(action: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_path_buf();
        move |source| Self::Io { action, path, source }
    }

    /// For `map_err` on a column that is missing, or of another type or content.
    pub fn column(path: &Path, column: &str, problem: impl ToString) -> Self {
        Self::Column { path: path.into(), column: column.into(), problem: problem.to_string() }
    }
}
