//! A load alone, without a stack: sent, told on the bus, and summed up.

use std::io;

use swarmlab_intervals::Outcome;
use swarmlab_loadgen::{LoadError, LoadSpec};
use swarmlab_record::Phase;
use swarmlab_record::manifest::Windows;
use swarmlab_swarm::CancellationToken;
use swarmlab_telemetry::clock::unix_now_s;
use swarmlab_trial::{LoadId, Part};
use tokio::sync::mpsc;

use crate::bus::Bus;
use crate::generator::Outlet;
use crate::inbox::{self, Letter};
use crate::message::{Message, News};
use crate::threads;

/// The load that is sent.
const LOAD: LoadId = LoadId { trial: 0, part: Part::Load };

/// Why there is no outcome.
#[derive(Debug, thiserror::Error)]
pub enum LoadFailure {
    /// The engine refused the load or broke.
    #[error("{0}")]
    Load(#[from] LoadError),
    /// An interval could not be written.
    #[error("the results could not be written: {0}")]
    Write(#[from] io::Error),
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

/// Runs a load to its end, or to the user's interrupt: then no new requests are sent, and those under way may finish.
///
/// # Errors
/// A specification that is wrong, a refusal of the system, an awaited sink that fails (the load is aborted then).
pub async fn load(
    spec: LoadSpec,
    bus: &mut Bus<'_>,
    cancel: &CancellationToken,
) -> Result<Ended, LoadFailure> {
    let duration_s = spec.model.shape().duration_s();
    let (inbox, mut letters) = mpsc::channel(inbox::QUEUE);
    let mut running = threads::start(spec, Outlet::new(LOAD, inbox))?;
    let mut beats = Vec::new();
    let mut failed: Option<io::Error> = None;
    let mut interrupted = false;
    loop {
        let letter = tokio::select! {
            letter = letters.recv() => letter,
            () = cancel.cancelled(), if !interrupted => {
                interrupted = true;
                running.stop();
                continue;
            }
        };
        match letter {
            Some(Letter::Interval(load, interval)) => {
                beats.push(Beat {
                    end_unix_s: interval.end_unix_s,
                    completed: interval.endpoints.iter().map(|e| e.tally.completed).collect(),
                });
                let begun =
                    if beats.len() == 1 { begin(bus, interval.start_unix_s, duration_s) } else { Ok(()) };
                let told = tell(bus, News::Interval { load, interval });
                if let Err(e) = begun.and(told)
                    && failed.is_none()
                {
                    failed = Some(e);
                    running.abort();
                }
            }
            Some(Letter::LoadEnded(_, ended)) => {
                let outcome = (*ended)?;
                if let Some(e) = failed {
                    return Err(e.into());
                }
                let (start, end) = (outcome.start_unix_s, outcome.load_end_unix_s);
                tell(bus, News::Windows(Some(Windows::alone(start, end, outcome.end_unix_s))))?;
                let (inputs, answers) = (outcome.verdict_inputs.into(), outcome.first_answers.clone());
                tell(bus, News::Generator { load: LOAD, inputs, answers })?;
                return Ok(Ended { outcome, beats, interrupted });
            }
            // A load alone has no testbed.
            Some(_) => {}
            None => return Err(LoadError::Panicked("the engine fell silent".to_owned()).into()),
        }
    }
}

fn tell(bus: &mut Bus<'_>, news: News) -> io::Result<()> {
    bus.tell(Message { t_unix_s: unix_now_s(), news })
}

/// The load began with its first interval.
fn begin(bus: &mut Bus<'_>, start_unix_s: f64, duration_s: f64) -> io::Result<()> {
    let end = start_unix_s + duration_s;
    let news = News::Phase { phase: Phase::Load, expected_s: Some(duration_s) };
    bus.tell(Message { t_unix_s: start_unix_s, news })?;
    tell(bus, News::Windows(Some(Windows::alone(start_unix_s, end, end))))
}
