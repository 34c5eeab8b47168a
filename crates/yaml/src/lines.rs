//! Positions in a text, many and fast.

use crate::Span;
use crate::span::floor_boundary;
use std::cell::Cell;

/// Byte offsets of line starts, and the last position asked for: positions come nearly in order, so that
/// each costs a short step and not a scan of the file.
pub(crate) struct LineIndex {
    starts: Vec<usize>,
    last: Cell<Position>,
}

#[derive(Clone, Copy)]
struct Position {
    offset: usize,
    line: usize,
    column: usize,
}

impl LineIndex {
    /// Finds the lines of a text.
    pub(crate) fn new(text: &str) -> Self {
        let starts = text.bytes().enumerate().filter(|&(_, b)| b == b'\n').map(|(i, _)| i + 1);
        let last = Cell::new(Position { offset: 0, line: 1, column: 1 });
        LineIndex { starts: std::iter::once(0).chain(starts).collect(), last }
    }

    /// As `Span::locate`, faster.
    pub(crate) fn span(&self, text: &str, offset: usize, len: usize) -> Span {
        let offset = floor_boundary(text, offset);
        let end = floor_boundary(text, offset.saturating_add(len));
        let line = self.starts.partition_point(|&start| start <= offset);
        let mut from = self.last.get();
        if from.line != line || from.offset > offset {
            from = Position { offset: self.starts[line - 1], line, column: 1 };
        }
        let marks = usize::from(from.offset == 0 && offset > 0 && text.starts_with('\u{feff}'));
        let column = from.column + text[from.offset..offset].chars().count() - marks;
        self.last.set(Position { offset, line, column });
        Span { offset, len: end - offset, line, column }
    }

    /// The byte offset of the character with this index.
    pub(crate) fn offset(&self, text: &str, index: usize) -> usize {
        text.char_indices().nth(index).map_or(text.len(), |(i, _)| i)
    }
}
