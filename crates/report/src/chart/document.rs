//! A finished drawing, placed on a page or made to stand alone.

use crate::markup::Markup;
use crate::style::chart_css;
use crate::text::{coord, wrap};

const MARGIN_PX: f64 = 16.0;
const CAPTION_LINE_PX: f64 = 16.0;

/// A drawing of fixed size.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Drawing {
    /// Heading, not part of the drawing itself.
    pub(crate) title: String,
    /// Sentence below it, not part of the drawing itself.
    pub(crate) caption: String,
    pub(crate) width_px: f64,
    pub(crate) height_px: f64,
    /// SVG elements.
    pub(crate) body: String,
}

impl Drawing {
    /// As an element of a page, at its own size and never wider than its column.
    pub(crate) fn inline(&self) -> String {
        let (width, height) = (coord(self.width_px), coord(self.height_px));
        let mut m = Markup::new();
        m.open(
            "svg",
            &[
                ("class", "chart"),
                ("viewBox", &format!("0 0 {width} {height}")),
                ("width", &width),
                ("height", &height),
                ("role", "img"),
                ("aria-label", &format!("{}. {}", self.title, self.caption)),
            ],
        );
        m.raw(&self.body);
        m.finish()
    }

    /// As a document of its own, with heading, caption, style and background.
    pub(crate) fn document(&self) -> String {
        let inner_px = self.width_px.max(420.0);
        let caption = wrap(&self.caption, 11.5, inner_px, 6);
        let title = wrap(&self.title, 14.0, inner_px, 2);
        let head_px = MARGIN_PX + title.len() as f64 * 20.0 + 6.0;
        let foot_px = caption.len() as f64 * CAPTION_LINE_PX + 8.0;
        let width_px = inner_px + 2.0 * MARGIN_PX;
        let height_px = head_px + self.height_px + foot_px + MARGIN_PX;
        let mut m = open_document(&self.title, &self.caption, (width_px, height_px), Extent::Fixed);
        for (i, line) in title.iter().enumerate() {
            let y = coord(MARGIN_PX + 14.0 + i as f64 * 20.0);
            m.leaf("text", &[("class", "name"), ("x", &coord(MARGIN_PX)), ("y", &y)], line);
        }
        m.open("g", &[("transform", &format!("translate({} {})", coord(MARGIN_PX), coord(head_px)))]);
        m.raw(&self.body).close();
        for (i, line) in caption.iter().enumerate() {
            let y = coord(head_px + self.height_px + 16.0 + i as f64 * CAPTION_LINE_PX);
            m.leaf("text", &[("class", "muted"), ("x", &coord(MARGIN_PX)), ("y", &y)], line);
        }
        m.finish()
    }
}

/// How large a document is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Extent {
    /// At its own size.
    Fixed,
    /// As wide as the window, up to [`MAX_SCALE`] times its own size, its numbers larger: for a talk.
    Window,
}

/// How far a picture grows with its window.
const MAX_SCALE: f64 = 3.0;

/// Rules beyond those of all charts for [`Extent::Window`].
const LARGE_CSS: &str = "\
.chart .muted{font-size:14px}
.chart .name{font-size:18px}
.ln{stroke-width:2.25}
";

/// Begins an SVG document: title, description, style, background.
pub(crate) fn open_document(
    title: &str,
    description: &str,
    (width_px, height_px): (f64, f64),
    extent: Extent,
) -> Markup {
    let (width, height) = (coord(width_px), coord(height_px));
    let mut m = Markup::new();
    m.raw("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let view = format!("0 0 {width} {height}");
    let widest = format!("max-width:{}px", coord(width_px * MAX_SCALE));
    let mut attrs = vec![("xmlns", "http://www.w3.org/2000/svg"), ("class", "chart"), ("viewBox", &*view)];
    match extent {
        Extent::Fixed => attrs.extend([("width", &*width), ("height", &*height)]),
        Extent::Window => attrs.extend([("width", "100%"), ("style", &*widest)]),
    }
    attrs.extend([("role", "img"), ("aria-labelledby", "title desc")]);
    m.open("svg", &attrs);
    m.leaf("title", &[("id", "title")], title).leaf("desc", &[("id", "desc")], description);
    m.open("style", &[]).raw(&chart_css());
    if extent == Extent::Window {
        m.raw(LARGE_CSS);
    }
    m.close();
    m.void("rect", &[("class", "bg"), ("width", &width), ("height", &height)]);
    m
}
