//! The frame: one row a bin, one clock, a named column per quantity, nulls where nothing is known.

mod column;
mod name;

pub use column::{Column, Fold};
pub use name::{NameError, Owner};

use crate::clock::{Bins, ClockError, SAME_INSTANT_S};

/// Name of the column with the begin of each bin in Unix seconds.
pub const T_UNIX_S: &str = "t_unix_s";
/// Name of the column with the begin of each bin in seconds since the frame's zero.
pub const T_S: &str = "t_s";

/// Why a frame refuses what it is asked.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum FrameError {
    /// The column has more or fewer values than there are bins.
    #[error("column {column} has {values} values for {bins} bins")]
    Length {
        /// Name of the column.
        column: String,
        /// Its number of values.
        values: usize,
        /// The number of bins.
        bins: usize,
    },
    /// The name is taken.
    #[error("column {column} exists already ({present}); refused: {refused}")]
    Duplicate {
        /// The name of both columns.
        column: String,
        /// Where the present column comes from.
        present: String,
        /// Where the refused column comes from.
        refused: String,
    },
    /// Two owners would share their column names.
    #[error("{present:?} and {refused:?} both become `{prefix}_…` in column names: rename one of them")]
    OwnerCollision {
        /// Whom the present columns are about.
        present: Owner,
        /// Whom the refused column is about.
        refused: Owner,
        /// The word that both become.
        prefix: String,
    },
    /// No whole bin lies in the range.
    #[error("no whole bin lies between {from_unix_s} and {to_unix_s} (Unix seconds)")]
    EmptyRange {
        /// Begin of the range, Unix seconds.
        from_unix_s: f64,
        /// End of the range, Unix seconds.
        to_unix_s: f64,
    },
    /// Bins can only be put together in groups of one or more.
    #[error("cannot put bins together in groups of 0")]
    GroupOfNone,
    /// The coarser grid is not possible.
    #[error(transparent)]
    Clock(#[from] ClockError),
    /// The name is not possible.
    #[error(transparent)]
    Name(#[from] NameError),
}

/// The wide table: columns of equal length over one grid of bins.
#[derive(Debug, Clone, PartialEq)]
pub struct Frame {
    bins: Bins,
    zero_unix_s: f64,
    columns: Vec<Column>,
}

impl Frame {
    /// A frame without columns; its `t_s` counts from the first bin.
    pub fn new(bins: Bins) -> Self {
        Self::with_zero(bins, bins.origin_unix_s())
    }

    /// A frame whose `t_s` counts from another instant (the begin of the run, say).
    pub fn with_zero(bins: Bins, zero_unix_s: f64) -> Self {
        Self { bins, zero_unix_s, columns: Vec::new() }
    }

    /// The grid.
    pub fn bins(&self) -> &Bins {
        &self.bins
    }

    /// The instant at which `t_s` is 0, Unix seconds; a selection keeps it.
    pub fn zero_unix_s(&self) -> f64 {
        self.zero_unix_s
    }

    /// All columns in order of insertion, without the two time columns.
    pub fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// Begin of each bin, Unix seconds: the column `t_unix_s`.
    pub fn t_unix_s(&self) -> Vec<f64> {
        (0..self.bins.count()).map(|i| self.bins.edge(i)).collect()
    }

    /// Begin of each bin, seconds since the zero: the column `t_s`.
    ///
    /// Rounded to the microsecond, which is what a Unix time resolves: 0.3, not 0.29999995.
    pub fn t_s(&self) -> Vec<f64> {
        let offset_s = self.bins.origin_unix_s() - self.zero_unix_s;
        let t_s = |i: usize| offset_s + i as f64 * self.bins.width_s();
        (0..self.bins.count()).map(|i| (t_s(i) * 1e6).round() / 1e6).collect()
    }

    /// The values of a column; `None` when there is no such column.
    pub fn get(&self, name: &str) -> Option<&[Option<f64>]> {
        self.column(name).map(Column::values)
    }

    /// A column by name.
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|c| c.name() == name)
    }

    /// Adds a column.
    ///
    /// # Errors
    /// [`FrameError::Length`], [`FrameError::Duplicate`], [`FrameError::OwnerCollision`].
    pub fn push(&mut self, column: Column) -> Result<(), FrameError> {
        if column.values().len() != self.bins.count() {
            return Err(FrameError::Length {
                column: column.name().into(),
                values: column.values().len(),
                bins: self.bins.count(),
            });
        }
        let prefix = column.owner().prefix()?;
        for present in &self.columns {
            if present.owner() != column.owner() && present.owner().prefix()? == prefix {
                return Err(FrameError::OwnerCollision {
                    present: present.owner().clone(),
                    refused: column.owner().clone(),
                    prefix,
                });
            }
            if present.name() == column.name() {
                return Err(FrameError::Duplicate {
                    column: column.name().into(),
                    present: format!("{:?}, {}", present.owner(), present.source()),
                    refused: format!("{:?}, {}", column.owner(), column.source()),
                });
            }
        }
        self.columns.push(column);
        Ok(())
    }

    /// Adds columns, stopping at the first that is refused.
    ///
    /// # Errors
    /// As [`Frame::push`].
    pub fn extend(&mut self, columns: impl IntoIterator<Item = Column>) -> Result<(), FrameError> {
        columns.into_iter().try_for_each(|column| self.push(column))
    }

    /// The bins that lie wholly in `[from, to)`, Unix seconds; `t_s` keeps its zero.
    ///
    /// # Errors
    /// [`FrameError::EmptyRange`] when there is none.
    pub fn select_range(&self, from_unix_s: f64, to_unix_s: f64) -> Result<Self, FrameError> {
        let inside = |&i: &usize| {
            self.bins.edge(i) >= from_unix_s - SAME_INSTANT_S
                && self.bins.edge(i + 1) <= to_unix_s + SAME_INSTANT_S
        };
        let empty = FrameError::EmptyRange { from_unix_s, to_unix_s };
        let first = (0..self.bins.count()).find(inside).ok_or(empty)?;
        let count = (first..self.bins.count()).take_while(inside).count();
        let bins = Bins::new(self.bins.edge(first), self.bins.width_s(), count)?;
        let cut = |c: &Column| c.selected(first..first + count);
        Ok(Self { bins, columns: self.columns.iter().map(cut).collect(), ..*self })
    }

    /// A frame with bins `k` times as long, each column folded by its own rule ([`Fold`]).
    ///
    /// Columns that cannot be folded ([`Fold::Never`]) are left out, and so are the last bins when
    /// they do not fill a group.
    ///
    /// # Errors
    /// [`FrameError::GroupOfNone`] for `k == 0`.
    pub fn aggregate(&self, k: usize) -> Result<Self, FrameError> {
        if k == 0 {
            return Err(FrameError::GroupOfNone);
        }
        let width_s = self.bins.width_s() * k as f64;
        let bins = Bins::new(self.bins.origin_unix_s(), width_s, self.bins.count() / k)?;
        let columns = self
            .columns
            .iter()
            .filter(|c| k == 1 || c.fold() != Fold::Never)
            .map(|c| match k {
                1 => c.clone(),
                _ => c.with_values(c.values().chunks_exact(k).map(|g| c.fold().apply(g)).collect()),
            })
            .collect();
        Ok(Self { bins, columns, ..*self })
    }
}

#[cfg(test)]
mod tests;
