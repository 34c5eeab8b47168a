//! The seam to where services run.

use std::collections::BTreeMap;
use std::pin::Pin;

use swarmlab_record::topology::{ClockOffset, Target};
use swarmlab_swarm::CancellationToken;
use swarmlab_testbed::observation::Observation;
use swarmlab_testbed::{Note, TestbedError};
use tokio::sync::mpsc;

/// An answer that takes time.
pub type Answer<'a, T> = Pin<Box<dyn Future<Output = T> + 'a>>;

/// A testbed that came up.
#[derive(Debug, Clone, PartialEq)]
pub struct Ready {
    /// Where load goes.
    pub target: Target,
    /// The samples' clock against ours, if it is another.
    pub clock_offset: Option<ClockOffset>,
    /// Versions and digests.
    pub provenance: BTreeMap<String, String>,
    /// What would be left if the command were killed, sentences.
    pub left_behind: Vec<String>,
}

/// Where services run.
pub trait Testbed {
    /// Brings everything up and finds out where load goes. On failure, or when cancelled, it cleans up after itself.
    fn up<'a>(
        &'a mut self,
        cancel: &'a CancellationToken,
        note: &'a mut (dyn FnMut(Note) + Send),
    ) -> Answer<'a, Result<Ready, TestbedError>>;

    /// Starts sampling and watching, from the present state on; ends with the token.
    ///
    /// # Errors
    /// What keeps it from being watched.
    fn observe(
        &mut self,
        out: &mpsc::UnboundedSender<Observation>,
        cancel: &CancellationToken,
    ) -> Result<(), TestbedError>;

    /// Something that broke by itself, if anything did; asked once a second while the testbed is observed.
    fn broken(&mut self) -> Option<TestbedError>;

    /// Takes everything down and returns when nothing is left. Harmless where nothing is up, or only half of it.
    fn down<'a>(&'a mut self, note: &'a mut (dyn FnMut(Note) + Send))
    -> Answer<'a, Result<(), TestbedError>>;
}
