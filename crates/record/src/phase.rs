//! Parts of a run, in order.

use serde::{Deserialize, Serialize};

/// Parts of a run, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// The testbed comes up.
    Up,
    /// Load that is not measured.
    #[serde(alias = "warm-up")]
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
    /// All, in order.
    pub const ALL: [Self; 8] = [
        Self::Up,
        Self::WarmUp,
        Self::Settle,
        Self::Load,
        Self::Drain,
        Self::Collect,
        Self::Down,
        Self::Analyse,
    ];

    /// Name for people and for tables.
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

    /// The inverse of [`Phase::name`].
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|p| p.name() == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_serialised_forms_are_read_back() {
        for phase in Phase::ALL {
            assert_eq!(Phase::from_name(phase.name()), Some(phase));
        }
        // As tables name it, and as journals of before do.
        assert_eq!(serde_json::from_str::<Phase>("\"warm-up\"").ok(), Some(Phase::WarmUp));
        assert_eq!(serde_json::from_str::<Phase>("\"warm_up\"").ok(), Some(Phase::WarmUp));
    }
}
