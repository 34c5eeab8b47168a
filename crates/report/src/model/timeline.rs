//! Time series over one shared axis.

use serde::{Deserialize, Serialize};

use super::Unit;

/// The shared time axis and everything drawn over it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Timeline {
    /// Start of each bin, in seconds since the start of the load (negative during warm-up), strictly
    /// ascending. Averages are drawn in the middle of their bin, steps over its whole length. Where two
    /// neighbours are more than one and a half bins apart the lines are interrupted.
    pub t_s: Vec<f64>,
    /// Width of a bin in seconds, above zero when there are bins.
    pub bin_s: f64,
    /// Parts of the run, shaded in turn, in order of time.
    pub phases: Vec<Phase>,
    /// Moments worth a line (scale events, failures).
    pub markers: Vec<Marker>,
    /// Stretches whose values are not to be trusted, grey behind every panel.
    pub doubtful: Vec<Stretch>,
    /// Start and end of the load, to which the panels' figures belong, if it is known.
    pub load_s: Option<(f64, f64)>,
    /// Charts from top to bottom.
    pub panels: Vec<Panel>,
}

/// A named part of the run.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Phase {
    /// Short name, for example `warm-up`.
    pub name: String,
    /// Start in seconds since the start of the load.
    pub start_s: f64,
    /// End in seconds since the start of the load.
    pub end_s: f64,
}

/// A stretch of the time axis.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Stretch {
    /// Start in seconds since the start of the load.
    pub start_s: f64,
    /// End in seconds since the start of the load.
    pub end_s: f64,
}

/// A moment on the time axis.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Marker {
    /// When, in seconds since the start of the load.
    pub t_s: f64,
    /// What happened, in a few words, for example `ms-exercise 1 → 4`.
    pub label: String,
}

/// One chart of the stack.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Panel {
    /// What is shown, for example `CPU by service`. Its file name is made from it.
    pub title: String,
    /// Unit of every line and reference of this panel.
    pub unit: Unit,
    /// Linear (the usual) or logarithmic.
    pub scale: Scale,
    /// The series.
    pub lines: Vec<Line>,
    /// Horizontal lines at fixed values (limits, objectives), dashed, named in the legend.
    pub references: Vec<Reference>,
}

/// Scale of a panel's value axis.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scale {
    /// Linear; includes zero.
    #[default]
    Linear,
    /// Logarithmic; values at or below zero are gaps. Falls back to linear when nothing is above zero.
    Log,
}

/// One series of a panel.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Line {
    /// Name in the legend.
    pub name: String,
    /// Which colour it takes.
    pub ink: Ink,
    /// One value a bin, in the panel's unit. `None` (or a value that is not finite) is a gap.
    pub values: Vec<Option<f64>>,
    /// Draw as a staircase: the value holds for its whole bin (replicas, plans).
    pub step: bool,
    /// Draw dashed (what was asked for, as opposed to what was seen).
    pub dashed: bool,
    /// How the line is summed up in figures.
    pub whole: Whole,
}

/// The figure of a line over the whole load.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Whole {
    /// The mean of its bins (rates, levels, usages).
    #[default]
    Mean,
    /// This value, in the panel's unit: a mean of the bins would be another quantity (quantiles).
    Is(f64),
    /// There is none, and no mean of bins stands for it.
    Unknown,
}

/// What a line belongs to. The same ink has the same colour in every chart of a report.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ink {
    /// A colour of its own, shared by every line of the same name.
    #[default]
    ByName,
    /// The colour of this service.
    Service(String),
    /// What the load asked for: neutral grey.
    Offered,
    /// What the clients got: strong and neutral.
    Completed,
    /// What failed: the colour of failure.
    Failed,
    /// A quantile of a latency, 0 to 1: one hue, the darker the higher.
    Quantile(f64),
}

/// A fixed value to compare lines with.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Reference {
    /// Name in the legend, for example `limit` or `objective p95`.
    pub label: String,
    /// The value in the panel's unit.
    pub value: f64,
}
