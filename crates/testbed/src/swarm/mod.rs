//! The Swarm testbed: the stack engine, plus what makes a stack ready to be measured (every scrape target up,
//! one request through every proxy) and what watches it.

mod act;
pub mod address;
pub mod ready;
mod story;

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use swarmlab_catalogue::Catalogues;
use swarmlab_stackfile::{Role, StackSpecs};
use swarmlab_swarm::{CancellationToken, DownOptions, Engine, UpEvent, UpOptions};

use super::{Action, Bounds, Done, Kind, Note, Target, TestbedError, stack};
use crate::observation::Observation;
use crate::seam::{Beds, Notes, Out, Pending, SAMPLE_EVERY, Testbed};
use swarmlab_record::topology::ClockOffset;
use swarmlab_telemetry::clock::unix_now_s;
use swarmlab_telemetry::prometheus::PrometheusSource;

/// A stack that is up and ready to be measured.
pub struct SwarmBed {
    engine: Engine,
    specs: StackSpecs,
    images: Vec<String>,
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
    /// Held by the action under way.
    turn: Arc<tokio::sync::Mutex<()>>,
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
            let rise = Rise::to_measure(self.wait);
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

/// Turns the stack engine's news into notes.
pub fn up_note(event: UpEvent) -> Option<Note> {
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
pub struct Convergence(BTreeSet<String>, usize);

impl Convergence {
    /// For a stack of so many services.
    pub fn of(services: usize) -> Self {
        Self(BTreeSet::new(), services)
    }

    /// Takes one event; a note when the count changed.
    pub fn note(&mut self, event: &UpEvent) -> Option<Note> {
        let UpEvent::Service { service, arrived, .. } = event else { return None };
        let changed = if *arrived { self.0.insert(service.clone()) } else { self.0.remove(service) };
        changed.then_some(Note::Converged { ready: self.0.len(), of: self.1 })
    }
}

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
}

impl Rise {
    /// A new stack, watched as long as the docker command line watches it.
    pub fn new(wait: Duration) -> Self {
        let watch = Duration::from_secs_f64(swarmlab_swarm::STABLE_S);
        Self { wait, watch, update: false, prune: false, adopt: false, force: false }
    }

