//! The embedded testbed: the stack's applications as child processes, no Docker, no root.

pub mod plan;
pub mod process;

use std::collections::BTreeMap;
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use swarmlab_catalogue::Catalogues;
use swarmlab_stackfile::StackSpecs;
use tokio_util::sync::CancellationToken;

use super::{Note, ReplicaEvent, Target, TaskLife, TestbedError, stack};
use process::Running;
use swarmlab_telemetry::clock::unix_now_s;
use swarmlab_telemetry::sampler::Watched;

/// How often health is asked for while starting.
const POLL: Duration = Duration::from_millis(50);

/// Child processes of one stack.
pub struct EmbeddedBed {
    running: Vec<Running>,
    entrances: BTreeMap<String, SocketAddr>,
    desired: BTreeMap<String, u64>,
    lives: Vec<TaskLife>,
    http: reqwest::Client,
    catalogues: Arc<Catalogues>,
}

/// What the bed needs to know to come up.
pub struct EmbeddedOptions {
    /// This command's own binary.
    pub binary: PathBuf,
    /// Folder for logs.
    pub log_dir: PathBuf,
    /// Folder for the SQLite file; must exist.
    pub state_dir: PathBuf,
    /// How long all services together may take to become healthy.
    pub wait: Duration,
    /// What is collected.
    pub catalogues: Arc<Catalogues>,
}

/// A fresh secret for the tokens of one run, readable by this user only.
fn write_token_secret(dir: &Path) -> Result<(), TestbedError> {
    use std::io::{Read, Write};
    use std::os::unix::fs::OpenOptionsExt;
    let path = dir.join(plan::TOKEN_SECRET);
    let write = || {
        let mut random = [0_u8; 24];
        std::fs::File::open("/dev/urandom")?.read_exact(&mut random)?;
        let text: String = random.iter().map(|b| format!("{b:02x}")).collect();
        std::fs::File::options()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&path)?
            .write_all(text.as_bytes())
    };
    write().map_err(|source| TestbedError::Io { what: format!("write {}", path.display()), source })
}

fn free_address() -> std::io::Result<SocketAddr> {
    TcpListener::bind("127.0.0.1:0")?.local_addr()
}

impl EmbeddedBed {
    /// Starts every process and returns when all are healthy; on failure everything started is stopped.
    pub async fn up(
        specs: &StackSpecs,
        options: &EmbeddedOptions,
        cancel: &CancellationToken,
        note: &mut (dyn FnMut(Note) + Send),
    ) -> Result<Self, TestbedError> {
        let plan = plan::plan(specs, &options.state_dir, &mut free_address)?;
        for n in &plan.notes {
            note(Note::Step(n.clone()));
        }
        write_token_secret(&options.state_dir)?;
        let http =
            reqwest::Client::builder().timeout(Duration::from_secs(2)).no_proxy().build().map_err(|e| {
                TestbedError::Io {
                    what: "prepare an HTTP client".to_owned(),
                    source: std::io::Error::other(e),
                }
            })?;
        let mut bed = Self {
            running: Vec::new(),
            entrances: plan.entrances,
            desired: specs.services.iter().map(|s| (s.short.clone(), stack::replicas(s))).collect(),
            lives: Vec::new(),
            http,
            catalogues: Arc::clone(&options.catalogues),
        };
        for p in plan.processes {
            match process::start(&options.binary, p, &options.log_dir) {
                Ok(child) => {
                    bed.lives.push(TaskLife {
                        service: child.plan.service.clone(),
                        task: child.plan.task.clone(),
                        born_unix_s: Some(unix_now_s()),
                        died_unix_s: None,
                    });
                    bed.running.push(child);
                }
                Err(e) => {
                    bed.down().await;
                    return Err(e);
                }
            }
        }
        match bed.converge(options.wait, cancel, note).await {
            Ok(()) => Ok(bed),
            Err(e) => {
                bed.down().await;
                Err(e)
            }
        }
    }

