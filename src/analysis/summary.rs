//! `summary.json`: headline figures and verdicts, as data.

use serde::{Deserialize, Serialize};

use super::counts::Counts;
use super::demand::Demand;
use super::endpoints::EndpointFigures;
use super::laws::Little;
use crate::bundle::manifest::State;
use crate::testbed::Kind;

/// How a check turned out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// No check was made, or it does not apply.
    Info,
    /// The check held.
    Pass,
    /// The check could not be made in full, or held only just.
    Warn,
    /// The check did not hold.
    Fail,
}

impl Status {
    /// Sign and word for a terminal.
    pub fn word(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Pass => "pass",
            Self::Warn => "warn",
            Self::Fail => "FAIL",
        }
    }
}

/// One figure as it is read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Figure {
    /// What it is.
    pub label: String,
    /// The number itself, in `unit`; absent for words.
    pub number: Option<f64>,
    /// Rounded, as text.
    pub value: String,
    /// Unit, may be empty.
    pub unit: String,
    /// Uncertainty, may be empty.
    pub uncertainty: String,
    /// Remark, may be empty.
    pub note: String,
}

impl Figure {
    /// A number shown with so many decimals.
    pub fn number(label: impl Into<String>, number: f64, decimals: usize, unit: &str) -> Self {
        Self {
            label: label.into(),
            number: Some(number),
            value: format!("{number:.decimals$}"),
            unit: unit.to_owned(),
            uncertainty: String::new(),
            note: String::new(),
        }
    }

    /// Adds the uncertainty.
    pub fn within(mut self, uncertainty: impl Into<String>) -> Self {
        self.uncertainty = uncertainty.into();
        self
    }

    /// Adds a remark.
    pub fn noting(mut self, note: impl Into<String>) -> Self {
        self.note = note.into();
        self
    }
}

/// The outcome of one check of the run against itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Verdict {
    /// Stable code.
    pub code: String,
    /// Outcome.
    pub status: Status,
    /// The claim.
    pub title: String,
    /// What was compared, with which tolerance.
    pub explanation: String,
    /// What was compared, as figures.
    pub figures: Vec<Figure>,
    /// Why it is not passed, each with its limit, where the figures alone do not tell.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub because: Vec<String>,
}

/// A remark on the data.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Note {
    /// Info, warn or fail.
    pub status: Status,
    /// A sentence.
    pub text: String,
}

/// The file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// Layout version.
    pub format: u32,
    /// Experiment's name.
    pub name: String,
    /// Testbed.
    pub testbed: Kind,
    /// Whole or partial.
    pub state: State,
    /// Headline figures.
    pub headline: Vec<Figure>,
    /// Checks.
    pub verdicts: Vec<Verdict>,
    /// Demand a service.
    pub demands: Vec<Demand>,
    /// Counts over the load window.
    pub counts: Counts,
    /// Little's law, for a closed loop.
    pub little: Option<Little>,
    /// Client figures by endpoint; the last is all together.
    pub endpoints: Vec<EndpointFigures>,
    /// Remarks on the data.
    pub notes: Vec<Note>,
}

impl Verdict {
    /// Whether it is about an objective of the experiment (`slo`): about the service, not about the figures.
    pub fn is_objective(&self) -> bool {
        self.code.starts_with("slo-")
    }
}

impl Summary {
    /// A verdict by code.
    pub fn verdict(&self, code: &str) -> Option<&Verdict> {
        self.verdicts.iter().find(|v| v.code == code)
    }
}
