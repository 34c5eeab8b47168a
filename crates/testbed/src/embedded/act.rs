//! What the embedded bed can change: it starts and stops replicas, and tells the proxies before them.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use swarmlab_telemetry::clock::unix_now_s;
use swarmlab_telemetry::sampler::{self, Watched};
use tokio::time::Instant;

use super::fleet::Member;
use super::{Inner, POLL, plan, process};
use crate::seam::Pending;
use crate::turns::Turn;
use crate::{Action, Done, Kind, TestbedError};

/// How long requests under way to a replica that goes are waited for.
const DRAIN: Duration = Duration::from_secs(10);

/// An action under way: who does it, by when, and when the bed had taken it.
struct Deed<'a> {
    bed: &'a Inner,
    action: &'a Action,
    deadline: Instant,
    accepted_unix_s: Option<f64>,
}

/// Does an action when its turn has come.
pub async fn act(
    bed: Arc<Inner>,
    action: Action,
    asked_unix_s: f64,
    turn: Pending<'static, Turn>,
) -> Result<Done, TestbedError> {
    let bounds = &bed.options.bounds;
    bounds.allow(&action)?;
    let deadline = Instant::now() + bounds.timeout;
    let mut deed = Deed { bed: &bed, action: &action, deadline, accepted_unix_s: None };
    let service = action.service();
    let wanted = || bed.fleet.wanted(service).ok_or_else(|| deed.unknown(service, bed.fleet.services()));
    wanted()?;
    let Ok(_turn) = tokio::time::timeout_at(deadline, turn).await else {
        return Err(deed.late("another action is under way"));
    };
    // As the action before left it.
    let wanted = wanted()?;
    let changed = match &action {
        Action::Scale { replicas, .. } => deed.scale(service, wanted, *replicas).await?,
        Action::Restart { task, .. } => deed.restart(service, task.as_deref()).await?,
        Action::SetLimits { .. } => {
            return Err(
                deed.cannot("its services are plain processes without limits", "use `testbed: swarm`")
            );
        }
    };
    let done_unix_s = unix_now_s();
    let accepted_unix_s = deed.accepted_unix_s.unwrap_or(done_unix_s);
    Ok(Done { action, asked_unix_s, accepted_unix_s, done_unix_s, changed })
}

