//! Forecasts of an evenly sampled series, pure: what `predictive` looks ahead with.

mod ar;
mod holt_winters;

pub use ar::{Ar, yule_walker};
pub use holt_winters::HoltWinters;

use serde::{Deserialize, Serialize};

/// A forecaster with its state.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "model", rename_all = "kebab-case")]
pub enum Forecast {
    /// Level, trend and season by exponential smoothing.
    HoltWinters(HoltWinters),
    /// Autoregression on the last values.
    Ar(Ar),
}

impl Forecast {
    /// Takes the next value.
    pub fn observe(&mut self, y: f64) {
        match self {
            Self::HoltWinters(f) => f.observe(y),
            Self::Ar(f) => f.observe(y),
        }
    }

    /// The value so many steps after the last; `None` while it knows too little.
    pub fn ahead(&self, steps: usize) -> Option<f64> {
        match self {
            Self::HoltWinters(f) => f.ahead(steps),
            Self::Ar(f) => f.ahead(steps),
        }
    }

    /// How many values it needs.
    pub fn needs(&self) -> usize {
        match self {
            Self::HoltWinters(f) => f.needs(),
            Self::Ar(f) => f.needs(),
        }
    }

    /// How many values it has seen, as far as it counts.
    pub fn seen(&self) -> usize {
        match self {
            Self::HoltWinters(f) => f.seen(),
            Self::Ar(f) => f.history.len(),
        }
    }

    /// Forgets all values.
    pub fn reset(&mut self) {
        match self {
            Self::HoltWinters(f) => f.reset(),
            Self::Ar(f) => f.history.clear(),
        }
    }
}
