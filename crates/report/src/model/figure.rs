//! Headline figures, verdicts and notes: what is read before anything is looked at.

use serde::{Deserialize, Serialize};

/// How something turned out. Always shown as a sign and a word, never by colour alone.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Neither good nor bad; no check was made.
    #[default]
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
    /// The word that is printed beside the sign.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Status::Info => "info",
            Status::Pass => "pass",
            Status::NotJudged => "not judged",
            Status::Warn => "warning",
            Status::Fail => "fail",
        }
    }
}

/// One figure with its uncertainty, ready to be read.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Figure {
    /// What it is, for example `Demand of ms-exercise`.
    pub label: String,
    /// The rounded number as text, for example `15.07`.
    pub value: String,
    /// Its unit as text, for example `ms CPU / request`. Empty for a bare number or a word.
    pub unit: String,
    /// Its uncertainty as text, for example `95 % CI 14.98 to 15.16`. Empty when none is known.
    pub uncertainty: String,
    /// One short remark, for example `configured: 15 ms`. May be empty.
    pub note: String,
    /// `Info` shows no sign.
    pub status: Status,
}

/// The outcome of one check of the run against itself.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Verdict {
    /// Stable code by which the documentation and scripts find the check, for example `counts-agree`.
    pub code: String,
    /// How it turned out.
    pub status: Status,
    /// The claim in a few words, for example `Requests sent = Envoy's count`.
    pub title: String,
    /// One or two sentences: what was compared, over which window, with which tolerance.
    pub explanation: String,
    /// The figures that were compared.
    pub figures: Vec<Figure>,
}

/// A remark on the quality of the data.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Note {
    /// `Info`, `Warn` or `Fail`.
    pub status: Status,
    /// One or two sentences.
    pub text: String,
}
