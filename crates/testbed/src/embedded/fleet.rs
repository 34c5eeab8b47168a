//! The children that run, and what is told about them. Locked for moments only: whoever waits (for health, for an end)
//! does so without the lock.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};

use swarmlab_telemetry::clock::unix_now_s;
use swarmlab_telemetry::sampler::{Round, Watched};
use tokio::sync::{mpsc, watch};

use super::process::Running;
use crate::chronicle::{Chronicle, Told};
use crate::{ReplicaEvent, TaskLife};

/// All children of a bed.
pub struct Fleet {
    state: Mutex<State>,
    /// What happened, for observers.
    pub story: Chronicle,
    /// Which processes are sampled.
    pub watched: watch::Sender<Vec<Watched>>,
    /// Where rounds of samples go, one for each observer.
    pub rounds: Mutex<Vec<mpsc::Sender<Round>>>,
}

#[derive(Default)]
struct State {
    running: Vec<Running>,
    desired: BTreeMap<String, u64>,
    /// How often each slot was filled, for names that are never used twice.
    filled: BTreeMap<(String, usize), u32>,
}

/// A child, for those who wait for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Its task's name.
    pub task: String,
    /// Number of the replica.
    pub slot: usize,
    /// Where it takes requests.
    pub listen: SocketAddr,
}

fn member(child: &Running) -> Member {
    let p = &child.plan;
    Member { task: p.task.clone(), slot: p.slot, listen: p.listen }
}

