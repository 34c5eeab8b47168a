//! `report.html`.

use super::{Artifact, Exporter};
use crate::error::ReportError;
use crate::html;
use crate::model::ReportModel;

/// The self-contained page.
#[derive(Debug, Clone, Copy, Default)]
pub struct Html;

impl Exporter for Html {
    fn format(&self) -> &'static str {
        "html"
    }

    fn export(&self, model: &ReportModel) -> Result<Vec<Artifact>, ReportError> {
        Ok(vec![Artifact { path: "report.html".into(), text: html::page(model)? }])
    }
}
