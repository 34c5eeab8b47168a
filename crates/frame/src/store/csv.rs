//! CSV by RFC 4180: CRLF line ends, quotes where needed, an empty cell where nothing is known.

use std::borrow::Cow;
use std::io::Write;
use std::path::Path;

use super::atomic::write_whole;
use crate::frame::{Frame, T_S, T_UNIX_S};
use swarmlab_record::FileError;

/// One cell of a table.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    /// Nothing is known: an empty cell.
    Null,
    /// Words.
    Text(String),
    /// A number, written with the fewest digits that read back as the same number; `NaN`, `inf` and
    /// `-inf` as such.
    Number(f64),
    /// A whole number.
    Integer(i64),
    /// `true` or `false`.
    Bool(bool),
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        Self::Text(text.into())
    }
}

impl From<String> for Cell {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<f64> for Cell {
    fn from(number: f64) -> Self {
        Self::Number(number)
    }
}

impl From<i64> for Cell {
    fn from(number: i64) -> Self {
        Self::Integer(number)
    }
}

impl From<bool> for Cell {
    fn from(truth: bool) -> Self {
        Self::Bool(truth)
    }
}

impl<T: Into<Cell>> From<Option<T>> for Cell {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

impl Cell {
    fn written(&self) -> Cow<'_, str> {
        match self {
            Self::Null => "".into(),
            Self::Text(text) => quoted(text),
            Self::Number(number) => shortest(*number).into(),
            Self::Integer(number) => number.to_string().into(),
            Self::Bool(truth) => truth.to_string().into(),
        }
    }
}

pub(super) fn quoted(text: &str) -> Cow<'_, str> {
    if text.contains(['"', ',', '\r', '\n']) {
        format!("\"{}\"", text.replace('"', "\"\"")).into()
    } else {
        text.into()
    }
}

/// Fewest digits that read back as the same number, with an exponent where digits would be zeros.
pub(super) fn shortest(number: f64) -> String {
    let size = number.abs();
    if number.is_finite() && size != 0.0 && !(1e-5..1e16).contains(&size) {
        format!("{number:e}")
    } else {
        number.to_string()
    }
}

/// Writes a table: a header, then rows of as many cells.
///
/// # Errors
/// [`FileError::Io`], and [`FileError::Ragged`] when a row does not fit the header (no file is
/// left then).
pub fn write_table_csv(
    path: &Path,
    header: &[&str],
    rows: impl IntoIterator<Item = Vec<Cell>>,
) -> Result<(), FileError> {
    write_whole(path, |out| {
        let mut line = |cells: &mut dyn Iterator<Item = Cow<'_, str>>| {
            for (i, cell) in cells.enumerate() {
                write!(out, "{}{cell}", if i > 0 { "," } else { "" })?;
            }
            out.write_all(b"\r\n")
        };
        line(&mut header.iter().map(|name| quoted(name))).map_err(FileError::io("write", path))?;
        for (i, cells) in rows.into_iter().enumerate() {
            if cells.len() != header.len() {
                return Err(FileError::Ragged {
                    path: path.into(),
                    row: i + 1,
                    cells: cells.len(),
                    header: header.len(),
                });
            }
            line(&mut cells.iter().map(Cell::written)).map_err(FileError::io("write", path))?;
        }
        Ok(())
    })
}

/// Writes a frame: the columns `t_unix_s`, `t_s`, then its own; one row a bin.
///
/// # Errors
/// [`FileError::Io`] naming the file.
pub fn write_frame_csv(path: &Path, frame: &Frame) -> Result<(), FileError> {
    let columns = frame.columns();
    let header: Vec<&str> = [T_UNIX_S, T_S].into_iter().chain(columns.iter().map(|c| c.name())).collect();
    let (t_unix_s, t_s) = (frame.t_unix_s(), frame.t_s());
    let rows = (0..frame.bins().count()).map(|i| {
        let time = [t_unix_s[i], t_s[i]].map(Cell::Number);
        time.into_iter().chain(columns.iter().map(|c| c.values()[i].into())).collect()
    });
    write_table_csv(path, &header, rows)
}
