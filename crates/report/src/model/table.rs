//! Tables of figures that were rounded by those who know their uncertainty.

use serde::{Deserialize, Serialize};

use super::Status;

/// A table.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Table {
    /// Heading.
    pub title: String,
    /// One or two sentences below the heading. May be empty.
    pub note: String,
    /// Columns from left to right.
    pub columns: Vec<Column>,
    /// Rows; each has as many cells as there are columns.
    pub rows: Vec<Vec<Cell>>,
}

/// A column of a table.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Column {
    /// Heading.
    pub label: String,
    /// Unit as text, printed below the heading. May be empty.
    pub unit: String,
    /// Numbers are set to the right.
    pub align: Align,
}

impl Column {
    /// A column of words.
    #[must_use]
    pub fn text(label: impl Into<String>) -> Self {
        Self { label: label.into(), unit: String::new(), align: Align::Left }
    }

    /// A column of numbers in `unit`.
    #[must_use]
    pub fn number(label: impl Into<String>, unit: impl Into<String>) -> Self {
        Self { label: label.into(), unit: unit.into(), align: Align::Right }
    }
}

/// To which side the cells of a column are set.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Align {
    /// Words, at the left.
    #[default]
    Left,
    /// Numbers, at the right, so that their digits stand below each other.
    Right,
}

/// A cell of a table.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Cell {
    /// What is printed; empty prints a dash.
    pub text: String,
    /// Shows the sign of the status beside the text, when there is one.
    pub status: Option<Status>,
}

impl From<String> for Cell {
    fn from(text: String) -> Self {
        Self { text, status: None }
    }
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        Self::from(text.to_owned())
    }
}