impl Fleet {
    /// None running, so many wanted of each service.
    pub fn new(desired: BTreeMap<String, u64>) -> Self {
        Self {
            state: Mutex::new(State { desired, ..State::default() }),
            story: Chronicle::default(),
            watched: watch::channel(Vec::new()).0,
            rounds: Mutex::default(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A name for the next task of a slot: `web.2`, then `web.2-2`.
    pub fn name(&self, service: &str, slot: usize) -> String {
        let mut state = self.lock();
        let times = state.filled.entry((service.to_owned(), slot)).or_default();
        *times += 1;
        if *times == 1 { format!("{service}.{slot}") } else { format!("{service}.{slot}-{times}") }
    }

    /// Takes a child in and tells its birth.
    pub fn add(&self, child: Running) {
        let life = |born_unix_s, died_unix_s| TaskLife {
            service: child.plan.service.clone(),
            task: child.plan.task.clone(),
            born_unix_s,
            died_unix_s,
        };
        self.story.tell(Told::Task(life(Some(unix_now_s()), None)));
        let service = child.plan.service.clone();
        let cause = format!("task {} started", child.plan.task);
        self.lock().running.push(child);
        self.count(&service, &cause);
    }

    /// Takes a child out, without telling: whoever takes it stops it, and calls [`Fleet::ended`].
    pub fn take(&self, task: &str) -> Option<Running> {
        let mut state = self.lock();
        let at = state.running.iter().position(|c| c.plan.task == task)?;
        let child = state.running.remove(at);
        drop(state);
        self.unwatch(task);
        Some(child)
    }

    /// All children, taken out: proxies first so that no request is cut.
    pub fn take_all(&self) -> Vec<Running> {
        let mut all = std::mem::take(&mut self.lock().running);
        all.reverse();
        all.sort_by_key(|c| c.plan.proxy.is_none());
        self.watched.send_replace(Vec::new());
        all
    }

    /// Tells that a task ended.
    pub fn ended(&self, service: &str, task: &str, cause: &str) {
        let (service, task) = (service.to_owned(), task.to_owned());
        let died_unix_s = Some(unix_now_s());
        self.story.tell(Told::Task(TaskLife {
            service: service.clone(),
            task,
            born_unix_s: None,
            died_unix_s,
        }));
        self.count(&service, cause);
    }

    /// Sets whether a task may get requests; watches it from the first time on. Says whether that is new.
    pub fn set_healthy(&self, task: &str, healthy: bool, cause: &str) -> bool {
        let mut state = self.lock();
        let Some(child) = state.running.iter_mut().find(|c| c.plan.task == task && !c.told) else {
            return false;
        };
        if std::mem::replace(&mut child.healthy, healthy) == healthy {
            return false;
        }
        let service = child.plan.service.clone();
        let watched = Watched {
            service: service.clone(),
            task: task.to_owned(),
            pid: child.pid,
            metrics_url: child.plan.metrics_url.clone(),
        };
        drop(state);
        self.watched.send_modify(|all| {
            if healthy && !all.contains(&watched) {
                all.push(watched);
            }
        });
        self.count(&service, cause);
        true
    }

    fn unwatch(&self, task: &str) {
        self.watched.send_modify(|all| all.retain(|w| w.task != task));
    }

    /// Sets how many are wanted.
    pub fn want(&self, service: &str, replicas: u64) {
        self.lock().desired.insert(service.to_owned(), replicas);
        self.count(service, "replicas ordered");
    }

    /// How many are wanted; `None` for a service that does not run here.
    pub fn wanted(&self, service: &str) -> Option<u64> {
        let state = self.lock();
        let runs = state.running.iter().any(|c| c.plan.service == service)
            || state.filled.keys().any(|(of, _)| of == service);
        state.desired.get(service).copied().filter(|_| runs)
    }

    /// The living children of a service, by slot.
    pub fn members(&self, service: &str) -> Vec<Member> {
        let state = self.lock();
        let of_service = state.running.iter().filter(|c| c.plan.service == service && !c.told);
        let mut all: Vec<Member> = of_service.map(member).collect();
        all.sort_by_key(|m| m.slot);
        all
    }

    /// Services that run here.
    pub fn services(&self) -> Vec<String> {
        let mut all: Vec<String> = self.lock().filled.keys().map(|(service, _)| service.clone()).collect();
        all.dedup();
        all
    }

    /// Where requests for a service may go.
    pub fn healthy(&self, service: &str) -> Vec<SocketAddr> {
        let state = self.lock();
        let serves = |c: &&Running| c.plan.service == service && c.healthy && !c.told;
        state.running.iter().filter(serves).map(|c| c.plan.listen).collect()
    }

    /// Where the lists of the proxies before a service are set.
    pub fn proxies_before(&self, service: &str) -> Vec<SocketAddr> {
        let state = self.lock();
        let before = |c: &Running| c.plan.proxy.as_ref().filter(|(_, behind)| behind == service).map(|p| p.0);
        state.running.iter().filter_map(before).collect()
    }

    /// Works with one child.
    pub fn with<T>(&self, task: &str, work: impl FnOnce(&mut Running) -> T) -> Option<T> {
        self.lock().running.iter_mut().find(|c| c.plan.task == task).map(work)
    }

    /// Looks for children that ended by themselves since the last look, tells each, and returns their services.
    pub fn look(&self) -> Vec<String> {
        let mut ends = Vec::new();
        let mut state = self.lock();
        for child in state.running.iter_mut().filter(|c| !c.told) {
            if let Some(what) = child.exited() {
                (child.told, child.healthy) = (true, false);
                let p = &child.plan;
                ends.push((p.service.clone(), p.task.clone(), what, child.log_tail()));
            }
        }
        drop(state);
        for (service, task, what, log) in &ends {
            self.unwatch(task);
            self.ended(service, task, &format!("task {task} {what}"));
            let words = log.last().map(|line| format!("; its last line: {line}")).unwrap_or_default();
            self.story.tell(Told::Warning(format!("{task} {what} by itself{words}")));
            // Nothing starts it again here: with the last one, the service is gone.
            if self.members(service).is_empty() {
                self.story.tell(Told::Broken(task.clone(), what.clone(), log.clone()));
            }
        }
        ends.into_iter().map(|(service, ..)| service).collect()
    }

    fn count(&self, service: &str, cause: &str) {
        let state = self.lock();
        let of_service = || state.running.iter().filter(|c| c.plan.service == service && !c.told);
        let running = of_service().count() as u64;
        let healthy = of_service().filter(|c| c.healthy).count() as u64;
        let event = ReplicaEvent {
            t_unix_s: unix_now_s(),
            service: service.to_owned(),
            desired: state.desired.get(service).copied().unwrap_or(running),
            running,
            healthy,
            // Whether it answers is looked at each second.
            health_checked: Some(true),
            cause: cause.to_owned(),
        };
        // Told under the lock: counts must not overtake each other.
        self.story.tell(Told::Replicas(event));
    }
}
