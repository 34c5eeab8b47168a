//! The seam between those who measure and what is measured: [`Beds`] bring a stack up, a [`Testbed`] is one that is up.
//!
//! Both are safe to hold as trait objects, and everything of a testbed that is up takes `&self`: a session can share one
//! between what observes and what acts.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::time::Duration;

use swarmlab_record::topology::ClockOffset;
use swarmlab_stackfile::StackSpecs;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::action::{Action, Done};
use crate::observation::Observation;
use crate::{Kind, Note, Target, TestbedError};

/// An answer that is not there yet.
pub type Pending<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Takes what a bed reports while it comes up or goes down.
pub type Notes<'a> = dyn FnMut(Note) + Send + 'a;

/// Where observations go: a bounded channel. Whoever observes waits when it is full, so that nothing is lost.
pub type Out = mpsc::Sender<Observation>;

/// Every source is sampled this often.
pub const SAMPLE_EVERY: Duration = Duration::from_secs(1);

/// How many observations may wait in a channel made by [`channel`].
pub const OBSERVATIONS_WAITING: usize = 64;

/// A channel for observations, of the usual length.
pub fn channel() -> (Out, mpsc::Receiver<Observation>) {
    mpsc::channel(OBSERVATIONS_WAITING)
}

/// A way to bring stacks up.
pub trait Beds: Send + Sync {
    /// Which kind of bed comes up.
    fn kind(&self) -> Kind;

    /// What would be left if the command were killed while the bed comes up, a sentence each.
    fn left_while_starting(&self, specs: &StackSpecs) -> Vec<String>;

    /// Brings a stack up and returns when it is ready to be measured. On failure, and when `cancel` ends it, nothing of
    /// it is left.
    fn up<'a>(
        &'a self,
        specs: &'a StackSpecs,
        cancel: &'a CancellationToken,
        note: &'a mut Notes<'a>,
    ) -> Pending<'a, Result<Box<dyn Testbed>, TestbedError>>;
}

/// A stack that is up.
pub trait Testbed: Send + Sync {
    /// Which kind it is.
    fn kind(&self) -> Kind;

    /// What it is made of (engine, kernel, images), by name; for the manifest.
    fn provenance(&self) -> Pending<'_, BTreeMap<String, String>>;

    /// Where load for a port of a service goes.
    fn target<'a>(&'a self, service: &'a str, port: u16) -> Pending<'a, Result<Target, TestbedError>>;

    /// The clock of the samples against ours; `None` where there is only one clock.
    fn clock_offset(&self) -> Pending<'_, Result<Option<ClockOffset>, TestbedError>>;

    /// Time between two samples of the slowest source: how long a sample may have to be waited for.
    fn sampled_every(&self) -> Duration {
        SAMPLE_EVERY
    }

    /// Starts sampling and watching in the background, until `cancel` ends it, the receiver is gone or the bed goes
    /// down. First comes what is there: the lives of tasks and the replica counts. Nothing is ever dropped: a full
    /// channel holds the sampler up, and events wait for their turn.
    ///
    /// # Errors
    /// What is to be observed cannot be asked at all.
    fn observe(&self, out: Out, cancel: CancellationToken) -> Result<(), TestbedError>;

    /// Changes something, within bounds and in bounded time. The answer does not borrow the bed, so it can be awaited
    /// beside anything else. An action that was taken goes on when its answer is dropped; `cancel` and `down` end it:
    /// one that waits for its turn is not begun, of one that was begun nothing more is done, and what was done stands.
    ///
    /// # Errors
    /// [`TestbedError::OutOfBounds`], [`TestbedError::NoService`] and [`TestbedError::CannotAct`] before anything is
    /// changed; [`TestbedError::ActTimeout`] when it is not in force in time; [`TestbedError::Interrupted`] when it was
    /// cancelled.
    fn act(&self, action: Action, cancel: CancellationToken) -> Pending<'static, Result<Done, TestbedError>>;

    /// What a second Ctrl-C would leave, a sentence each.
    fn left_behind(&self) -> Vec<String>;

    /// Takes the bed down and returns when nothing of it is left. Actions under way end. Again on a bed that is down,
    /// it does nothing.
    fn down<'a>(&'a self, note: &'a mut Notes<'a>) -> Pending<'a, Result<(), TestbedError>>;
}
