//! Where a session takes place: a stack that comes up on a testbed, and where its load goes.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::time::Duration;

use swarmlab_record::topology::{ClockOffset, Target};
use swarmlab_swarm::CancellationToken;
use swarmlab_testbed::seam::{Out, Pending};
use swarmlab_testbed::{Action, Done, Note, TestbedError};

/// An answer that takes time.
pub type Answer<'a, T> = Pin<Box<dyn Future<Output = T> + 'a>>;

/// A site that is up.
#[derive(Debug, Clone, PartialEq)]
pub struct Ready {
    /// Where load goes.
    pub target: Target,
    /// The samples' clock against ours, if it is another.
    pub clock_offset: Option<ClockOffset>,
    /// Time between two samples of the slowest source.
    pub sampled_every: Duration,
    /// Versions and digests.
    pub provenance: BTreeMap<String, String>,
    /// What would be left if the command were killed, sentences.
    pub left_behind: Vec<String>,
}

/// Where a session takes place.
pub trait Site {
    /// Brings everything up and finds out where load goes. On failure, or when cancelled, it cleans up after itself.
    fn up<'a>(
        &'a mut self,
        cancel: &'a CancellationToken,
        note: &'a mut (dyn FnMut(Note) + Send),
    ) -> Answer<'a, Result<Ready, TestbedError>>;

    /// Starts sampling and watching, from the present state on; ends with the token. What breaks by itself is told as
    /// [`swarmlab_testbed::observation::Observation::Broken`].
    ///
    /// # Errors
    /// What keeps it from being watched.
    fn observe(&mut self, out: Out, cancel: CancellationToken) -> Result<(), TestbedError>;

    /// Changes something; the answer can be awaited beside anything else. What `cancel` ends is not begun, or not gone on
    /// with.
    fn act(
        &mut self,
        action: Action,
        cancel: CancellationToken,
    ) -> Pending<'static, Result<Done, TestbedError>>;

    /// Takes everything down and returns when nothing is left. Harmless where nothing is up, or only half of it.
    fn down<'a>(&'a mut self, note: &'a mut (dyn FnMut(Note) + Send))
    -> Answer<'a, Result<(), TestbedError>>;
}
