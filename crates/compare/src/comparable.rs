//! Why runs must not be compared, unless somebody says that they may.

use serde::Serialize;

use crate::run::Run;

/// In what runs may differ, or fall short, when that is allowed by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Obstacle {
    /// Different testbeds, stack files or services.
    Stack,
    /// Different widths of bins.
    Bin,
    /// A run that was killed or interrupted.
    Partial,
    /// A run of which a check of the figures failed.
    Invalid,
}

impl Obstacle {
    /// The word that allows it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Stack => "stack",
            Self::Bin => "bin",
            Self::Partial => "partial",
            Self::Invalid => "invalid",
        }
    }
}

/// One reason against comparing, a sentence that names the runs.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Objection {
    /// What kind.
    pub obstacle: Obstacle,
    /// In words.
    pub text: String,
}

/// Everything that speaks against comparing these runs.
pub fn objections(runs: &[&Run]) -> Vec<Objection> {
    let mut out = Vec::new();
    let mut object = |obstacle, text| out.push(Objection { obstacle, text });
    if let Some(first) = runs.first() {
        for run in runs.iter().filter(|r| r.stack != first.stack) {
            let (a, b) = (&run.folder, &first.folder);
            object(
                Obstacle::Stack,
                format!("{a} is of another stack ({}) than {b} ({})", run.stack, first.stack),
            );
        }
        for run in runs.iter().filter(|r| (r.bin_s - first.bin_s).abs() > 1e-9) {
            let (a, b) = (&run.folder, &first.folder);
            object(Obstacle::Bin, format!("{a} has bins of {} s, {b} of {} s", run.bin_s, first.bin_s));
        }
    }
    for run in runs {
        if let Some(why) = &run.incomplete {
            object(Obstacle::Partial, format!("{} is not whole: {why}", run.folder));
        }
        if !run.failed_checks.is_empty() {
            let failed = run.failed_checks.join(", ");
            object(Obstacle::Invalid, format!("{} is not valid: {failed} failed", run.folder));
        }
    }
    out
}
