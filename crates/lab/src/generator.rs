//! The seam to what sends load.

use std::collections::BTreeMap;

use swarmlab_intervals::trust::VerdictInputs;
use swarmlab_intervals::{ErrorKind, FirstAnswer, Interval, Outcome, Retired};
use swarmlab_loadgen::LoadError;
use swarmlab_record::topology::Target;
use swarmlab_trial::LoadId;
use tokio::sync::mpsc;

use crate::inbox::Letter;

/// Sends load: threads of this process, and later fleets, other tools, simulations.
pub trait Generator: Send {
    /// Starts a load whose first request may be sent at an instant (seconds since the Unix epoch). Its intervals, and
    /// exactly one end, go to `out`.
    ///
    /// # Errors
    /// A load that cannot be started; then nothing goes to `out`.
    fn start(
        &mut self,
        load: LoadId,
        start_unix_s: f64,
        target: &Target,
        out: Outlet,
    ) -> Result<Box<dyn Running>, LoadError>;
}

/// What a generator says of itself when a load has ended; what clients felt is in its intervals.
#[derive(Debug, Default)]
pub struct Report {
    /// What it is judged by; none where nobody had to keep up.
    pub inputs: Option<VerdictInputs>,
    /// The first answer of each error and status.
    pub answers: Vec<FirstAnswer>,
    /// The first request that failed in each way, in words.
    pub errors: BTreeMap<ErrorKind, String>,
    /// Connections that were established, and those of them that were ended because they had been used for long enough.
    pub connections: Option<(u64, Retired)>,
}

impl From<Outcome> for Report {
    fn from(outcome: Outcome) -> Self {
        Self {
            inputs: Some(outcome.verdict_inputs),
            answers: outcome.first_answers,
            errors: outcome.first_errors,
            connections: Some((outcome.connections_opened, outcome.connections_retired)),
        }
    }
}

/// A load that is being sent.
pub trait Running: Send {
    /// Gives the load another level (users, or requests per second) than its shape says, until its end or the next
    /// change.
    ///
    /// # Errors
    /// Why the level stays as it is.
    fn set_level(&mut self, level: f64) -> Result<(), LoadError>;

    /// Sends nothing more; answers under way are waited for.
    fn stop(&mut self);

    /// Sends nothing more, and gives up what is under way.
    fn abort(&mut self);
}

/// Where what comes of a load goes. The queue behind it is bounded: a generator that is faster than the run waits.
#[derive(Debug, Clone)]
pub struct Outlet {
    load: LoadId,
    inbox: mpsc::Sender<Letter>,
}

impl Outlet {
    pub(crate) fn new(load: LoadId, inbox: mpsc::Sender<Letter>) -> Self {
        Self { load, inbox }
    }

    /// Which load it is for.
    pub fn load(&self) -> LoadId {
        self.load
    }

    /// Passes an interval on, from a thread. False when nobody listens any more.
    pub fn interval(&self, interval: Interval) -> bool {
        self.inbox.blocking_send(Letter::Interval(self.load, interval.into())).is_ok()
    }

    /// Passes the end on, from a thread.
    pub fn ended(&self, ended: Result<Report, LoadError>) {
        // Nobody listens any more only when the run itself was given up.
        let _ = self.inbox.blocking_send(Letter::LoadEnded(self.load, Box::new(ended)));
    }

    /// Passes an interval on, from a task. False when nobody listens any more.
    pub async fn interval_async(&self, interval: Interval) -> bool {
        self.inbox.send(Letter::Interval(self.load, interval.into())).await.is_ok()
    }

    /// Passes the end on, from a task.
    pub async fn ended_async(&self, ended: Result<Report, LoadError>) {
        let _ = self.inbox.send(Letter::LoadEnded(self.load, Box::new(ended))).await;
    }
}
