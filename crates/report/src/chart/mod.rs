//! Charts as SVG.
//!
//! plotters supplies the scales and the ticks ([`crate::axis`]); the elements are written here, by a small
//! builder of our own, for the quality of the picture. plotters' SVG backend writes fixed colours (no dark
//! theme, no paper), whole-pixel coordinates (slow curves turn into stairs), one element a point (a scatter
//! of an hour weighs megabytes; here it is a dozen paths), text placed by an estimated font size (legends
//! end up over the data), and neither classes, titles nor patterns, without which there is no hover, no
//! switching of lines, no hatching and nothing for a screen reader.
//!
//! Every time chart is drawn twice from the same code: stretched over the width of the page (horizontal
//! places in per cent, text never scaled), and as a document that stands alone (in pixels). [`Across`] is
//! the difference.

mod across;
mod document;
mod heat;
mod interval;
mod panel;
mod scatter;
mod stage;
mod standalone;
mod trace;

pub(crate) use across::Across;
pub(crate) use document::Drawing;
pub(crate) use heat::heat_map;
pub(crate) use interval::interval_plot;
pub(crate) use panel::{LegendItem, PANEL_PX, PanelChart};
pub(crate) use scatter::{scatter, scatter_caption, scatter_with_key, time_legend};
pub(crate) use stage::{FOOT_PX, Stage};
pub(crate) use standalone::{panel_document, panel_picture, timeline_document};
pub(crate) use trace::HEADROOM_PX;
