//! The Swarm testbed: the stack engine, plus what makes a stack ready to be measured (every scrape target up,
//! one request through every proxy) and what watches it.

pub mod address;
pub mod ready;

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use swarmlab_catalogue::Catalogues;
use swarmlab_stackfile::{Role, StackSpecs};
use swarmlab_swarm::{
    CancellationToken, Cause, DownOptions, Engine, TaskPhase, TaskState, UpEvent, UpOptions, WatchEvent,
    WatchOptions,
};
use tokio::sync::mpsc;

use super::bed::SAMPLE_EVERY;
use super::{Note, ReplicaEvent, Target, TaskLife, TestbedError, stack};
use crate::observation::Observation;
use swarmlab_record::topology::ClockOffset;
use swarmlab_telemetry::prometheus::PrometheusSource;

/// The port that a stack's Prometheus listens on inside its container.
const PROMETHEUS_PORT: u16 = 9090;

/// A stack that is up and ready to be measured.
pub struct SwarmBed {
    engine: Engine,
    /// Where published host-mode ports answer. A remote engine's answer where the engine does.
    node: IpAddr,
    specs: StackSpecs,
    images: Vec<String>,
    prometheus_url: String,
    catalogues: Arc<Catalogues>,
    /// Reasons of remarks on series that were told before the load.
    told: Vec<String>,
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

/// Sees that no other program of this machine holds a port that the stack publishes; the engine itself would find out
/// only when the container starts, and would try again and again. (Ports of other stacks the stack engine knows.)
fn free_ports(engine: &Engine, specs: &StackSpecs) -> Result<(), TestbedError> {
    if !engine.info().address.starts_with("unix://") || !engine.is_only_node() {
        return Ok(());
    }
    for s in &specs.services {
        for port in stack::ports(s) {
            let taken = std::net::TcpListener::bind((Ipv4Addr::UNSPECIFIED, port.published))
                .is_err_and(|e| e.kind() == std::io::ErrorKind::AddrInUse);
            if taken {
                return Err(TestbedError::PortTaken { port: port.published, service: s.short.clone() });
            }
        }
    }
    Ok(())
}

/// Address of a service's published port.
fn published(node: IpAddr, specs: &StackSpecs, service: &str, port: u16) -> Option<SocketAddr> {
    let plan = specs.services.iter().find(|s| s.short == service)?;
    Some(SocketAddr::new(node, stack::published_port(plan, port)?))
}

impl SwarmBed {
    /// Deploys a stack and returns when it is ready; on failure nothing of it is left.
    pub async fn up(
        engine: Engine,
        specs: &StackSpecs,
        catalogues: Arc<Catalogues>,
        wait: Duration,
        cancel: &CancellationToken,
        note: &mut (dyn FnMut(Note) + Send),
    ) -> Result<Self, TestbedError> {
        let at = engine.info().address.clone();
        let node = tokio::task::spawn_blocking(move || address::node(&at, address::look_up)).await.map_err(
            |e| TestbedError::Io { what: "resolving the engine's host".to_owned(), source: e.into() },
        )??;
        let prometheus_url = specs
            .services
            .iter()
            .filter(|s| s.role == Role::Telemetry)
            .find_map(|s| published(node, specs, &s.short, PROMETHEUS_PORT))
            .map(|address| format!("http://{address}"))
            .ok_or(TestbedError::NoPrometheus)?;
        free_ports(&engine, specs)?;
        let options =
            UpOptions { wait_s: wait.as_secs_f64(), cancel: cancel.clone(), ..UpOptions::default() };
        let mut converged = Convergence::of(specs.services.len());
        let report = swarmlab_swarm::up(&engine, specs, &options, &mut |event| {
            if let Some(n) = converged.note(&event).or_else(|| up_note(event)) {
                note(n);
            }
        })
        .await?;
        let images = report.images.into_keys().collect();
        let mut bed =
            Self { engine, node, specs: specs.clone(), images, prometheus_url, catalogues, told: Vec::new() };
        match bed.ready(wait, cancel, note).await {
            Ok(told) => {
                bed.told = told;
                Ok(bed)
            }
            Err(e) => {
                note(Note::Warning(format!("not ready ({}), removing the stack", first_line(&e))));
                bed.down(note).await?;
                Err(e)
            }
        }
    }

