//! Feeders: tables of values that users take rows from.

mod csv;
mod jsonl;

use std::sync::Arc;

use serde::Serialize;
use thiserror::Error;

/// Largest accepted text of a table, bytes.
pub const MAXIMUM_TABLE_BYTES: usize = 64 << 20;

/// Most columns of a table.
pub const MAXIMUM_COLUMNS: usize = 256;

/// A table that users take rows from. `{{name.column}}` is the value in the user's current row.
///
/// A row is taken when an iteration of a task begins that uses the feeder, and kept to its end. A feeder that
/// the class uses in `on_start` gives each user one row at its start, for all that it does.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Feeder {
    /// Name before the dot.
    pub name: String,
    /// Which row comes next.
    pub order: Order,
    /// What happens behind the last row.
    pub exhausted: Exhausted,
    /// The rows.
    #[serde(serialize_with = "summary")]
    pub table: Arc<Table>,
}

/// Which row a user takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Order {
    /// Row after row over all users. With `n` threads each takes every n-th row, without asking the others: no
    /// row is taken twice in one round, but threads need not be equally far.
    #[default]
    Sequential,
    /// Any row, by the user's own seeded generator. Never exhausted.
    Random,
    /// The row of the user's number: always the same for one user, and no two users share one as long as
    /// there are enough.
    Unique,
}

/// What happens when no row is left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Exhausted {
    /// The first row follows the last.
    #[default]
    Cycle,
    /// The request that needed the row fails as
    /// [`ErrorKind::FeederExhausted`](swarmlab_intervals::ErrorKind::FeederExhausted). A user of the closed model then
    /// leaves for good; in the open model each such arrival fails.
    Stop,
}

/// A table, its cells one behind the other.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Table {
    columns: Vec<String>,
    text: String,
    /// End of each cell in `text`, row by row.
    ends: Vec<u32>,
}

/// Why bytes are no table.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("line {line}: {problem}")]
pub struct TableError {
    /// Line, from 1.
    pub line: usize,
    /// What is wrong there.
    pub problem: TableProblem,
}

/// What is wrong with a table.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum TableProblem {
    /// More than [`MAXIMUM_TABLE_BYTES`].
    #[error("the table has {0} bytes, more than {MAXIMUM_TABLE_BYTES}")]
    TooLarge(usize),
    /// Bytes that are not UTF-8.
    #[error("not UTF-8")]
    NotUtf8,
    /// Nothing but names of columns.
    #[error("the table has no rows")]
    NoRows,
    /// A column without a name, or two of one name.
    #[error("column {0:?} has no name or one that another column has")]
    Column(String),
    /// More than [`MAXIMUM_COLUMNS`].
    #[error("more than {MAXIMUM_COLUMNS} columns")]
    TooManyColumns,
    /// Another number of fields than the first line has.
    #[error("{found} fields, but the first line names {expected} columns")]
    Fields {
        /// Fields of this line.
        found: usize,
        /// Columns of the table.
        expected: usize,
    },
    /// A quote that is never closed.
    #[error("a quote is never closed")]
    OpenQuote,
    /// A quote in the middle of a field.
    #[error("a quote may stand only around a whole field, doubled within it (RFC 4180)")]
    StrayQuote,
    /// A line that is no JSON object.
    #[error("not a JSON object: {0}")]
    NotAnObject(String),
    /// An object without a key that the first one has.
    #[error("key {0:?} of the first object is missing")]
    MissingKey(String),
    /// An object with a key that the first one has not.
    #[error("key {0:?} is not in the first object")]
    UnknownKey(String),
}

impl Table {
    /// Reads CSV (RFC 4180): names of columns in the first line, fields quoted where they hold commas, quotes
    /// or line ends. Blank lines are skipped (`""` is an empty value), a byte order mark too.
    ///
    /// # Errors
    /// The first thing that is wrong, with its line.
    pub fn csv(bytes: &[u8]) -> Result<Self, TableError> {
        csv::read(text_of(bytes)?)
    }

    /// Reads JSON lines: an object a line, all with the keys of the first. Strings are taken without quotes,
    /// null as nothing, everything else as compact JSON.
    ///
    /// # Errors
    /// The first thing that is wrong, with its line.
    pub fn jsonl(bytes: &[u8]) -> Result<Self, TableError> {
        jsonl::read(text_of(bytes)?)
    }

    /// Names of the columns.
    pub fn columns(&self) -> &[String] {
        &self.columns
    }

    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.ends.len() / self.columns.len().max(1)
    }

    /// A cell; empty outside of the table.
    pub fn cell(&self, row: usize, column: usize) -> &str {
        let index = row * self.columns.len() + column;
        let start = index.checked_sub(1).and_then(|before| self.ends.get(before)).copied().unwrap_or(0);
        self.ends.get(index).and_then(|&end| self.text.get(start as usize..end as usize)).unwrap_or_default()
    }

    /// Whether a cell of this column holds a line end or a zero, which would break out of a header.
    pub(super) fn breaks_headers(&self, column: usize) -> bool {
        (0..self.rows()).any(|row| self.cell(row, column).bytes().any(|b| matches!(b, b'\r' | b'\n' | 0)))
    }

    fn named(columns: Vec<String>, line: usize) -> Result<Self, TableError> {
        let wrong = |problem| Err(TableError { line, problem });
        if columns.len() > MAXIMUM_COLUMNS {
            return wrong(TableProblem::TooManyColumns);
        }
        for (index, name) in columns.iter().enumerate() {
            if name.is_empty() || columns[..index].contains(name) {
                return wrong(TableProblem::Column(name.clone()));
            }
        }
        Ok(Self { columns, ..Self::default() })
    }

    fn push(&mut self, cell: &str) {
        self.text.push_str(cell);
        self.end_cell();
    }

    fn end_cell(&mut self) {
        // The text of all cells is never longer than what was read, except for JSON written anew: that is at
        // most a few times longer, far below 4 GiB.
        self.ends.push(self.text.len() as u32);
    }

    fn finished(self, line: usize) -> Result<Self, TableError> {
        if self.ends.is_empty() {
            return Err(TableError { line, problem: TableProblem::NoRows });
        }
        Ok(self)
    }
}

fn text_of(bytes: &[u8]) -> Result<&str, TableError> {
    if bytes.len() > MAXIMUM_TABLE_BYTES {
        return Err(TableError { line: 1, problem: TableProblem::TooLarge(bytes.len()) });
    }
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let line = bytes[..error.valid_up_to()].iter().filter(|&&byte| byte == b'\n').count() + 1;
        TableError { line, problem: TableProblem::NotUtf8 }
    })?;
    Ok(text.strip_prefix('\u{feff}').unwrap_or(text))
}

fn summary<S: serde::Serializer>(table: &Arc<Table>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&format_args!("{} rows of {}", table.rows(), table.columns.join(", ")))
}
