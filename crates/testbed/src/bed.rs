//! One type for both testbeds, so that a run does not know which one it uses.

use std::time::Duration;

use swarmlab_swarm::CancellationToken;
use tokio::sync::mpsc;

use super::embedded::EmbeddedBed;
use super::swarm::SwarmBed;
use super::{Kind, Note, Target, TestbedError};
use crate::observation::Observation;
use swarmlab_record::topology::ClockOffset;
use swarmlab_telemetry::sampler;

/// Every source is sampled this often.
pub const SAMPLE_EVERY: Duration = Duration::from_secs(1);

/// A testbed that is up.
pub enum Bed {
    /// Containers.
    Swarm(Box<SwarmBed>),
    /// Child processes.
    Embedded(EmbeddedBed),
}

impl Bed {
    /// Which one.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Swarm(_) => Kind::Swarm,
            Self::Embedded(_) => Kind::Embedded,
        }
    }

    /// Where load for a port of a service goes.
    pub async fn target(&self, service: &str, port: u16) -> Result<Target, TestbedError> {
        match self {
            Self::Swarm(bed) => bed.target(service, port).await,
            Self::Embedded(bed) => bed.target(service, port),
        }
    }

    /// The clock of the samples against ours; the embedded bed has only one clock.
    pub async fn clock_offset(&self) -> Result<Option<ClockOffset>, TestbedError> {
        match self {
            Self::Swarm(bed) => Ok(Some(bed.clock_offset().await?)),
            Self::Embedded(_) => Ok(None),
        }
    }

    /// Starts sampling and watching; everything arrives as messages until `cancel` ends it.
    pub fn observe(
        &mut self,
        out: &mpsc::UnboundedSender<Observation>,
        cancel: &CancellationToken,
    ) -> Result<(), TestbedError> {
        match self {
            Self::Swarm(bed) => bed.observe(out, cancel),
            Self::Embedded(bed) => {
                for life in bed.lives() {
                    let _ = out.send(Observation::Task(life.clone()));
                }
                for event in bed.replicas("started") {
                    let _ = out.send(Observation::Replicas(event));
                }
                let (watched, out, cancel) = (bed.watched(), out.clone(), cancel.clone());
                let catalogues = bed.catalogues();
                tokio::spawn(async move {
                    let (rounds, mut received) = mpsc::channel(4);
                    let sampling = tokio::spawn(sampler::run(watched, catalogues, SAMPLE_EVERY, rounds));
                    loop {
                        let round = tokio::select! {
                            () = cancel.cancelled() => break,
                            round = received.recv() => round,
                        };
                        let Some((samples, errors)) = round else { break };
                        let _ = out.send(Observation::Samples(samples));
                        for e in errors {
                            let _ = out.send(Observation::TelemetryFailed(e));
                        }
                    }
                    sampling.abort();
                });
                Ok(())
            }
        }
    }

    /// Something that broke by itself, if anything did; asked once a second.
    pub fn broken(&mut self) -> Option<TestbedError> {
        match self {
            Self::Swarm(_) => None,
            Self::Embedded(bed) => bed.dead(),
        }
    }

    /// What a second Ctrl-C would leave.
    pub fn left_behind(&self) -> Vec<String> {
        match self {
            Self::Swarm(bed) => bed.left_behind(),
            // Children leave when their standard input closes.
            Self::Embedded(_) => Vec::new(),
        }
    }

    /// Takes the bed down and returns when nothing of it is left.
    pub async fn down(self, note: &mut (dyn FnMut(Note) + Send)) -> Result<(), TestbedError> {
        match self {
            Self::Swarm(bed) => bed.down(note).await,
            Self::Embedded(mut bed) => {
                for task in bed.down().await {
                    note(Note::Warning(format!("{task} did not stop when asked and was killed")));
                }
                Ok(())
            }
        }
    }
}