    async fn ready(
        &self,
        wait: Duration,
        cancel: &CancellationToken,
        note: &mut (dyn FnMut(Note) + Send),
    ) -> Result<Vec<String>, TestbedError> {
        let prometheus = self.prometheus()?;
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

    /// A client for the stack's Prometheus.
    pub fn prometheus(&self) -> Result<PrometheusSource, TestbedError> {
        let catalogues = Arc::clone(&self.catalogues);
        let topology = stack::topology(&self.specs);
        Ok(PrometheusSource::new(&self.prometheus_url, &self.specs.name, topology, catalogues)?)
    }

    /// Where load for a port of a service goes.
    pub async fn target(&self, service: &str, port: u16) -> Result<Target, TestbedError> {
        let address = published(self.node, &self.specs, service, port)
            .ok_or_else(|| TestbedError::NotPublished { service: service.to_owned(), port })?;
        Ok(Target { addresses: vec![address], host: address.to_string() })
    }

    /// Prometheus's clock against ours.
    pub async fn clock_offset(&self) -> Result<ClockOffset, TestbedError> {
        Ok(self.prometheus()?.clock_offset().await?)
    }

    /// Engine, kernel and images.
    pub async fn provenance(&self) -> BTreeMap<String, String> {
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

    /// Starts sampling and watching.
    pub fn observe(
        &self,
        out: &mpsc::UnboundedSender<Observation>,
        cancel: &CancellationToken,
    ) -> Result<(), TestbedError> {
        let mut source = self.prometheus()?;
        source.told(self.told.iter().cloned());
        let (samples, stop) = (out.clone(), cancel.clone());
        tokio::spawn(async move {
            let mut ticks = tokio::time::interval(SAMPLE_EVERY);
            ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Skip);
            loop {
                tokio::select! {
                    () = stop.cancelled() => return,
                    _ = ticks.tick() => {}
                }
                let message = match source.fetch().await {
                    Ok(round) => Observation::Samples(round),
                    Err(e) => Observation::TelemetryFailed(e),
                };
                let remarks = source.remarks().into_iter().map(|r| Observation::Warning(r.text));
                for message in std::iter::once(message).chain(remarks) {
                    if samples.send(message).is_err() {
                        return;
                    }
                }
            }
        });
        let (engine, name, events, stop) =
            (self.engine.clone(), self.specs.name.clone(), out.clone(), cancel.clone());
        tokio::spawn(async move {
            let options = WatchOptions { cancel: stop, ..WatchOptions::default() };
            let sent = events.clone();
            let ended = swarmlab_swarm::watch(&engine, &name, &options, &mut |event| {
                if let Some(message) = watched(event) {
                    let _ = sent.send(message);
                }
            })
            .await;
            if let Err(e) = ended {
                let _ = events.send(Observation::Broken(e.into()));
            }
        });
        Ok(())
    }

    /// What a second Ctrl-C would leave.
    pub fn left_behind(&self) -> Vec<String> {
        vec![format!(
            "the stack {name:?} is up (remove it with `swarmlab down {name}`)",
            name = self.specs.name
        )]
    }

    /// Removes the stack and returns when nothing of it is left.
    pub async fn down(&self, note: &mut (dyn FnMut(Note) + Send)) -> Result<(), TestbedError> {
        let report =
            swarmlab_swarm::down(&self.engine, &self.specs.name, &DownOptions::default(), &mut |_| {})
                .await?;
        note(Note::Step(format!("removed {} objects in {:.1} s", report.removed.len(), report.took_s)));
        Ok(())
    }
}

fn first_line(e: &TestbedError) -> String {
    e.to_string().lines().next().unwrap_or_default().trim_end_matches(':').to_owned()
}

/// What a watch event means for the run.
fn watched(event: WatchEvent) -> Option<Observation> {
    Some(match event {
        WatchEvent::Replicas(e) => Observation::Replicas(ReplicaEvent {
            t_unix_s: e.t_unix_s,
            service: e.service,
            desired: e.desired,
            running: e.running,
            healthy: e.healthy,
            cause: cause(&e.cause),
        }),
        WatchEvent::Task(e) => {
            let (born_unix_s, died_unix_s) = match e.phase {
                TaskPhase::ContainerStarted | TaskPhase::State(TaskState::Running) => {
                    (Some(e.t_unix_s), None)
                }
                TaskPhase::ContainerDied { .. } | TaskPhase::Gone => (None, Some(e.t_unix_s)),
                TaskPhase::State(s) if s > TaskState::Running => (None, Some(e.t_unix_s)),
                _ => return None,
            };
            Observation::Task(TaskLife { service: e.service, task: e.task_id, born_unix_s, died_unix_s })
        }
        WatchEvent::Gap { from_t_unix_s, to_t_unix_s, why } => Observation::Warning(format!(
            "replica events are missing for {:.1} s: {why}",
            to_t_unix_s - from_t_unix_s
        )),
    })
}

fn cause(cause: &Cause) -> String {
    match cause {
        Cause::Snapshot => "as found".to_owned(),
        Cause::Order => "replicas ordered".to_owned(),
        Cause::Removal => "service removed".to_owned(),
        Cause::Task { task_id, state: Some(state) } => format!("task {task_id} {state}"),
        Cause::Task { task_id, state: None } => format!("task {task_id} gone"),
        Cause::Health { container_id, health } => format!("container {container_id} {health:?}"),
    }
}
