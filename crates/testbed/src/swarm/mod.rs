//! The Swarm testbed: the stack engine, plus what makes a stack ready to be measured (every scrape target up,
//! one request through every proxy) and what watches it.

mod act;
pub mod address;
mod proof;
pub mod ready;
mod rise;
mod samples;
mod story;
mod unproven;

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use swarmlab_catalogue::Catalogues;
use swarmlab_stackfile::StackSpecs;
use swarmlab_swarm::{CancellationToken, DownOptions, Engine};

use super::{Action, Bounds, Done, Kind, Note, Target, TestbedError, stack};
use crate::seam::{Beds, Notes, Out, Pending, Testbed};
use crate::turns::Turns;
use swarmlab_record::topology::ClockOffset;
use swarmlab_telemetry::clock::unix_now_s;
use swarmlab_telemetry::prometheus::PrometheusSource;

pub use rise::Rise;
pub use unproven::unprovable;

/// A stack that is up and ready to be measured.
pub struct SwarmBed {
    engine: Engine,
    specs: StackSpecs,
    images: Vec<String>,
    /// Volumes that were there before it, by full name: they outlive it.
    spared: BTreeSet<String>,
    /// The stack's own, if it has one.
    prometheus_url: Option<String>,
    /// What could not be proven of the stack, half a sentence each.
    unproven: Vec<String>,
    /// Where published host-mode ports answer. A remote engine's answer where the engine does.
    node: IpAddr,
    catalogues: Arc<Catalogues>,
    /// Reasons of remarks on series that were told before the load.
    told: Vec<String>,
    /// Time between two samples of the slowest source.
    sampled_every: Duration,
    bounds: Bounds,
    /// Of actions, and of going down.
    turns: Turns,
    /// Cancelled when the bed goes down.
    going: CancellationToken,
    removed: AtomicBool,
}

/// Brings stacks up on a Swarm.
pub struct SwarmBeds {
    /// The engine's address, if not the default.
    pub engine: Option<String>,
    /// How long services may take to become ready.
    pub wait: Duration,
    /// What is collected.
    pub catalogues: Arc<Catalogues>,
    /// How far actions may go.
    pub bounds: Bounds,
    /// The URL of a Prometheus that is none of the stack's and scrapes it.
    pub prometheus: Option<String>,
}

impl Beds for SwarmBeds {
    fn kind(&self) -> Kind {
        Kind::Swarm
    }

    fn left_while_starting(&self, specs: &StackSpecs) -> Vec<String> {
        vec![format!("the stack {name:?} (remove it with `swarmlab down {name}`)", name = specs.name)]
    }

    fn up<'a>(
        &'a self,
        specs: &'a StackSpecs,
        cancel: &'a CancellationToken,
        note: &'a mut Notes<'a>,
    ) -> Pending<'a, Result<Box<dyn Testbed>, TestbedError>> {
        Box::pin(async move {
            let engine = swarmlab_swarm::connect(self.engine.as_deref()).await?;
            let rise = Rise { prometheus: self.prometheus.clone(), ..Rise::to_measure(self.wait) };
            let mut bed =
                SwarmBed::up(engine, specs, Arc::clone(&self.catalogues), &rise, cancel, note).await?;
            bed.bounds = self.bounds.clone();
            for missing in bed.unproven() {
                note(Note::Warning(format!("not measured is {missing}; figures that need it are absent")));
            }
            Ok(Box::new(bed) as Box<dyn Testbed>)
        })
    }
}

/// Address of a service's published port.
fn published(node: IpAddr, specs: &StackSpecs, service: &str, port: u16) -> Option<SocketAddr> {
    let plan = specs.services.iter().find(|s| s.short == service)?;
    Some(SocketAddr::new(node, stack::published_port(plan, port)?))
}

impl SwarmBed {
    /// What could not be proven of the stack, half a sentence each.
    pub fn unproven(&self) -> &[String] {
        &self.unproven
    }

    /// A client for the stack's Prometheus, if it has one.
    ///
    /// # Errors
    /// The client cannot be made.
    pub fn prometheus(&self) -> Result<Option<PrometheusSource>, TestbedError> {
        let Some(url) = &self.prometheus_url else { return Ok(None) };
        let catalogues = Arc::clone(&self.catalogues);
        let topology = stack::topology(&self.specs);
        Ok(Some(PrometheusSource::new(url, &self.specs.name, topology, catalogues)?))
    }