    /// To be measured: whoever goes on to drive it sees what ends.
    pub fn to_measure(wait: Duration) -> Self {
        Self { watch: Duration::from_secs(1), ..Self::new(wait) }
    }
}

/// What cannot be proven of a stack as it is written, half a sentence each: what it has no service for that would measure it.
pub fn unprovable(specs: &StackSpecs) -> Vec<String> {
    let mut out = Vec::new();
    let has = |role| specs.services.iter().any(|s| s.role == role);
    if stack::prometheus(specs).is_none() {
        out.push(
            "what the containers use: the stack has no Prometheus (a service with the deploy label \
             `swarmlab.role: telemetry` that publishes 9090)"
                .to_owned(),
        );
    }
    if !has(Role::Proxy) {
        out.push(
            "what passes before the services: the stack has no proxy (a service with the deploy label \
             `swarmlab.role: proxy`)"
                .to_owned(),
        );
    }
    out
}

/// Address of a service's published port.
fn published(node: IpAddr, specs: &StackSpecs, service: &str, port: u16) -> Option<SocketAddr> {
    let plan = specs.services.iter().find(|s| s.short == service)?;
    Some(SocketAddr::new(node, stack::published_port(plan, port)?))
}

impl SwarmBed {
    /// Deploys a stack and returns when it is ready; on failure nothing of it is left (of a stack that was there before:
    /// nothing that was created now). What it has no service for is not proven, see [`SwarmBed::unproven`].
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
        let node = if prometheus.is_some() { node? } else { node.unwrap_or(Ipv4Addr::LOCALHOST.into()) };
        let prometheus_url = prometheus.map(|(_, port)| format!("http://{}", SocketAddr::new(node, port)));
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
            prometheus_url,
            unproven: unprovable(specs),
            node,
            catalogues,
            told: Vec::new(),
            sampled_every: SAMPLE_EVERY,
            bounds: Bounds::default(),
            turn: Arc::default(),
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
                bed.remove(note).await?;
                Err(e)
            }
        }
    }

    /// What could not be proven of the stack, half a sentence each.
    pub fn unproven(&self) -> &[String] {
        &self.unproven
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
        let fronts: Vec<(String, SocketAddr, String)> = self
            .specs
            .services
            .iter()
            .filter(|s| s.role == Role::Proxy)
            .filter_map(|s| {
                let port = stack::ports(s).first()?.published;
                let path = stack::label(s, "swarmlab.proof").unwrap_or("/").to_owned();
                Some((s.short.clone(), SocketAddr::new(self.node, port), path))
            })
            .collect();
        tokio::select! {
            () = cancel.cancelled() => Err(TestbedError::Interrupted),
            done = ready::wait(&prometheus, &self.specs, self.engine.info().nodes, &fronts, wait, note) => done,
        }
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
        let down = DownOptions::default();
        let report = swarmlab_swarm::down(&self.engine, &self.specs.name, &down, &mut |_| {}).await?;
        note(Note::Step(format!("removed {} objects in {:.1} s", report.removed.len(), report.took_s)));
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
            jobs.push(Box::pin(sample(source, out.clone())));
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
            turn: Arc::clone(&self.turn),
            going: self.going.clone(),
            cancel,
            asked_unix_s: unix_now_s(),
        };
        Box::pin(async move {
            // A task of its own: what was begun is not left half done when nobody waits for the answer.
            tokio::spawn(deed.act(action)).await.unwrap_or(Err(gone))
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
            let _turn = self.turn.lock().await;
            if self.removed.load(Ordering::Relaxed) {
                return Ok(());
            }
            self.remove(note).await?;
            self.removed.store(true, Ordering::Relaxed);
            Ok(())
        })
    }
}

/// Passes on what Prometheus stored since the last look, until nobody listens.
async fn sample(mut source: PrometheusSource, out: Out) {
    let mut ticks = tokio::time::interval(SAMPLE_EVERY);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Skip);
    loop {
        ticks.tick().await;
        let news = match source.fetch().await {
            Ok(round) => Observation::Samples(round),
            Err(e) => Observation::TelemetryFailed(e),
        };
        let remarks = source.remarks().into_iter().map(|r| Observation::Warning(r.text));
        for news in std::iter::once(news).chain(remarks) {
            if out.send(news).await.is_err() {
                return;
            }
        }
    }
}

fn first_line(e: &TestbedError) -> String {
    e.to_string().lines().next().unwrap_or_default().trim_end_matches(':').to_owned()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use std::path::Path;

    fn unproven(text: &str) -> Vec<String> {
        let nothing = |_: &Path| Err(std::io::ErrorKind::NotFound.into());
        let stack = swarmlab_stackfile::load(text, Path::new("t.yml"), &|_| None, &nothing).unwrap();
        unprovable(&swarmlab_stackfile::specs(&stack, "t").unwrap())
    }

    #[test]
    fn a_stack_says_what_it_has_nobody_for() {
        let plain = "services: { web: { image: i } }";
        let said = unproven(plain);
        assert_eq!(said.len(), 2, "{said:?}");
        assert!(said[0].contains("no Prometheus") && said[1].contains("no proxy"), "{said:?}");
        let proxy = "services: { web: { image: i, deploy: { labels: { swarmlab.role: proxy } } } }";
        assert_eq!(unproven(proxy), said[..1]);
        // One that is not published cannot be asked.
        let hidden = "services: { p: { image: i, deploy: { labels: { swarmlab.role: telemetry } } } }";
        assert_eq!(unproven(hidden), said);
        let asked = "services: { p: { image: i, ports: ['19090:9090'], deploy: { labels: { swarmlab.role: telemetry } } } }";
        assert_eq!(unproven(asked), said[1..]);
    }
}
