//! Raw samples, client rows and replica events become one frame: one clock, one row a bin.
//!
//! This room decides which raw series speak for which column and when each task lived; how a series is
//! brought onto bins is the frame room's.

mod columns;
mod digest;
mod grid;
pub(crate) mod queries;
mod replicas;
mod series;
#[cfg(test)]
mod tests;

pub use grid::{Grid, grid, slowest_interval_s};

use swarmlab_frame::client::{ClientError, to_columns};
use swarmlab_frame::clock::{Bins, ClockError};
use swarmlab_frame::frame::{Column, Frame, FrameError, NameError};
use swarmlab_record::client::ClientRow;
use swarmlab_record::decisions::Line;
use swarmlab_record::events::Event;
use swarmlab_record::integrity::Integrity;
use swarmlab_record::manifest::{Manifest, State, Windows};
use swarmlab_record::series::{Head, Series};
use swarmlab_record::topology::{ReplicaEvent, TaskLife};

use crate::counts::Totals;
use digest::Digest;

/// Instants closer than this are the same, seconds.
const SAME_INSTANT_S: f64 = 1e-6;

/// Everything measured in one run, as read from its folder; all but the samples of servers, which are read one series
/// after the other ([`build`]) and never held all at once.
#[derive(Debug, Clone)]
pub struct Raw {
    /// What was run.
    pub manifest: Manifest,
    /// Client intervals.
    pub client: Vec<ClientRow>,
    /// Phases, replicas, warnings.
    pub events: Vec<Event>,
    /// Controllers, what they saw and decided; none of most runs.
    pub decisions: Vec<Line>,
    /// Whether the files are whole, and agree.
    pub files: Integrity,
}

impl Raw {
    /// The windows as they were measured. What was planned is cut back, for a run that was killed or could not write its end
    /// down (a full disk), to the last client interval that is there: nothing is divided by time that nobody measured.
    ///
    /// # Errors
    /// [`AssembleError::NoWindow`] when no load was begun.
    pub fn windows(&self) -> Result<Windows, AssembleError> {
        let mut w = self.manifest.windows.ok_or(AssembleError::NoWindow)?;
        let measured = until(&self.client);
        if lacks_its_end(&self.manifest, &self.client)
            && measured.is_finite()
            && measured > w.load_start_unix_s
        {
            w.load_end_unix_s = w.load_end_unix_s.min(measured);
            w.drained_unix_s = w.drained_unix_s.min(measured);
            w.settled_unix_s = w.settled_unix_s.min(measured);
        }
        Ok(w)
    }

    /// Until when events were listened for, Unix seconds.
    pub fn known_until_unix_s(&self) -> f64 {
        match self.windows() {
            Ok(w) if self.manifest.state.is_cut_off() => w.settled_unix_s,
            Ok(w) => w.settled_unix_s.max(w.drained_unix_s).max(w.load_end_unix_s),
            Err(_) => f64::NEG_INFINITY,
        }
    }
}

/// Until when clients were measured, Unix seconds.
fn until(client: &[ClientRow]) -> f64 {
    client.iter().map(|r| r.t_unix_s + r.width_s).fold(f64::NEG_INFINITY, f64::max)
}

/// Whether a run was not written down to its end: it was killed, or nothing could be written any more (a full disk). What is
/// planned in its windows was not measured then, and its files end within an interval.
pub fn lacks_its_end(manifest: &Manifest, client: &[ClientRow]) -> bool {
    match manifest.state {
        State::Complete => false,
        // An end that was noted is that of the load; what was sampled after it counts as well.
        State::Partial { .. } => {
            manifest.windows.is_some_and(|w| until(client) < w.load_end_unix_s - SAME_INSTANT_S)
        }
        State::Running | State::Killed => true,
    }
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

/// Builds the frame from the first edge of the grid to the end of the drain, and what counters counted over the load, in
/// one pass over the series. `client` are the rows of the run as they are, or, where the grid is widened, merged onto it
/// ([`swarmlab_record::client::merged`]). `heads` are those of all series in the order in which these will come.
///
/// # Errors
/// [`AssembleError`], also when there was no load; what reading a series ended with.
pub fn build<E: From<AssembleError>>(
    raw: &Raw,
    grid: &Grid,
    client: &[ClientRow],
    heads: &[Head],
    series: impl IntoIterator<Item = Result<Series, E>>,
) -> Result<(Frame, Totals), E> {
    let windows = raw.windows()?;
    let end = windows.drained_unix_s.max(windows.load_end_unix_s);
    let bins = Bins::spanning(grid.origin_unix_s, end, grid.width_s).map_err(AssembleError::from)?;
    let mut digest = Digest::new(raw, &windows, bins, heads);
    for (i, series) in series.into_iter().enumerate() {
        digest.add(i, &series?)?;
    }
    let (columns, totals) = digest.finish()?;
    Ok((joined(raw, client, &windows, bins, columns)?, totals))
}

fn joined(
    raw: &Raw,
    client: &[ClientRow],
    windows: &Windows,
    bins: Bins,
    servers: Vec<Column>,
) -> Result<Frame, AssembleError> {
    let mut frame = Frame::with_zero(bins, windows.load_start_unix_s);
    frame.extend(to_columns(client, &bins)?)?;
    frame.extend(servers)?;
    frame.extend(replicas::of_events(raw, &bins)?)?;
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

/// Gives series the lives of their tasks.
pub fn give_lives(all: &mut [Head], lives: &[TaskLife]) {
    series::give_lives(all, lives);
}

#[cfg(test)]
mod window_tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn what_was_planned_and_not_measured_is_in_no_window() {
        let mut raw = fixture::load_alone(12);
        let end = |raw: &Raw| {
            let w = raw.windows().unwrap();
            (w.load_end_unix_s, w.settled_unix_s)
        };
        assert_eq!(end(&raw), (1012.0, 1012.0));
        raw.manifest.windows = Some(Windows::alone(1000.0, 1060.0, 1060.0));
        // Of a whole run rows that lack are a fault, and are told as one.
        assert_eq!(end(&raw), (1060.0, 1060.0));
        let full = State::Partial { reason: "no space left on device".to_owned() };
        for state in [State::Running, State::Killed, full.clone()] {
            raw.manifest.state = state;
            assert_eq!(end(&raw), (1012.0, 1012.0), "{:?}", raw.manifest.state);
        }
        // One that was interrupted and noted its end was watched for longer than clients were.
        raw.manifest.windows =
            Some(Windows { settled_unix_s: 1020.0, ..Windows::alone(1000.0, 1011.5, 1012.0) });
        raw.manifest.state = full;
        assert_eq!(end(&raw), (1011.5, 1020.0));
    }
}

#[cfg(test)]
pub(crate) mod fixture {
    use swarmlab_record::client::fixture::row;
    use swarmlab_record::manifest::Origin;
    use swarmlab_record::plan::{LoadModel, Plan};

    use super::*;

    /// A load alone of so many seconds from 1000 on, a row a second.
    pub fn load_alone(seconds: u32) -> Raw {
        let end = 1000.0 + f64::from(seconds);
        let plan = Plan::of_load("t".into(), LoadModel::Open, f64::from(seconds), 1.0, 1);
        let manifest = Manifest {
            windows: Some(Windows::alone(1000.0, end, end)),
            state: State::Complete,
            ..Manifest::begun(Origin::Load, "x", 1000.0, plan)
        };
        let client = (0..seconds).map(|i| row(1000.0 + f64::from(i), "*")).collect();
        Raw { manifest, client, events: Vec::new(), decisions: Vec::new(), files: Integrity::default() }
    }
}