    async fn converge(
        &mut self,
        wait: Duration,
        cancel: &CancellationToken,
        note: &mut (dyn FnMut(Note) + Send),
    ) -> Result<(), TestbedError> {
        let deadline = tokio::time::Instant::now() + wait;
        let mut healthy = vec![false; self.running.len()];
        let mut said = 0;
        loop {
            let mut reason = String::new();
            for (i, child) in self.running.iter_mut().enumerate() {
                if let Some(what) = child.exited() {
                    return Err(child.failed(format!("{what} before it was healthy")));
                }
                if !healthy[i] {
                    match child.healthy(&self.http).await {
                        Ok(()) => healthy[i] = true,
                        Err(e) => reason = e,
                    }
                }
            }
            let ready = healthy.iter().filter(|h| **h).count();
            if ready != said {
                said = ready;
                note(Note::Converged { ready, of: healthy.len() });
            }
            if ready == healthy.len() {
                return Ok(());
            }
            if tokio::time::Instant::now() >= deadline {
                let late = healthy.iter().position(|h| !h).unwrap_or(0);
                return Err(self.running[late]
                    .failed(format!("was not healthy within {} s: {reason}", wait.as_secs())));
            }
            tokio::select! {
                () = tokio::time::sleep(POLL) => {}
                () = cancel.cancelled() => return Err(TestbedError::Interrupted),
            }
        }
    }

    /// Where load for a service goes.
    pub fn target(&self, service: &str, port: u16) -> Result<Target, TestbedError> {
        let address = self
            .entrances
            .get(service)
            .ok_or_else(|| TestbedError::NotPublished { service: service.to_owned(), port })?;
        Ok(Target { addresses: vec![*address], host: address.to_string() })
    }

    /// What is collected of them.
    pub fn catalogues(&self) -> Arc<Catalogues> {
        Arc::clone(&self.catalogues)
    }

    /// Processes to sample.
    pub fn watched(&self) -> Vec<Watched> {
        self.running
            .iter()
            .map(|c| Watched {
                service: c.plan.service.clone(),
                task: c.plan.task.clone(),
                pid: c.pid,
                metrics_url: c.plan.metrics_url.clone(),
            })
            .collect()
    }

    /// Replica counts now, one event a service; processes that ended since are noted with the time of this call.
    pub fn replicas(&mut self, cause: &str) -> Vec<ReplicaEvent> {
        let t_unix_s = unix_now_s();
        let mut alive: BTreeMap<String, u64> = BTreeMap::new();
        for child in &mut self.running {
            let gone = child.exited().is_some();
            *alive.entry(child.plan.service.clone()).or_default() += u64::from(!gone);
            if gone {
                for life in
                    self.lives.iter_mut().filter(|l| l.task == child.plan.task && l.died_unix_s.is_none())
                {
                    life.died_unix_s = Some(t_unix_s);
                }
            }
        }
        alive
            .into_iter()
            .map(|(service, running)| ReplicaEvent {
                t_unix_s,
                desired: self.desired.get(&service).copied().unwrap_or(running),
                service,
                running,
                healthy: running,
                cause: cause.to_owned(),
            })
            .collect()
    }

    /// A child that ended although it should not have, as an error.
    pub fn dead(&mut self) -> Option<TestbedError> {
        self.running.iter_mut().find_map(|c| c.exited().map(|what| c.failed(what)))
    }

    /// When each task lived.
    pub fn lives(&self) -> &[TaskLife] {
        &self.lives
    }

    /// Stops every process, proxies first so that no request is cut; returns the tasks that had to be killed.
    pub async fn down(&mut self) -> Vec<String> {
        let mut killed = Vec::new();
        for mut child in self.running.drain(..).rev() {
            child.terminate();
            if child.gone().await {
                killed.push(child.plan.task.clone());
            }
        }
        killed
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
