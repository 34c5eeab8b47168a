//! Raw samples, client rows and replica events become one frame: one clock, one row a bin.
//!
//! This room decides which raw series speak for which column and when each task lived; how a series is
//! brought onto bins is the frame room's.

pub mod columns;
pub mod series;

use swarmlab_frame::client::{ClientError, ClientRow, to_columns};
use swarmlab_frame::clock::{Bins, ClockError};
use swarmlab_frame::frame::{Frame, FrameError, NameError};
use swarmlab_frame::series::Series;

use crate::bundle::events::Event;
use crate::bundle::manifest::Manifest;
use crate::telemetry::Sample;
use crate::testbed::{ReplicaEvent, TaskLife};

/// Everything measured in one run, as read from its folder.
#[derive(Debug, Clone)]
pub struct Raw {
    /// What was run.
    pub manifest: Manifest,
    /// Client intervals.
    pub client: Vec<ClientRow>,
    /// Server series with the life of their task.
    pub series: Vec<Series>,
    /// Phases, replicas, warnings.
    pub events: Vec<Event>,
}

/// Why no frame can be built.
#[derive(Debug, thiserror::Error)]
pub enum AssembleError {
    /// The load phase never began.
    #[error("the run has no load window: it ended before any load was sent")]
    NoWindow,
    /// Columns clash or do not fit.
    #[error(transparent)]
    Frame(#[from] FrameError),
    /// A column cannot be named.
    #[error(transparent)]
    Name(#[from] NameError),
    /// The grid is impossible.
    #[error(transparent)]
    Clock(#[from] ClockError),
    /// Client rows do not fit the grid.
    #[error(transparent)]
    Client(#[from] ClientError),
}

impl AssembleError {
    /// Its number and name.
    pub fn code(&self) -> swarmlab_codes::Code {
        match self {
            Self::NoWindow => swarmlab_codes::NO_WINDOW,
            Self::Frame(_) | Self::Name(_) | Self::Clock(_) | Self::Client(_) => swarmlab_codes::BAD_FRAME,
        }
    }
}

/// Builds the frame from the first edge of the grid to the end of the drain.
pub fn frame(raw: &Raw) -> Result<Frame, AssembleError> {
    let windows = raw.manifest.windows.ok_or(AssembleError::NoWindow)?;
    let end = windows.drained_unix_s.max(windows.load_end_unix_s);
    let bins = Bins::spanning(windows.grid_unix_s, end, raw.manifest.experiment.bin_s)?;
    let mut frame = Frame::with_zero(bins, windows.load_start_unix_s);
    frame.extend(to_columns(&raw.client, &bins)?)?;
    frame.extend(columns::servers(raw, &bins)?)?;
    frame.extend(columns::replicas(raw, &bins)?)?;
    Ok(frame)
}

/// Replica events of a run, in order of time.
pub fn replica_events(events: &[Event]) -> Vec<ReplicaEvent> {
    let mut out: Vec<ReplicaEvent> = events
        .iter()
        .filter_map(|e| match e {
            Event::Replicas(r) => Some(r.clone()),
            _ => None,
        })
        .collect();
    out.sort_by(|a, b| a.t_unix_s.total_cmp(&b.t_unix_s));
    out
}

/// Lives of tasks; events about the same task complete each other.
pub fn lives(events: &[Event]) -> Vec<TaskLife> {
    let mut out: Vec<TaskLife> = Vec::new();
    for e in events {
        let Event::Task(life) = e else { continue };
        match out.iter_mut().find(|l| l.task == life.task) {
            Some(known) => {
                // The container's start comes before the task is called running, its end before it is gone.
                known.born_unix_s = earliest(known.born_unix_s, life.born_unix_s);
                known.died_unix_s = earliest(known.died_unix_s, life.died_unix_s);
            }
            None => out.push(life.clone()),
        }
    }
    out
}

fn earliest(a: Option<f64>, b: Option<f64>) -> Option<f64> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        _ => a.or(b),
    }
}

/// Groups samples into series and gives each the life of its task.
pub fn series(samples: impl IntoIterator<Item = Sample>, lives: &[TaskLife]) -> Vec<Series> {
    series::build(samples, lives)
}

/// Gives series that were stored without them the lives of their tasks.
pub fn relive(all: &mut [Series], lives: &[TaskLife]) {
    series::give_lives(all, lives);
}
