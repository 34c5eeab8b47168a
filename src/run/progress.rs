//! What a run tells while it goes, for whoever shows it.

use std::path::PathBuf;

use swarmlab_record::Phase;
use swarmlab_testbed::{Kind, Note};

/// One piece of news.
#[derive(Debug, Clone, PartialEq)]
pub enum Progress {
    /// The run has a folder and a testbed.
    Started {
        /// Experiment's name.
        name: String,
        /// Where results go.
        folder: PathBuf,
        /// Which testbed.
        testbed: Kind,
        /// Why that one.
        reason: String,
    },
    /// A phase began.
    Phase {
        /// Which.
        phase: Phase,
        /// How long it takes, where that is known, seconds.
        expected_s: Option<f64>,
    },
    /// One second of load.
    Load(LoadTick),
    /// News of the testbed.
    Note(Note),
}

/// One interval of the load, in short.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct LoadTick {
    /// Warm-up or load.
    pub phase: Phase,
    /// Since the phase began, seconds.
    pub elapsed_s: f64,
    /// Until it ends, seconds.
    pub left_s: f64,
    /// Active users (closed loop), mean of the interval.
    pub users: f64,
    /// Requests due, per second.
    pub offered_per_s: f64,
    /// Requests answered, per second.
    pub completed_per_s: f64,
    /// Requests failed so far in this phase.
    pub errors: u64,
    /// 95th percentile of the response time, milliseconds.
    pub p95_ms: Option<f64>,
    /// Healthy and desired replicas of the measured services.
    pub replicas: Vec<(String, u64, u64)>,
}

/// Receives the news.
pub trait Observer: Send {
    /// Takes one piece.
    fn on(&mut self, progress: Progress);
}
