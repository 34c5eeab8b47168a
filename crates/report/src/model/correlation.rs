//! Which server metric moves with which client metric.

use serde::{Deserialize, Serialize};

use super::Unit;

/// Coefficients of server metrics (rows) with client metrics (columns).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct HeatMap {
    /// What is shown, for example `Spearman correlation at the best lag`.
    pub title: String,
    /// How it was computed and what makes a cell significant. May be empty.
    pub note: String,
    /// Names of the server metrics.
    pub rows: Vec<String>,
    /// Names of the client metrics.
    pub columns: Vec<String>,
    /// `cells[row][column]`; `None` where nothing could be computed.
    pub cells: Vec<Vec<Option<HeatCell>>>,
}

/// One coefficient.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct HeatCell {
    /// Correlation coefficient, −1 to 1.
    pub r: f64,
    /// Lag in seconds at which it was taken; positive: the server metric follows the client metric.
    pub lag_s: f64,
    /// Effective number of independent samples, after correction for autocorrelation.
    pub n_eff: f64,
    /// Whether it differs from zero at the level that the map's note names. If that is not shown, the cell is hatched.
    pub finding: Finding,
}

/// What a coefficient is evidence for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Finding {
    /// It differs from zero.
    Significant,
    /// Nothing: it may be zero.
    NotSignificant,
    /// There are too few samples to say either way.
    #[default]
    TooFew,
}

/// One pair of metrics, a point a bin.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Scatter {
    /// What is shown, for example `CPU of ms-exercise against throughput`. Its file name is made from it.
    pub title: String,
    /// Name of the horizontal metric.
    pub x_label: String,
    /// Unit of the horizontal metric.
    pub x_unit: Unit,
    /// Name of the vertical metric.
    pub y_label: String,
    /// Unit of the vertical metric.
    pub y_unit: Unit,
    /// The points; coloured by their time.
    pub points: Vec<ScatterPoint>,
    /// Correlation coefficient, −1 to 1.
    pub r: Option<f64>,
    /// Confidence interval of the coefficient: low, high.
    pub r_interval: Option<(f64, f64)>,
    /// Lag in seconds applied to the vertical metric before pairing.
    pub lag_s: f64,
    /// Effective number of independent samples.
    pub n_eff: Option<f64>,
    /// Straight line to draw through the points.
    pub fit: Option<Fit>,
    /// A remark below the caption. May be empty.
    pub note: String,
}

/// One bin of a scatter. Points with a coordinate that is not finite are left out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ScatterPoint {
    /// Time of the bin in seconds since the start of the load.
    pub t_s: f64,
    /// Horizontal value in `x_unit`.
    pub x: f64,
    /// Vertical value in `y_unit`.
    pub y: f64,
}

/// A straight line `y = intercept + slope * x`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Fit {
    /// Change of y (in `y_unit`) for one `x_unit`.
    pub slope: f64,
    /// Value of y at x = 0, in `y_unit`.
    pub intercept: f64,
}
