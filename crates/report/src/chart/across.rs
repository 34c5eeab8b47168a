//! Horizontal places: in per cent of a stretching page, or in pixels of a drawing of fixed width.

use crate::text::coord;

/// Width of the coordinate system in which curves are traced, and of the plot area of a document.
pub(crate) const INNER_PX: f64 = 1200.0;

/// How horizontal places are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Across {
    /// In per cent of the plot area, which is as wide as the page allows.
    Page,
    /// In pixels of a plot area of [`INNER_PX`].
    Document,
}

impl Across {
    /// A place or a length, given as a share of the width.
    pub(crate) fn x(self, share: f64) -> String {
        match self {
            Across::Page => format!("{}%", coord(share * 100.0)),
            Across::Document => coord(share * INNER_PX),
        }
    }

    /// The width for which text must be kept from colliding: for a page, that of an A4 sheet.
    pub(crate) fn width_px(self) -> f64 {
        match self {
            Across::Page => 600.0,
            Across::Document => INNER_PX,
        }
    }
}
