//! One short file a format, behind one trait.

mod html;
mod markdown;
mod svg;

pub use html::Html;
pub use markdown::Markdown;
pub use svg::{Svg, picture};

use crate::check;
use crate::error::ReportError;
use crate::model::ReportModel;

/// A finished text file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Artifact {
    /// Path inside the run's folder, with `/` between its parts and never `..`: `report.html`,
    /// `charts/timeline.svg`.
    pub path: String,
    /// The whole text, UTF-8.
    pub text: String,
}

/// Turns a model into the files of one format. The same model always gives the same bytes.
pub trait Exporter {
    /// Name of the format, for messages: `html`, `svg`, `markdown`.
    fn format(&self) -> &'static str;

    /// The files of `model`, which has been [checked](crate::check()).
    ///
    /// # Errors
    /// [`ReportError`] when a file cannot be made from the model.
    fn export(&self, model: &ReportModel) -> Result<Vec<Artifact>, ReportError>;
}

/// All formats, in the order in which they are written.
#[must_use]
pub fn exporters() -> [&'static dyn Exporter; 3] {
    [&Html, &Svg, &Markdown]
}

/// Checks `model` and makes all files of all formats.
///
/// # Errors
/// [`ReportError::Inconsistent`] when parts of the model do not fit each other, or what an exporter says.
pub fn render(model: &ReportModel) -> Result<Vec<Artifact>, ReportError> {
    check(model)?;
    let mut artifacts = Vec::new();
    for exporter in exporters() {
        artifacts.extend(exporter.export(model)?);
    }
    Ok(artifacts)
}
