//! Where something stands in a text.

use serde::Serialize;

/// A stretch of the source text. Lines and columns count from 1, columns in characters (not bytes), so
/// that they are what an editor shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Span {
    /// Byte offset of the first byte in the text as it was given (a byte-order mark counts).
    pub offset: usize,
    /// Length in bytes; 0 for a point between two characters.
    pub len: usize,
    /// Line of the first character, from 1.
    pub line: usize,
    /// Column of the first character, from 1, in characters.
    pub column: usize,
}

impl Default for Span {
    fn default() -> Self {
        Span::START
    }
}

impl Span {
    /// The very start of a text.
    pub const START: Span = Span { offset: 0, len: 0, line: 1, column: 1 };

    /// The span of `len` bytes at byte `offset` of `text`. Offsets beyond the text or inside a character
    /// are moved back to the nearest boundary.
    pub fn locate(text: &str, offset: usize, len: usize) -> Span {
        let start = floor_boundary(text, offset);
        let end = floor_boundary(text, start.saturating_add(len)).max(start);
        let before = &text[..start];
        let line_start = before.rfind('\n').map_or(0, |i| i + 1);
        let line = before.bytes().filter(|&b| b == b'\n').count() + 1;
        let head = &before[line_start..];
        // A byte-order mark takes no column; anywhere else the same character does.
        let head = if line_start == 0 { head.strip_prefix('\u{feff}').unwrap_or(head) } else { head };
        Span { offset: start, len: end - start, line, column: head.chars().count() + 1 }
    }

    /// A part of this span: `len` bytes, `skip` bytes after its start. For pointing at a piece of a
    /// scalar that stands on one line.
    pub fn part(&self, text: &str, skip: usize, len: usize) -> Span {
        Span::locate(text, self.offset.saturating_add(skip), len)
    }

    /// The byte after the last one.
    pub fn end(&self) -> usize {
        self.offset + self.len
    }

    /// The text that the span covers, if it lies within `text`.
    pub fn slice<'t>(&self, text: &'t str) -> Option<&'t str> {
        text.get(self.offset..self.end())
    }
}

/// The nearest start of a character at or before byte `offset`, within the text.
pub(crate) fn floor_boundary(text: &str, offset: usize) -> usize {
    let mut i = offset.min(text.len());
    while !text.is_char_boundary(i) {
        i -= 1;
    }
    i
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn lines_and_columns_count_characters_from_one() {
        let text = "\u{feff}a: ä\r\nbö: x";
        let x = text.find('x').unwrap_or(0);
        assert_eq!(Span::locate(text, x, 1), Span { offset: x, len: 1, line: 2, column: 5 });
        assert_eq!(Span::locate(text, 3, 1).column, 1, "a byte-order mark takes no column");
        assert_eq!(Span::locate("\n\u{feff}x", 4, 1).column, 2, "in the middle of a text it is a character");
    }

    proptest! {
        #[test]
        fn locate_never_leaves_the_text(text in ".{0,40}", offset in 0usize..100, len in 0usize..200) {
            let span = Span::locate(&text, offset, len);
            prop_assert!(span.slice(&text).is_some());
            prop_assert!(span.line >= 1 && span.column >= 1);
        }
    }
}
