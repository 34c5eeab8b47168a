//! From a run to a model that simulates it, and from a model to what would become of a run.
//!
//! ```text
//! run folder -> Evidence -> fit -> Calibration -> model file
//!                                       └──────-> predict (Conditions) -> Prediction -> compare with what happened
//! ```
//!
//! Pure: what was recorded goes in, randomness comes from seeds. What the run does not tell is assumed, and every
//! assumption is a [`Note`] that goes with the model: nothing is made up silently. Of a service with too little evidence
//! there is no demand, but a reason.
//!
//! | room | owns |
//! |---|---|
//! | [`fronts`] | what the proxies before each service counted: requests and their times |
//! | [`evidence`] | all that is read off a run |
//! | [`lives`] | how long replicas took to start and to stop |
//! | [`tree`] | who calls whom, how often |
//! | [`demand`] | CPU of a request, and CPU without any |
//! | [`times`] | distributions of times, whoever counted them |
//! | [`law`] | how demands vary, and what no CPU explains |
//! | [`mod@fit`] | the whole model |
//! | [`mod@file`] | the model as a file, with what is measured and what is assumed |
//! | [`conditions`] | under what a run took place: load, replicas, limits, actions, controllers |
//! | [`mod@predict`] | several simulations: figures with intervals |
//! | [`happened`] | the same figures of a run, and how far a prediction was from them |

// The command line prints (`src/cli`); nobody else does.
#![cfg_attr(not(test), deny(clippy::print_stdout))]

pub mod conditions;
pub mod demand;
pub mod evidence;
pub mod file;
pub mod fit;
pub mod fronts;
pub mod happened;
pub mod law;
pub mod lives;
pub mod predict;
pub mod times;
pub mod tree;

use serde::Serialize;

pub use conditions::{Act, Conditions, Scaler};
pub use evidence::{Evidence, Hints};
pub use fit::{Calibration, NotCalibrated, fit};
pub use fronts::Fronts;
pub use happened::{Compared, compare};
pub use predict::{Prediction, predict};

/// How well something of a model is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Ground {
    /// The run, or its files, say so.
    Measured,
    /// Nothing says so.
    Assumed,
}

/// Why something of a model is as it is.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Note {
    /// The key of the model file.
    pub key: &'static str,
    /// How well it is known.
    pub ground: Ground,
    /// A clause without its full stop.
    pub text: String,
}

impl Note {
    pub(crate) fn measured(key: &'static str, text: impl Into<String>) -> Self {
        Self { key, ground: Ground::Measured, text: text.into() }
    }

    pub(crate) fn assumed(key: &'static str, text: impl Into<String>) -> Self {
        Self { key, ground: Ground::Assumed, text: text.into() }
    }
}
