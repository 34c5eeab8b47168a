//! Parts of a run.

use serde::{Deserialize, Serialize};

/// Parts of a run, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// The testbed comes up.
    Up,
    /// Load that is not measured.
    WarmUp,
    /// No load; waits until every source has a sample of the quiet system.
    Settle,
    /// The measured load.
    Load,
    /// No new requests; those under way finish.
    Drain,
    /// No load; waits for the last samples.
    Collect,
    /// The testbed goes down.
    Down,
    /// Figures are computed.
    Analyse,
}

impl Phase {
    /// Name for people.
    pub fn name(self) -> &'static str {
        match self {
            Self::Up => "up",
            Self::WarmUp => "warm-up",
            Self::Settle => "settle",
            Self::Load => "load",
            Self::Drain => "drain",
            Self::Collect => "collect",
            Self::Down => "down",
            Self::Analyse => "analyse",
        }
    }
}
