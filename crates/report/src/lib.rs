//! Charts and the self-contained report of a run.
//!
//! [`ReportModel`] in, text files out: `report.html` (opens offline, nothing loaded from anywhere, complete
//! without its own small script), `charts/*.svg` (each standing alone) and `summary.md`. Nothing here knows
//! where the figures came from, and nothing here reads a clock or a file: the same model gives the same
//! bytes.
//!
//! ```
//! use swarmlab_report::{ReportModel, render};
//!
//! let model = ReportModel { title: "ramp".into(), duration_s: 45.0, ..ReportModel::default() };
//! let files = render(&model)?;
//! assert_eq!(files[0].path, "report.html");
//! # Ok::<(), swarmlab_report::ReportError>(())
//! ```

// The command line prints (`src/cli`); nobody else does.
#![cfg_attr(not(test), deny(clippy::print_stdout))]

mod axis;
mod chart;
mod check;
mod error;
mod export;
mod html;
mod markup;
pub mod model;
mod style;
mod text;

pub use check::check;
pub use error::ReportError;
pub use export::{Artifact, Exporter, Html, Markdown, Svg, exporters, picture, render};
pub use model::ReportModel;
