//! One experiment from nothing to a report: up, warm-up, settle, load, drain, collect, down, analyse.
//!
//! A dispatcher receives everything that happens beside it (samples, replica events, load intervals, the user's
//! interrupt) through one channel and one token, writes it down at once, and moves from phase to phase. So the
//! order of events in the folder is the order in which they were known.

mod bring_up;
mod dispatcher;
pub mod error;
pub mod load;
pub mod message;
mod prepare;
pub mod progress;
mod recorder;

pub use error::RunError;
pub use prepare::{RunOptions, choose_testbed};

use swarmlab_swarm::CancellationToken;

use progress::Observer;
use swarmlab_experiment::Experiment;
use swarmlab_present::recompute;
use swarmlab_record::Phase;
use swarmlab_record::folder::RunFolder;
use swarmlab_record::manifest::State;
use swarmlab_record::summary::Summary;
use swarmlab_testbed::Kind;

/// How a run ended.
#[derive(Debug)]
pub struct Finished {
    /// Where everything is.
    pub folder: RunFolder,
    /// Figures and verdicts; none when nothing was measured.
    pub summary: Option<Summary>,
    /// Why it did not come to its end, if it did not.
    pub failure: Option<RunError>,
}

/// Runs an experiment. Whatever happens, the testbed is taken down (unless it is to be kept), and what was measured
/// is written and analysed.
///
/// # Errors
/// Only when not even a folder could be made; everything later is in [`Finished::failure`].
pub async fn run(
    experiment: &Experiment,
    kind: Kind,
    reason: &str,
    options: &RunOptions,
    cancel: &CancellationToken,
    left: &dyn Fn(Vec<String>),
    observer: &mut dyn Observer,
) -> Result<Finished, RunError> {
    let started = swarmlab_telemetry::clock::unix_now_s();
    let folder = RunFolder::create(&options.results, &experiment.name, started)
        .map_err(RunError::io(format!("create a folder in {}", options.results.display())))?;
    let measured =
        dispatcher::measure(experiment, kind, reason, options, &folder, started, cancel, left, observer)
            .await;
    let (state, failure) = match measured {
        Ok(()) => (State::Complete, None),
        Err(e) => (State::Partial { reason: e.to_string() }, Some(e)),
    };
    observer.on(progress::Progress::Phase { phase: Phase::Analyse, expected_s: None });
    match recompute::seal(&folder, state).and_then(|()| recompute::analyse(&folder)) {
        Ok(summary) => Ok(Finished { folder, summary: Some(summary), failure }),
        // Without a load window there is nothing to show; the first failure says why.
        Err(e) => Ok(Finished { folder, summary: None, failure: Some(failure.unwrap_or(e.into())) }),
    }
}