impl Deed<'_> {
    fn unknown(&self, name: &str, known: Vec<String>) -> TestbedError {
        TestbedError::NoService { action: self.action.to_string(), name: name.to_owned(), known }
    }

    fn cannot(&self, reason: &str, instead: &str) -> TestbedError {
        TestbedError::CannotAct {
            bed: Kind::Embedded,
            action: self.action.to_string(),
            reason: reason.to_owned(),
            instead: instead.to_owned(),
        }
    }

    fn late(&self, state: &str) -> TestbedError {
        TestbedError::ActTimeout {
            action: self.action.to_string(),
            after: self.bed.options.bounds.timeout,
            accepted_unix_s: self.accepted_unix_s,
            state: state.to_owned(),
        }
    }

    fn accepted(&mut self) {
        self.accepted_unix_s.get_or_insert_with(unix_now_s);
    }

    async fn scale(&mut self, service: &str, before: u64, wanted: u64) -> Result<bool, TestbedError> {
        let fleet = &self.bed.fleet;
        let here = fleet.members(service);
        if before == wanted && here.len() as u64 == wanted {
            return Ok(false);
        }
        if self.bed.plan_of(service).is_none_or(|s| s.role != swarmlab_stackfile::Role::Application) {
            return Err(self.cannot("it is no application", "scale the service behind it"));
        }
        if wanted > 1 && fleet.proxies_before(service).is_empty() {
            return Err(self.cannot(
                "no proxy stands before it, so further replicas would get no requests",
                "put a proxy before it (deploy label `swarmlab.fronts`)",
            ));
        }
        let wanted_here = usize::try_from(wanted).unwrap_or(usize::MAX);
        fleet.want(service, wanted);
        self.accepted();
        if here.len() > wanted_here {
            for member in here[wanted_here..].iter().rev() {
                self.stop(service, member).await?;
            }
            return Ok(true);
        }
        let free = (1..).filter(|slot| here.iter().all(|m| m.slot != *slot));
        let mut started = Vec::new();
        for slot in free.take(wanted_here - here.len()) {
            let began = match self.bed.ports.free() {
                Ok(listen) => self.start(service, slot, listen),
                Err(source) => {
                    Err(TestbedError::Io { what: format!("find a free port for {service}"), source })
                }
            };
            match began {
                Ok(task) => started.push(task),
                Err(e) => return Err(self.undo(service, before, &started, e).await),
            }
        }
        for task in &started {
            if let Err(e) = self.healthy(task).await {
                return Err(self.undo(service, before, &started, e).await);
            }
        }
        self.bed.tell_proxies(service, Duration::ZERO).await?;
        Ok(true)
    }

    /// Takes replicas away again that could not all be had.
    async fn undo(&self, service: &str, before: u64, started: &[String], why: TestbedError) -> TestbedError {
        self.bed.fleet.want(service, before);
        for task in started {
            self.bed.end(service, task, "taken back").await;
        }
        why
    }

    async fn restart(&mut self, service: &str, task: Option<&str>) -> Result<bool, TestbedError> {
        let members = self.bed.fleet.members(service);
        let chosen: Vec<Member> =
            members.iter().filter(|m| task.is_none_or(|task| m.task == task)).cloned().collect();
        if let (Some(task), true) = (task, chosen.is_empty()) {
            return Err(self.unknown(task, members.into_iter().map(|m| m.task).collect()));
        }
        let is_proxy =
            self.bed.plan_of(service).is_none_or(|s| s.role != swarmlab_stackfile::Role::Application);
        if is_proxy {
            return Err(self.cannot(
                "a proxy that stops would lose the requests on its connections",
                "restart the service behind it",
            ));
        }
        for member in &chosen {
            self.stop(service, member).await?;
            self.accepted();
            // The same address: somebody may know it who asked no proxy.
            let task = self.start(service, member.slot, member.listen)?;
            self.healthy(&task).await?;
            self.bed.tell_proxies(service, Duration::ZERO).await?;
        }
        Ok(!chosen.is_empty())
    }

    fn start(&mut self, service: &str, slot: usize, listen: SocketAddr) -> Result<String, TestbedError> {
        let bed = self.bed;
        let Some(of) = bed.plan_of(service) else { return Err(self.unknown(service, bed.fleet.services())) };
        let task = bed.fleet.name(service, slot);
        let planned =
            plan::application(of, task.clone(), slot, listen, &bed.entrances, &bed.options.state_dir)?;
        bed.fleet.add(process::start(&bed.options.binary, planned, &bed.options.log_dir)?);
        self.accepted();
        Ok(task)
    }

    /// Waits until a new child answers.
    async fn healthy(&self, task: &str) -> Result<(), TestbedError> {
        loop {
            let asked = self.bed.fleet.with(task, |child| match child.exited() {
                Some(what) => Err(child.failed(format!("{what} before it was healthy"))),
                None => Ok(child.plan.health_url.clone()),
            });
            let Some(url) = asked.transpose()? else { return Err(self.late(&format!("{task} is gone"))) };
            if process::answers(&self.bed.http, &url).await.is_ok() {
                self.bed.fleet.set_healthy(task, true, &format!("task {task} healthy"));
                return Ok(());
            }
            if Instant::now() >= self.deadline {
                return Err(self.late(&format!("{task} does not answer its health check")));
            }
            tokio::time::sleep(POLL).await;
        }
    }

    /// No new requests, then those under way, then the last values, then the end.
    async fn stop(&self, service: &str, member: &Member) -> Result<(), TestbedError> {
        let fleet = &self.bed.fleet;
        fleet.set_healthy(&member.task, false, &format!("task {} to end", member.task));
        self.bed.tell_proxies(service, DRAIN).await?;
        self.bed.last_values(&member.task).await;
        self.bed.end(service, &member.task, "ended").await;
        Ok(())
    }
}

impl Inner {
    /// Sets the lists of the proxies before a service to its healthy replicas; waits for requests to those that went.
    pub async fn tell_proxies(&self, service: &str, drain: Duration) -> Result<(), TestbedError> {
        let addresses = self.fleet.healthy(service);
        for admin in self.fleet.proxies_before(service) {
            let url = format!("http://{admin}/upstreams?drain_s={}", drain.as_secs_f64());
            let failed = |why: String| TestbedError::Child {
                task: format!("the proxy before {service}"),
                what: format!("did not take its new addresses: {why}"),
                log: Vec::new(),
            };
            let request = self.http.put(&url).timeout(drain + Duration::from_secs(2)).json(&addresses);
            let answer = request.send().await.map_err(|e| failed(e.to_string()))?;
            if !answer.status().is_success() {
                return Err(failed(format!("it answers {}", answer.status())));
            }
        }
        Ok(())
    }

    /// Reads a task once more, now that no request reaches it, so that its counters are told to their end.
    async fn last_values(&self, task: &str) {
        let watched: Vec<Watched> =
            self.fleet.watched.borrow().iter().filter(|w| w.task == task).cloned().collect();
        let observers = self.fleet.rounds.lock().map(|all| all.clone()).unwrap_or_default();
        for rounds in observers.into_iter().filter(|rounds| !rounds.is_closed()) {
            // An observer that is slow waits for its turn; one that is gone is none.
            let catalogues = Arc::clone(&self.options.catalogues);
            let _ = rounds.send(sampler::once(&watched, catalogues).await).await;
        }
    }

    /// Stops a child and tells it.
    async fn end(&self, service: &str, task: &str, how: &str) {
        if let Some(mut child) = self.fleet.take(task) {
            child.terminate();
            let how = if child.gone().await { "did not stop when asked and was killed" } else { how };
            self.fleet.ended(service, task, &format!("task {task} {how}"));
        }
    }
}
