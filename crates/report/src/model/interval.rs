//! Estimates beside the truth: the picture of "what went in came out".

use serde::{Deserialize, Serialize};

use super::{Ink, Unit};

/// A dot with a whisker a row, and a mark where the truth is known.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct IntervalPlot {
    /// What is shown, for example `CPU demand per request`. Its file name is made from it.
    pub title: String,
    /// How it was estimated; what the whisker means. May be empty.
    pub note: String,
    /// Unit of all values.
    pub unit: Unit,
    /// What the mark of the truth is called, for example `configured`.
    pub truth_label: String,
    /// From top to bottom.
    pub rows: Vec<IntervalRow>,
}

/// One estimate.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct IntervalRow {
    /// What was estimated, usually a service.
    pub label: String,
    /// Which colour it takes.
    pub ink: Ink,
    /// The estimate; `None` prints "no estimate".
    pub estimate: Option<f64>,
    /// Confidence interval: low, high.
    pub interval: Option<(f64, f64)>,
    /// The known truth.
    pub truth: Option<f64>,
}
