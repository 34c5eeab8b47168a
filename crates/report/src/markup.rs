//! A writer for HTML and SVG that cannot forget to escape.
//!
//! Text and attribute values only get in through methods that escape them; the single way around is
//! [`Markup::raw`], which takes markup made by another `Markup` or a constant of this crate.

use std::fmt::Write as _;

use crate::text::escape;

/// Attributes of an element.
pub(crate) type Attrs<'a> = &'a [(&'a str, &'a str)];

/// Growing markup, with the elements that are still open.
#[derive(Debug, Default)]
pub(crate) struct Markup {
    out: String,
    open: Vec<&'static str>,
}

impl Markup {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// Opens an element.
    pub(crate) fn open(&mut self, tag: &'static str, attrs: Attrs<'_>) -> &mut Self {
        self.tag(tag, attrs);
        self.out.push('>');
        self.open.push(tag);
        self
    }

    /// Closes the element opened last.
    pub(crate) fn close(&mut self) -> &mut Self {
        if let Some(tag) = self.open.pop() {
            // Writing to a String cannot fail.
            let _ = write!(self.out, "</{tag}>");
            if !matches!(tag, "span" | "b" | "tspan" | "td" | "th" | "dt" | "dd" | "text" | "title") {
                self.out.push('\n');
            }
        }
        self
    }

    /// An element without content (`<line …/>`), valid in SVG and harmless in HTML.
    pub(crate) fn void(&mut self, tag: &'static str, attrs: Attrs<'_>) -> &mut Self {
        self.tag(tag, attrs);
        self.out.push_str("/>");
        self
    }

    /// An element that holds only text.
    pub(crate) fn leaf(&mut self, tag: &'static str, attrs: Attrs<'_>, text: &str) -> &mut Self {
        self.open(tag, attrs).text(text).close()
    }

    /// An element that holds only text, left out when the text is empty.
    pub(crate) fn leaf_if(&mut self, tag: &'static str, attrs: Attrs<'_>, text: &str) -> &mut Self {
        if text.is_empty() { self } else { self.leaf(tag, attrs, text) }
    }

    /// Text, escaped.
    pub(crate) fn text(&mut self, text: &str) -> &mut Self {
        self.out.push_str(&escape(text));
        self
    }

    /// Markup that is known to be sound.
    pub(crate) fn raw(&mut self, markup: &str) -> &mut Self {
        self.out.push_str(markup);
        self
    }

    /// The finished markup; elements still open are closed.
    pub(crate) fn finish(mut self) -> String {
        while !self.open.is_empty() {
            self.close();
        }
        self.out
    }

    fn tag(&mut self, tag: &str, attrs: Attrs<'_>) {
        self.out.push('<');
        self.out.push_str(tag);
        for (key, value) in attrs {
            let _ = write!(self.out, " {key}=\"{}\"", escape(value));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_is_escaped_and_closed() {
        let mut m = Markup::new();
        m.open("div", &[("class", "\"><script>")]).leaf("p", &[], "<b>").void("br", &[]);
        let out = m.finish();
        assert_eq!(out, "<div class=\"&quot;&gt;&lt;script&gt;\"><p>&lt;b&gt;</p>\n<br/></div>\n");
    }
}
