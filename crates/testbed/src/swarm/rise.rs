//! How a stack is brought up, and taken back if it does not become ready.

use std::collections::BTreeSet;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use swarmlab_catalogue::Catalogues;
use swarmlab_stackfile::StackSpecs;
use swarmlab_swarm::{CancellationToken, Engine, UpEvent, UpOptions};

use super::{SwarmBed, address, proof, ready, unprovable};
use crate::seam::{Notes, SAMPLE_EVERY};
use crate::turns::Turns;
use crate::{Bounds, Note, TestbedError, stack};

/// How a stack is brought up.
#[derive(Debug, Clone)]
pub struct Rise {
    /// How long services may take to become ready.
    pub wait: Duration,
    /// How long all replicas of a service must stay up to count as up, where the service says nothing itself.
    pub watch: Duration,
    /// Change a stack that is there already, instead of refusing.
    pub update: bool,
    /// With `update`: remove the services that the file does not have any more.
    pub prune: bool,
    /// With `update`: change also a stack that something else than swarmlab deployed.
    pub adopt: bool,
    /// Lift the lower bound on numbers of replicas.
    pub force: bool,
    /// The URL of a Prometheus that is none of the stack's and scrapes it.
    pub prometheus: Option<String>,
}

impl Rise {
    /// A new stack, watched as long as the docker command line watches it.
    pub fn new(wait: Duration) -> Self {
        let watch = Duration::from_secs_f64(swarmlab_swarm::STABLE_S);
        Self { wait, watch, update: false, prune: false, adopt: false, force: false, prometheus: None }
    }

    /// To be measured: whoever goes on to drive it sees what ends.
    pub fn to_measure(wait: Duration) -> Self {
        Self { watch: Duration::from_secs(1), ..Self::new(wait) }
    }
}

/// Turns the stack engine's news into notes.
fn up_note(event: UpEvent) -> Option<Note> {
    match event {
        UpEvent::CheckingImages { images } => Some(Note::Step(format!("checking {images} images"))),
        UpEvent::Created(object) => Some(Note::Step(format!("created {object}"))),
        UpEvent::Updated(object) => Some(Note::Step(format!("updated {object}"))),
        UpEvent::CleaningUp => Some(Note::Warning("removing what was created".to_owned())),
        _ => None,
    }
}

/// Counts services that converged.
#[derive(Default)]
struct Convergence(BTreeSet<String>, usize);

impl Convergence {
    /// For a stack of so many services.
    fn of(services: usize) -> Self {
        Self(BTreeSet::new(), services)
    }

    /// Takes one event; a note when the count changed.
    fn note(&mut self, event: &UpEvent) -> Option<Note> {
        let UpEvent::Service { service, arrived, .. } = event else { return None };
        let changed = if *arrived { self.0.insert(service.clone()) } else { self.0.remove(service) };
        changed.then_some(Note::Converged { ready: self.0.len(), of: self.1 })
    }
}

impl SwarmBed {
    /// Deploys a stack and returns when it is ready; on failure nothing of it is left but volumes that were there before (of
    /// a stack that was there before: nothing that was created now). What it has no service for is not proven, see [`SwarmBed::unproven`].
    pub async fn up(
        engine: Engine,
        specs: &StackSpecs,
        catalogues: Arc<Catalogues>,
        rise: &Rise,
        cancel: &CancellationToken,
        note: &mut (dyn FnMut(Note) + Send),
    ) -> Result<Self, TestbedError> {
        let at = engine.info().address.clone();
        let node =
            tokio::task::spawn_blocking(move || address::node(&at, address::look_up)).await.map_err(|e| {
                TestbedError::Io { what: "resolving the engine's host".to_owned(), source: e.into() }
            })?;
        let prometheus = stack::prometheus(specs);
        // Where nothing is asked, it need not be known where it would answer.
        let node = if prometheus.is_some() || rise.prometheus.is_some() {
            node?
        } else {
            node.unwrap_or(Ipv4Addr::LOCALHOST.into())
        };
        let own = prometheus.map(|(_, port)| format!("http://{}", SocketAddr::new(node, port)));
        let prometheus_url = rise.prometheus.clone().or(own);
        let options = UpOptions {
            wait_s: rise.wait.as_secs_f64(),
            stable_s: rise.watch.as_secs_f64(),
            update: rise.update,
            prune: rise.prune,
            adopt: rise.adopt,
            force: rise.force,
            cancel: cancel.clone(),
            ..UpOptions::default()
        };
        let mut converged = Convergence::of(specs.services.len());
        let report = swarmlab_swarm::up(&engine, specs, &options, &mut |event| {
            if let Some(n) = converged.note(&event).or_else(|| up_note(event)) {
                note(n);
            }
        })
        .await?;
        for warning in report.warnings {
            note(Note::Warning(warning));
        }
        let images = report.images.into_keys().collect();
        let mut bed = Self {
            engine,
            specs: specs.clone(),
            images,
            spared: report.kept.into_iter().map(|volume| volume.name).collect(),
            prometheus_url,
            unproven: unprovable(specs, rise.prometheus.is_some()),
            node,
            catalogues,
            told: Vec::new(),
            sampled_every: SAMPLE_EVERY,
            bounds: Bounds::default(),
            turns: Turns::default(),
            going: CancellationToken::new(),
            removed: AtomicBool::new(false),
        };
        match bed.ready(rise.wait, cancel, note).await {
            Ok(seen) => {
                (bed.told, bed.sampled_every) = (seen.told, seen.sampled_every);
                Ok(bed)
            }
            Err(e) if rise.update => Err(e),
            Err(e) => {
                note(Note::Warning(format!("not ready ({}), removing the stack", first_line(&e))));
                let removed = bed.remove(note).await;
                Err(undone(e, removed, &specs.name, note))
            }
        }
    }

    async fn ready(
        &self,
        wait: Duration,
        cancel: &CancellationToken,
        note: &mut (dyn FnMut(Note) + Send),
    ) -> Result<ready::Seen, TestbedError> {
        let Some(prometheus) = self.prometheus()? else {
            return Ok(ready::Seen { told: Vec::new(), sampled_every: SAMPLE_EVERY });
        };
        let asked = proof::questions(&self.specs, self.node);
        tokio::select! {
            () = cancel.cancelled() => Err(TestbedError::Interrupted),
            done = ready::wait(&prometheus, &self.engine, &self.specs, asked, wait, note) => done,
        }
    }
}

/// Why a stack is not up, which the failure of its removal does not hide.
fn undone(
    why: TestbedError,
    removed: Result<(), TestbedError>,
    stack: &str,
    note: &mut Notes<'_>,
) -> TestbedError {
    if let Err(e) = removed {
        note(Note::Warning(format!("could not remove the stack (do it with `swarmlab down {stack}`): {e}")));
    }
    why
}

fn first_line(e: &TestbedError) -> String {
    e.to_string().lines().next().unwrap_or_default().trim_end_matches(':').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_removal_that_fails_does_not_hide_why_there_was_one() {
        let mut noted = Vec::new();
        let removed = Err(TestbedError::Interrupted);
        let told = undone(TestbedError::NoProof(vec![]), removed, "lab", &mut |n| noted.push(n));
        assert!(matches!(told, TestbedError::NoProof(_)), "{told}");
        let said = |n: &Note| matches!(n, Note::Warning(w) if w.contains("swarmlab down lab") && w.ends_with("interrupted"));
        assert!(matches!(&noted[..], [one] if said(one)), "{noted:?}");
    }
}
