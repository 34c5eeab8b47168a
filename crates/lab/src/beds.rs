//! The testbeds that an experiment can ask for.

use std::sync::Arc;

use swarmlab_catalogue::Catalogues;
use swarmlab_record::folder::RunFolder;
use swarmlab_stackfile::StackSpecs;
use swarmlab_swarm::CancellationToken;
use swarmlab_testbed::embedded::{EmbeddedBeds, EmbeddedOptions};
use swarmlab_testbed::seam::{Beds, Out, Pending, Testbed};
use swarmlab_testbed::swarm::SwarmBeds;
use swarmlab_testbed::{Action, Bounds, Done, Kind, Note, TestbedError};

use crate::plan::RunOptions;
use crate::site::{Answer, Ready, Site};

/// The way to bring the run's testbed up; none of one that is simulated.
pub(crate) fn beds(
    kind: Kind,
    options: &RunOptions,
    folder: &RunFolder,
    catalogues: Arc<Catalogues>,
    bounds: Bounds,
    prometheus: Option<String>,
) -> Option<Box<dyn Beds>> {
    let wait = options.wait;
    Some(match kind {
        Kind::Simulated => return None,
        Kind::Swarm => {
            Box::new(SwarmBeds { engine: options.engine.clone(), wait, catalogues, bounds, prometheus })
        }
        Kind::Embedded => Box::new(EmbeddedBeds::new(EmbeddedOptions {
            binary: options.binary.clone(),
            log_dir: folder.logs(),
            state_dir: folder.logs().join("state"),
            wait,
            catalogues,
            bounds,
        })),
    })
}

/// A stack on a testbed.
pub(crate) struct StackSite {
    pub beds: Box<dyn Beds>,
    pub specs: StackSpecs,
    /// Service and port that load goes to.
    pub target: (String, u16),
    /// Once it is up.
    pub bed: Option<Box<dyn Testbed>>,
}

impl StackSite {
    async fn bring_up(
        &mut self,
        cancel: &CancellationToken,
        note: &mut (dyn FnMut(Note) + Send),
    ) -> Result<Ready, TestbedError> {
        let bed = self.beds.up(&self.specs, cancel, &mut |n| note(n)).await?;
        // From here on it must be taken down, whatever fails.
        let bed = self.bed.insert(bed);
        let provenance = bed.provenance().await;
        let target = bed.target(&self.target.0, self.target.1).await?;
        let clock_offset = bed.clock_offset().await?;
        Ok(Ready {
            target,
            clock_offset,
            sampled_every: bed.sampled_every(),
            provenance,
            left_behind: bed.left_behind(),
        })
    }
}

impl Site for StackSite {
    fn up<'a>(
        &'a mut self,
        cancel: &'a CancellationToken,
        note: &'a mut (dyn FnMut(Note) + Send),
    ) -> Answer<'a, Result<Ready, TestbedError>> {
        Box::pin(self.bring_up(cancel, note))
    }

    fn observe(&mut self, out: Out, cancel: CancellationToken) -> Result<(), TestbedError> {
        self.bed.as_ref().map_or(Ok(()), |bed| bed.observe(out, cancel))
    }

    fn act(
        &mut self,
        action: Action,
        cancel: CancellationToken,
    ) -> Pending<'static, Result<Done, TestbedError>> {
        match &self.bed {
            Some(bed) => bed.act(action, cancel),
            None => Box::pin(async move { Err(TestbedError::GoingDown { action: action.to_string() }) }),
        }
    }

    fn down<'a>(
        &'a mut self,
        note: &'a mut (dyn FnMut(Note) + Send),
    ) -> Answer<'a, Result<(), TestbedError>> {
        Box::pin(async move {
            match self.bed.take() {
                Some(bed) => bed.down(&mut |n| note(n)).await,
                // It did not come up, and cleaned up itself.
                None => Ok(()),
            }
        })
    }
}
