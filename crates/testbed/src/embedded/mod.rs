//! The embedded testbed: the stack's applications as child processes, no Docker, no root.
//!
//! | file | owns |
//! |---|---|
//! | `plan` | which processes, with which addresses; pure |
//! | `demo` | how a container of the sample application becomes a process; the only file that knows it |
//! | `process` | one child: start, health, log, stop |
//! | `fleet` | all children, and the story of their births, deaths and counts |
//! | `watch` | looks for children that end, passes samples on |
//! | `act` | scaling and restarting |
//! | `ports` | addresses for children that are yet to start |

mod act;
mod demo;
mod fleet;
pub mod plan;
mod ports;
pub mod process;
mod watch;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use swarmlab_catalogue::Catalogues;
use swarmlab_record::topology::ClockOffset;
use swarmlab_stackfile::{ServicePlan, StackSpecs};
use swarmlab_telemetry::clock::unix_now_s;
use tokio_util::sync::CancellationToken;

use crate::seam::{Beds, Notes, Out, Pending, Testbed};
use crate::turns::Turns;
use crate::{Action, Bounds, Done, Kind, Note, Target, TestbedError, stack};
use fleet::Fleet;
use ports::Ports;

/// How often health is asked for while starting.
const POLL: Duration = Duration::from_millis(50);
/// How long a child may take to answer a health check.
const ANSWER: Duration = Duration::from_secs(2);

/// What the bed needs to know to come up.
#[derive(Debug, Clone)]
pub struct EmbeddedOptions {
    /// This command's own binary.
    pub binary: PathBuf,
    /// Folder for logs.
    pub log_dir: PathBuf,
    /// Folder for the SQLite file; made if it is missing.
    pub state_dir: PathBuf,
    /// How long all services together may take to become healthy.
    pub wait: Duration,
    /// What is collected.
    pub catalogues: Arc<Catalogues>,
    /// How far actions may go.
    pub bounds: Bounds,
}

/// Brings stacks up as child processes.
pub struct EmbeddedBeds {
    options: EmbeddedOptions,
}

impl EmbeddedBeds {
    /// Beds with these options.
    pub fn new(options: EmbeddedOptions) -> Self {
        Self { options }
    }
}

impl Beds for EmbeddedBeds {
    fn kind(&self) -> Kind {
        Kind::Embedded
    }

    fn left_while_starting(&self, _: &StackSpecs) -> Vec<String> {
        // Children leave when their standard input closes.
        Vec::new()
    }

    fn up<'a>(
        &'a self,
        specs: &'a StackSpecs,
        cancel: &'a CancellationToken,
        note: &'a mut Notes<'a>,
    ) -> Pending<'a, Result<Box<dyn Testbed>, TestbedError>> {
        Box::pin(async move {
            let bed = EmbeddedBed::up(specs, &self.options, cancel, note).await?;
            Ok(Box::new(bed) as Box<dyn Testbed>)
        })
    }
}

/// Child processes of one stack.
pub struct EmbeddedBed(Arc<Inner>);

/// What a bed, its watch and its actions share.
struct Inner {
    specs: StackSpecs,
    options: EmbeddedOptions,
    entrances: BTreeMap<String, SocketAddr>,
    fleet: Fleet,
    ports: Ports,
    http: reqwest::Client,
    /// Of actions, and of going down.
    turns: Turns,
    /// Cancelled when the bed goes down.
    going: CancellationToken,
}

impl Inner {
    fn plan_of(&self, service: &str) -> Option<&ServicePlan> {
        self.specs.services.iter().find(|s| s.short == service)
    }
}

impl EmbeddedBed {
    /// Starts every process and returns when all are healthy; on failure everything started is stopped.
    pub async fn up(
        specs: &StackSpecs,
        options: &EmbeddedOptions,
        cancel: &CancellationToken,
        note: &mut Notes<'_>,
    ) -> Result<Self, TestbedError> {
        std::fs::create_dir_all(&options.state_dir).map_err(|source| TestbedError::Io {
            what: format!("create {}", options.state_dir.display()),
            source,
        })?;
        let ports = Ports::new();
        let plan = plan::plan(specs, &options.state_dir, &mut || ports.free())?;
        for n in &plan.notes {
            note(Note::Step(n.clone()));
        }
        demo::write_token_secret(&options.state_dir)?;
        let http = reqwest::Client::builder().timeout(ANSWER).no_proxy().build().map_err(|e| {
            TestbedError::Io { what: "prepare an HTTP client".to_owned(), source: std::io::Error::other(e) }
        })?;
        let desired = specs.services.iter().map(|s| (s.short.clone(), stack::replicas(s))).collect();
        let bed = Self(Arc::new(Inner {
            specs: specs.clone(),
            options: options.clone(),
            entrances: plan.entrances,
            fleet: Fleet::new(desired),
            ports,
            http,
            turns: Turns::default(),
            going: CancellationToken::new(),
        }));
        match bed.start(plan.processes, cancel, note).await {
            Ok(()) => {
                tokio::spawn(watch::look(Arc::clone(&bed.0)));
                Ok(bed)
            }
            Err(e) => {
                bed.stop().await;
                Err(e)
            }
        }
    }

