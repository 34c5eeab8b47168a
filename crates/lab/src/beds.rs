//! The testbeds that an experiment can ask for, behind the seam.

use std::collections::BTreeMap;
use std::sync::Arc;

use swarmlab_catalogue::Catalogues;
use swarmlab_record::folder::RunFolder;
use swarmlab_stackfile::StackSpecs;
use swarmlab_swarm::CancellationToken;
use swarmlab_testbed::bed::Bed;
use swarmlab_testbed::embedded::{EmbeddedBed, EmbeddedOptions};
use swarmlab_testbed::observation::Observation;
use swarmlab_testbed::swarm::SwarmBed;
use swarmlab_testbed::{Kind, Note, TestbedError};
use tokio::sync::mpsc;

use crate::bed::{Answer, Ready, Testbed};
use crate::plan::RunOptions;

/// What would be left if the command were killed while the testbed comes up.
pub(crate) fn left_while_starting(kind: Kind, options: &RunOptions) -> Vec<String> {
    match kind {
        Kind::Swarm => vec![format!(
            "the stack {name:?} (remove it with `swarmlab down {name}`)",
            name = options.stack_name
        )],
        Kind::Embedded => Vec::new(),
    }
}

/// A stack on either testbed.
pub(crate) struct StackBed {
    pub kind: Kind,
    pub specs: StackSpecs,
    pub options: RunOptions,
    pub folder: RunFolder,
    /// What is collected.
    pub catalogues: Arc<Catalogues>,
    /// Service and port that load goes to.
    pub target: (String, u16),
    /// Once it is up.
    pub bed: Option<Bed>,
}

impl StackBed {
    async fn bring_up(
        &mut self,
        cancel: &CancellationToken,
        note: &mut (dyn FnMut(Note) + Send),
    ) -> Result<Ready, TestbedError> {
        let (bed, provenance) = match self.kind {
            Kind::Swarm => {
                let engine = swarmlab_swarm::connect(self.options.engine.as_deref()).await?;
                let catalogues = Arc::clone(&self.catalogues);
                let bed =
                    SwarmBed::up(engine, &self.specs, catalogues, self.options.wait, cancel, note).await?;
                let provenance = bed.provenance().await;
                (Bed::Swarm(Box::new(bed)), provenance)
            }
            Kind::Embedded => {
                let state_dir = self.folder.logs().join("state");
                std::fs::create_dir_all(&state_dir).map_err(|source| TestbedError::Io {
                    what: format!("create {}", state_dir.display()),
                    source,
                })?;
                let embedded = EmbeddedOptions {
                    binary: self.options.binary.clone(),
                    log_dir: self.folder.logs(),
                    state_dir,
                    wait: self.options.wait,
                    catalogues: Arc::clone(&self.catalogues),
                };
                (Bed::Embedded(EmbeddedBed::up(&self.specs, &embedded, cancel, note).await?), host())
            }
        };
        // From here on it must be taken down, whatever fails.
        let bed = self.bed.insert(bed);
        let target = bed.target(&self.target.0, self.target.1).await?;
        let clock_offset = bed.clock_offset().await?;
        Ok(Ready { target, clock_offset, provenance, left_behind: bed.left_behind() })
    }
}

impl Testbed for StackBed {
    fn up<'a>(
        &'a mut self,
        cancel: &'a CancellationToken,
        note: &'a mut (dyn FnMut(Note) + Send),
    ) -> Answer<'a, Result<Ready, TestbedError>> {
        Box::pin(self.bring_up(cancel, note))
    }

    fn observe(
        &mut self,
        out: &mpsc::UnboundedSender<Observation>,
        cancel: &CancellationToken,
    ) -> Result<(), TestbedError> {
        self.bed.as_mut().map_or(Ok(()), |bed| bed.observe(out, cancel))
    }

    fn broken(&mut self) -> Option<TestbedError> {
        self.bed.as_mut().and_then(Bed::broken)
    }

    fn down<'a>(
        &'a mut self,
        note: &'a mut (dyn FnMut(Note) + Send),
    ) -> Answer<'a, Result<(), TestbedError>> {
        Box::pin(async move {
            match self.bed.take() {
                Some(bed) => bed.down(note).await,
                // It did not come up, and cleaned up itself.
                None => Ok(()),
            }
        })
    }
}

/// Kernel and processor of this machine.
fn host() -> BTreeMap<String, String> {
    let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
    let mut out = BTreeMap::new();
    out.insert("kernel".to_owned(), read("/proc/sys/kernel/osrelease").trim().to_owned());
    let cpu = read("/proc/cpuinfo");
    if let Some(model) =
        cpu.lines().find_map(|l| l.strip_prefix("model name")).and_then(|l| l.split_once(':'))
    {
        out.insert("processor".to_owned(), model.1.trim().to_owned());
    }
    if let Ok(n) = std::thread::available_parallelism() {
        out.insert("cores".to_owned(), n.to_string());
    }
    out
}
