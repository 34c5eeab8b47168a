//! The plain data that a report is drawn from.
//!
//! Whoever fills the model decides what is true; this crate only decides what it looks like. So figures
//! that are read as text (headlines, tables) arrive as text, already rounded by those who know their
//! uncertainty, and figures that are drawn (lines, points, cells) arrive as numbers with a [`Unit`].
//!
//! Every type is plain, public, `Default` where that makes sense, and goes through serde unchanged, so a
//! model can be stored as JSON and drawn again later with the same bytes as a result.

mod correlation;
mod figure;
mod interval;
mod table;
mod timeline;
mod unit;

pub use correlation::{Finding, Fit, HeatCell, HeatMap, Scatter, ScatterPoint};
pub use figure::{Figure, Note, Status, Verdict};
pub use interval::{IntervalPlot, IntervalRow};
pub use table::{Align, Cell, Column, Table};
pub use timeline::{Ink, Line, Marker, Panel, Phase, Reference, Scale, Stretch, Timeline, Whole};
pub use unit::Unit;

use serde::{Deserialize, Serialize};

/// Everything one report shows, in the order in which it is shown.
///
/// Empty lists leave their section out. [`crate::check`] says whether the parts fit each other.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ReportModel {
    /// Heading of the page, for example `ramp-to-saturation`.
    pub title: String,
    /// One sentence below the title: what was asked of the system. May be empty.
    pub subtitle: String,
    /// Name of the experiment as its file gives it.
    pub experiment: String,
    /// Where it ran, for example `Docker Swarm, 1 node` or `embedded`.
    pub testbed: String,
    /// Start of the load, UTC, as text (RFC 3339).
    pub started_utc: String,
    /// Length of the load in seconds.
    pub duration_s: f64,
    /// `Some(reason)` when the run ended early and the report shows only what was measured until then.
    pub partial: Option<String>,
    /// A remark that every reader must see first (for example that the data are synthetic).
    pub notice: Option<String>,
    /// Headline figures, most important first; four to eight look best.
    pub figures: Vec<Figure>,
    /// The checks by which the run proves its own numbers.
    pub verdicts: Vec<Verdict>,
    /// Panels over one shared time axis.
    pub timeline: Timeline,
    /// Estimates with confidence intervals against known truths (service demands, …).
    pub intervals: Vec<IntervalPlot>,
    /// Correlation of server metrics (rows) with client metrics (columns); one map a coefficient.
    pub heat_maps: Vec<HeatMap>,
    /// The strongest pairs, point by point.
    pub scatters: Vec<Scatter>,
    /// Tables of figures.
    pub tables: Vec<Table>,
    /// What a reader should know about the quality of the data.
    pub notes: Vec<Note>,
    /// Versions, seeds, image digests, files: (key, value) in display order.
    pub provenance: Vec<(String, String)>,
}