    async fn start(
        &self,
        processes: Vec<plan::ProcessPlan>,
        cancel: &CancellationToken,
        note: &mut Notes<'_>,
    ) -> Result<(), TestbedError> {
        let Inner { fleet, options, http, .. } = &*self.0;
        let mut waiting = Vec::new();
        for mut p in processes {
            p.task = fleet.name(&p.service, p.slot);
            waiting.push((p.task.clone(), p.health_url.clone()));
            fleet.add(process::start(&options.binary, p, &options.log_dir)?);
        }
        let deadline = tokio::time::Instant::now() + options.wait;
        let (of, mut reason) = (waiting.len(), String::new());
        loop {
            let before = waiting.len();
            let mut still = Vec::new();
            for (task, url) in waiting {
                let ended = fleet.with(&task, |c| {
                    c.exited().map(|what| c.failed(format!("{what} before it was healthy")))
                });
                if let Some(Some(error)) = ended {
                    return Err(error);
                }
                match process::answers(http, &url).await {
                    Ok(()) => {
                        fleet.set_healthy(&task, true, "started");
                    }
                    Err(e) => {
                        reason = e;
                        still.push((task, url));
                    }
                }
            }
            waiting = still;
            if waiting.len() != before {
                note(Note::Converged { ready: of - waiting.len(), of });
            }
            let Some((late, _)) = waiting.first() else { return Ok(()) };
            if tokio::time::Instant::now() >= deadline {
                let what = format!("was not healthy within {} s: {reason}", options.wait.as_secs());
                let gone =
                    || TestbedError::Child { task: late.clone(), what: "is gone".into(), log: Vec::new() };
                return Err(fleet.with(late, |c| c.failed(what)).unwrap_or_else(gone));
            }
            tokio::select! {
                () = tokio::time::sleep(POLL) => {}
                () = cancel.cancelled() => return Err(TestbedError::Interrupted),
            }
        }
    }

    /// Stops every process, proxies first so that no request is cut; returns the tasks that had to be killed.
    async fn stop(&self) -> Vec<String> {
        self.0.going.cancel();
        // The action under way ends at once, and gives its turn back.
        let _turn = self.0.turns.queue().await;
        let mut killed = Vec::new();
        for mut child in self.0.fleet.take_all() {
            child.terminate();
            if child.gone().await {
                killed.push(child.plan.task.clone());
            }
            self.0.fleet.ended(&child.plan.service, &child.plan.task, "testbed going down");
        }
        killed
    }
}

impl Drop for EmbeddedBed {
    fn drop(&mut self) {
        // Whoever watches lets go of the children, and a child that nobody holds is killed.
        self.0.going.cancel();
    }
}

impl Testbed for EmbeddedBed {
    fn kind(&self) -> Kind {
        Kind::Embedded
    }

    fn provenance(&self) -> Pending<'_, BTreeMap<String, String>> {
        // The machine is the generator's, which is told by whoever starts it.
        Box::pin(async { BTreeMap::new() })
    }

    fn target<'a>(&'a self, service: &'a str, port: u16) -> Pending<'a, Result<Target, TestbedError>> {
        Box::pin(async move {
            let not_there = || TestbedError::NotPublished { service: service.to_owned(), port };
            let address = self.0.entrances.get(service).ok_or_else(not_there)?;
            Ok(Target { addresses: vec![*address], host: address.to_string() })
        })
    }

    fn clock_offset(&self) -> Pending<'_, Result<Option<ClockOffset>, TestbedError>> {
        Box::pin(async { Ok(None) })
    }

    fn observe(&self, out: Out, cancel: CancellationToken) -> Result<(), TestbedError> {
        watch::observe(&self.0, out, cancel);
        Ok(())
    }

    fn act(&self, action: Action, cancel: CancellationToken) -> Pending<'static, Result<Done, TestbedError>> {
        let (bed, asked_unix_s, turn) = (Arc::clone(&self.0), unix_now_s(), self.0.turns.queue());
        Box::pin(async move {
            let gone = TestbedError::GoingDown { action: action.to_string() };
            if bed.going.is_cancelled() {
                return Err(gone);
            }
            // A task of its own: what was begun is not left half done when nobody waits for the answer.
            let doing = tokio::spawn(async move {
                let going = bed.going.clone();
                tokio::select! {
                    biased;
                    () = going.cancelled() => None,
                    () = cancel.cancelled() => Some(Err(TestbedError::Interrupted)),
                    done = act::act(bed, action, asked_unix_s, turn) => Some(done),
                }
            });
            doing.await.ok().flatten().unwrap_or(Err(gone))
        })
    }

    fn left_behind(&self) -> Vec<String> {
        // Children leave when their standard input closes.
        Vec::new()
    }

    fn down<'a>(&'a self, note: &'a mut Notes<'a>) -> Pending<'a, Result<(), TestbedError>> {
        Box::pin(async move {
            for task in self.stop().await {
                note(Note::Warning(format!("{task} did not stop when asked and was killed")));
            }
            Ok(())
        })
    }
}

/// Removes a state folder that this bed made.
pub fn remove_state(dir: &Path) -> Result<(), TestbedError> {
    match std::fs::remove_dir_all(dir) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => {
            Err(TestbedError::Io { what: format!("remove {}", dir.display()), source: e })
        }
        _ => Ok(()),
    }
}
