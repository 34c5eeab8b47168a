//! What can go wrong between a model and a report.

use thiserror::Error;

/// Why a report could not be made.
#[derive(Debug, Error)]
pub enum ReportError {
    /// Parts of the model do not fit each other; one sentence a fault.
    #[error("the report's data do not fit each other: {}", .0.join("; "))]
    Inconsistent(Vec<String>),
    /// The data for the page's own script could not be written as JSON.
    #[error("the report's data could not be written as JSON: {0}")]
    Json(#[from] serde_json::Error),
}
