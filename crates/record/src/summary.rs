//! `summary.json`: headline figures and verdicts, as data.

use serde::{Deserialize, Serialize};

use crate::manifest::{Origin, State};
use crate::topology::Bed;

mod direction;
mod findings;
mod stored;

pub use direction::Direction;
pub use findings::{Count, Counts, Demand, DemandMethod, EndpointFigures, Little, QUANTILES};
pub use stored::Unread;

/// Version of `summary.json`'s layout.
pub const FORMAT: u32 = 2;

/// How a check turned out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// No check was made, or it does not apply.
    Info,
    /// The check held.
    Pass,
    /// The check should be made, but there is too little to make it from.
    NotJudged,
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
            Self::NotJudged => "----",
            Self::Warn => "warn",
            Self::Fail => "FAIL",
        }
    }
}

/// Bounds between which the truth is claimed to lie.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Bounds {
    /// Lower bound, in the figure's unit.
    pub low: f64,
    /// Upper bound, in the figure's unit.
    pub high: f64,
    /// How often such bounds hold, 0 to 1.
    pub level: f64,
}

/// One figure: data first (key, number, unit, bounds), then as people read it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Figure {
    /// Stable name, for programs that compare runs: `response_p95_ms`, `demand_ms:ms-exercise`.
    #[serde(default)]
    pub key: String,
    /// What it is, in words.
    pub label: String,
    /// The number itself, in `unit`; absent where it is unknown.
    pub number: Option<f64>,
    /// Rounded, as text.
    pub value: String,
    /// Unit, may be empty.
    pub unit: String,
    /// Interval of the number, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bounds: Option<Bounds>,
    /// The uncertainty in words, may be empty.
    pub uncertainty: String,
    /// Remark, may be empty.
    pub note: String,
}

impl Figure {
    /// A number shown with so many decimals.
    pub fn number(
        key: impl Into<String>,
        label: impl Into<String>,
        number: f64,
        decimals: usize,
        unit: &str,
    ) -> Self {
        Self {
            key: key.into(),
            label: label.into(),
            number: Some(number),
            value: format!("{number:.decimals$}"),
            unit: unit.to_owned(),
            bounds: None,
            uncertainty: String::new(),
            note: String::new(),
        }
    }

    /// Adds a 95 % interval, shown with so many decimals.
    pub fn within_95(mut self, low: f64, high: f64, decimals: usize) -> Self {
        self.bounds = Some(Bounds { low, high, level: 0.95 });
        self.uncertainty = format!("95 % CI {low:.decimals$} to {high:.decimals$}");
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
    /// Who wrote the folder.
    pub origin: Origin,
    /// Experiment's name.
    pub name: String,
    /// Testbed; none for a load alone.
    pub testbed: Option<Bed>,
    /// Whole or partial.
    pub state: State,
    /// What was found, in one sentence.
    pub sentence: String,
    /// The few figures that are read first.
    pub headline: Vec<Figure>,
    /// Every figure by its key, those of `headline` among them.
    pub figures: Vec<Figure>,
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
    /// The first answer and the first error of each kind that failed, a sentence each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub failures: Vec<String>,
    /// Remarks on the data.
    pub notes: Vec<Note>,
}

impl Verdict {
    /// Whether it is about an objective of the experiment (`slo`, `checks`): about the service, not about the figures.
    pub fn is_objective(&self) -> bool {
        self.code.starts_with("slo-") || self.code.starts_with("check-")
    }
}

impl Summary {
    /// A figure by key.
    pub fn figure(&self, key: &str) -> Option<&Figure> {
        self.figures.iter().find(|f| f.key == key)
    }

    /// A verdict by code.
    pub fn verdict(&self, code: &str) -> Option<&Verdict> {
        self.verdicts.iter().find(|v| v.code == code)
    }
}