    /// Engine, kernel and images.
    async fn describe(&self) -> BTreeMap<String, String> {
        let info = self.engine.info();
        let mut out = BTreeMap::new();
        for image in &self.images {
            let id = self.engine.docker().inspect_image(image).await.ok().and_then(|i| i.id);
            out.insert(format!("image {image}"), id.unwrap_or_else(|| "unknown".to_owned()));
        }
        out.insert("engine".to_owned(), format!("Docker {} (API {})", info.version, info.api_version));
        out.insert("kernel".to_owned(), info.kernel.clone());
        out
    }

    /// Removes the stack and returns when nothing of it is left.
    async fn remove(&self, note: &mut Notes<'_>) -> Result<(), TestbedError> {
        let down = DownOptions { spared: self.spared.clone(), ..DownOptions::default() };
        let report = swarmlab_swarm::down(&self.engine, &self.specs.name, &down, &mut |_| {}).await?;
        note(Note::Step(format!("removed {} objects in {:.1} s", report.removed.len(), report.took_s)));
        for kept in report.kept {
            note(Note::Step(format!("kept {kept}: it was there before")));
        }
        Ok(())
    }
}

impl Testbed for SwarmBed {
    fn kind(&self) -> Kind {
        Kind::Swarm
    }

    fn provenance(&self) -> Pending<'_, BTreeMap<String, String>> {
        Box::pin(self.describe())
    }

    fn target<'a>(&'a self, service: &'a str, port: u16) -> Pending<'a, Result<Target, TestbedError>> {
        let address = published(self.node, &self.specs, service, port)
            .ok_or_else(|| TestbedError::NotPublished { service: service.to_owned(), port });
        Box::pin(async move {
            let address = address?;
            Ok(Target { addresses: vec![address], host: address.to_string() })
        })
    }

    fn clock_offset(&self) -> Pending<'_, Result<Option<ClockOffset>, TestbedError>> {
        Box::pin(async {
            // Without samples there is no clock but ours.
            let Some(prometheus) = self.prometheus()? else { return Ok(None) };
            Ok(Some(prometheus.clock_offset().await?))
        })
    }

    fn sampled_every(&self) -> Duration {
        self.sampled_every
    }

    fn observe(&self, out: Out, cancel: CancellationToken) -> Result<(), TestbedError> {
        let mut jobs: Vec<Pending<'static, ()>> = Vec::new();
        if let Some(mut source) = self.prometheus()? {
            source.told(self.told.iter().cloned());
            for query in source.queries() {
                jobs.push(Box::pin(samples::ask(query, out.clone())));
            }
            jobs.push(Box::pin(samples::fetch(source, out.clone())));
        }
        jobs.push(Box::pin(story::tell(self.engine.clone(), self.specs.name.clone(), out)));
        for job in jobs {
            let (cancel, going) = (cancel.clone(), self.going.clone());
            tokio::spawn(async move {
                tokio::select! {
                    () = cancel.cancelled() => {}
                    () = going.cancelled() => {}
                    () = job => {}
                }
            });
        }
        Ok(())
    }

    fn act(&self, action: Action, cancel: CancellationToken) -> Pending<'static, Result<Done, TestbedError>> {
        let gone = TestbedError::GoingDown { action: action.to_string() };
        if self.going.is_cancelled() {
            return Box::pin(async { Err(gone) });
        }
        let deed = act::Deed {
            engine: self.engine.clone(),
            specs: self.specs.clone(),
            bounds: self.bounds.clone(),
            going: self.going.clone(),
            cancel,
            asked_unix_s: unix_now_s(),
        };
        let turn = self.turns.queue();
        Box::pin(async move {
            // A task of its own: what was begun is not left half done when nobody waits for the answer.
            tokio::spawn(deed.act(action, turn)).await.unwrap_or(Err(gone))
        })
    }

    fn left_behind(&self) -> Vec<String> {
        vec![format!(
            "the stack {name:?} is up (remove it with `swarmlab down {name}`)",
            name = self.specs.name
        )]
    }

    fn down<'a>(&'a self, note: &'a mut Notes<'a>) -> Pending<'a, Result<(), TestbedError>> {
        Box::pin(async move {
            self.going.cancel();
            // An engine may die of a removal while tasks of the same service are being removed (scaled in).
            let _turn = self.turns.queue().await;
            if self.removed.load(Ordering::Relaxed) {
                return Ok(());
            }
            self.remove(note).await?;
            self.removed.store(true, Ordering::Relaxed);
            Ok(())
        })
    }
}
