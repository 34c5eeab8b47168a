//! A load alone, without a stack: send it, write down what comes back as it comes, and sum it up, also over several
//! generators.

pub mod files;
pub mod locust;
pub mod merge;
pub mod objectives;
pub mod summary;

use swarmlab_intervals::trust::{Thresholds, Verdict, verdict};
use swarmlab_intervals::{Interval, Outcome};
use swarmlab_loadgen::{LoadError, LoadSpec};
use swarmlab_swarm::CancellationToken;
use tokio::sync::mpsc;

use crate::run::load::start;
use crate::run::message::Message;

/// Receives each interval as it ends.
pub trait Sink {
    /// Takes one.
    ///
    /// # Errors
    /// What keeps it from being written; the load is stopped then.
    fn interval(&mut self, interval: &Interval) -> std::io::Result<()>;
}

/// Why there is no outcome.
#[derive(Debug, thiserror::Error)]
pub enum LoadFailure {
    /// The engine refused the load or broke.
    #[error("{0}")]
    Load(#[from] LoadError),
    /// An interval could not be written.
    #[error("the results could not be written: {0}")]
    Write(#[from] std::io::Error),
}

impl LoadFailure {
    /// Its number and name.
    pub fn code(&self) -> swarmlab_codes::Code {
        match self {
            Self::Load(e) => e.code(),
            Self::Write(_) => swarmlab_codes::RESULTS_NOT_WRITTEN,
        }
    }
}

/// One interval in short, kept for throughput.
#[derive(Debug, Clone, PartialEq)]
pub struct Beat {
    /// End of the interval, seconds since the Unix epoch.
    pub end_unix_s: f64,
    /// Complete answers in it, by endpoint.
    pub completed: Vec<u64>,
}

/// A load that ended.
#[derive(Debug)]
pub struct Ended {
    /// The engine's sums.
    pub outcome: Outcome,
    /// One entry an interval.
    pub beats: Vec<Beat>,
    /// Whether the user ended it early.
    pub interrupted: bool,
}

/// What the generator thinks of itself in one interval.
pub fn judge(interval: &Interval) -> Verdict {
    verdict(&interval.verdict_inputs(), &Thresholds::default())
}

/// Runs a load to its end, or to the user's interrupt: then no new requests are sent, and those under way may finish.
///
/// # Errors
/// A specification that is wrong, a refusal of the system, a sink that fails.
pub async fn run(
    spec: LoadSpec,
    sinks: &mut [&mut dyn Sink],
    cancel: &CancellationToken,
) -> Result<Ended, LoadFailure> {
    let (tx, mut rx) = mpsc::unbounded_channel();
    let stopper = start(spec, tx)?;
    let mut beats = Vec::new();
    let mut failed = None;
    let mut interrupted = false;
    loop {
        let message = tokio::select! {
            m = rx.recv() => m,
            () = cancel.cancelled(), if !interrupted => {
                interrupted = true;
                stopper.stop();
                continue;
            }
        };
        match message {
            Some(Message::Interval(interval)) => {
                beats.push(Beat {
                    end_unix_s: interval.end_unix_s,
                    completed: interval.endpoints.iter().map(|e| e.tally.completed).collect(),
                });
                for sink in sinks.iter_mut() {
                    if let Err(e) = sink.interval(&interval)
                        && failed.is_none()
                    {
                        failed = Some(e);
                        stopper.abort();
                    }
                }
            }
            Some(Message::LoadEnded(ended)) => {
                let outcome = (*ended)?;
                return match failed {
                    Some(e) => Err(e.into()),
                    None => Ok(Ended { outcome, beats, interrupted }),
                };
            }
            Some(Message::Observed(_)) => {}
            None => return Err(LoadError::Panicked("the engine fell silent".to_owned()).into()),
        }
    }
}
