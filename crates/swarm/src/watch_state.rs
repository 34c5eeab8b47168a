//! What a watcher knows, and what follows from each new piece of knowledge. Pure: times come in.

use crate::judge::{Tally, tally};
use crate::labels::short_name;
use crate::model::{Health, ServiceMode, ServiceView, TaskState, TaskView};
use crate::watch_event::{
    Cause, EngineEvent, EngineEventKind, ReplicaEvent, TaskEvent, TaskPhase, WatchEvent,
};
use std::collections::{BTreeMap, HashMap, HashSet};

struct Watched {
    view: ServiceView,
    told: Option<(Tally, bool)>,
    /// Whether a container of it was seen to have a health check, its image's.
    checked: bool,
    told_t_unix_s: f64,
    removed_t_unix_s: Option<f64>,
}

/// All that is known of one stack.
pub(crate) struct WatchState {
    stack: String,
    services: BTreeMap<String, Watched>,
    tasks: Vec<TaskView>,
    health: HashMap<String, Health>,
    /// When a task's container died, for tasks that vanish between two looks.
    died: HashMap<String, f64>,
    /// Tasks whose container started, and their service: with a health check the Swarm calls a task running only once it
    /// is healthy.
    started: HashMap<String, (String, f64)>,
    began: bool,
}

impl WatchState {
    pub fn new(stack: &str) -> Self {
        Self {
            stack: stack.to_string(),
            services: BTreeMap::new(),
            tasks: Vec::new(),
            health: HashMap::new(),
            died: HashMap::new(),
            started: HashMap::new(),
            began: false,
        }
    }

    /// True if a task runs whose container's health is not known yet.
    pub fn wants_health(&self, tasks: &[TaskView]) -> bool {
        tasks.iter().any(|task| task.runs() && !self.health.contains_key(&task.container_id))
    }

    /// Takes in the containers' health as listed.
    pub fn learn_health(&mut self, health: HashMap<String, Health>, now_unix_s: f64) -> Vec<WatchEvent> {
        self.health = health;
        // Containers of other nodes are in no list of this engine; asking for them again helps nobody.
        for task in self.tasks.iter().filter(|task| task.runs()) {
            self.health.entry(task.container_id.clone()).or_insert(Health::None);
        }
        self.recount_all(now_unix_s)
    }

    /// Takes in the lists of services and tasks, as they are at `now_unix_s`.
    pub fn look(
        &mut self,
        services: Vec<ServiceView>,
        tasks: Vec<TaskView>,
        now_unix_s: f64,
    ) -> Vec<WatchEvent> {
        let mut out = Vec::new();
        self.take_services(services, now_unix_s, &mut out);
        let mut changes = self.changes(tasks, now_unix_s);
        changes.sort_by(|a, b| a.t_unix_s.total_cmp(&b.t_unix_s));
        let snapshot = !self.began;
        for change in changes {
            self.take_change(change, snapshot, &mut out);
        }
        if snapshot {
            self.began = true;
            out.extend(self.recount_all(now_unix_s));
        }
        let tasks = &self.tasks;
        let lives = |id: &String| tasks.iter().any(|task| task.service_id == *id);
        self.services.retain(|id, service| service.removed_t_unix_s.is_none() || lives(id));
        self.died.retain(|_, t| *t > now_unix_s - 60.0);
        // A start whose end was never told, of a task that the Swarm no longer lists.
        let listed = |id: &String| tasks.iter().any(|task| task.id == *id);
        self.started.retain(|id, (_, t)| listed(id) || *t > now_unix_s - 10.0);
        out
    }

    /// Takes in an event of the engine.
    pub fn event(&mut self, event: EngineEvent) -> Vec<WatchEvent> {
        let t = event.t_unix_s;
        let mut out = Vec::new();
        match event.what {
            EngineEventKind::LookAgain => {}
            EngineEventKind::Scaled { service_id, replicas } => {
                if let Some(service) = self.services.get_mut(&service_id) {
                    service.view.mode = ServiceMode::Replicated(replicas);
                    self.recount(&service_id, t, Cause::Order, &mut out);
                }
            }
            EngineEventKind::ServiceRemoved { service_id } => self.remove_service(&service_id, t, &mut out),
            EngineEventKind::Container { service_id, task_id, container_id, phase } => {
                let Some(service) = self.services.get(&service_id) else { return out };
                let service = short_name(&self.stack, &service.view.full);
                let task = self.tasks.iter().find(|task| task.id == task_id);
                out.push(WatchEvent::Task(TaskEvent {
                    t_unix_s: t,
                    service,
                    slot: task.and_then(|task| task.slot),
                    node_id: task.and_then(|task| filled(&task.node_id)),
                    desired: task.map(|task| task.desired),
                    task_id: task_id.clone(),
                    container_id: Some(container_id.clone()),
                    phase: phase.clone(),
                    error: None,
                }));
                match phase {
                    TaskPhase::ContainerHealth(health) => {
                        self.health.insert(container_id.clone(), health);
                        self.recount(&service_id, t, Cause::Health { container_id, health }, &mut out);
                    }
                    TaskPhase::ContainerStarted => {
                        self.started.insert(task_id.clone(), (service_id.clone(), t));
                        self.recount(&service_id, t, Cause::Task { task_id, state: None }, &mut out);
                    }
                    TaskPhase::ContainerDied { .. } => {
                        self.started.remove(&task_id);
                        self.died.insert(task_id.clone(), t);
                        self.recount(&service_id, t, Cause::Task { task_id, state: None }, &mut out);
                    }
                    _ => {}
                }
            }
        }
        out
    }

    fn take_services(&mut self, services: Vec<ServiceView>, now_unix_s: f64, out: &mut Vec<WatchEvent>) {
        let gone: Vec<String> = self
            .services
            .keys()
            .filter(|id| !services.iter().any(|service| service.id == **id))
            .cloned()
            .collect();
        for id in gone {
            self.remove_service(&id, now_unix_s, out);
        }
        for view in services {
            let (id, t) = (view.id.clone(), view.changed_t_unix_s.unwrap_or(now_unix_s).min(now_unix_s));
            let watched = self.services.entry(id.clone()).or_insert_with(|| Watched {
                view: view.clone(),
                told: None,
                checked: false,
                told_t_unix_s: f64::MIN,
                removed_t_unix_s: None,
            });
            watched.view = view;
            if self.began {
                self.recount(&id, t, Cause::Order, out);
            }
        }
    }

    fn remove_service(&mut self, id: &str, t: f64, out: &mut Vec<WatchEvent>) {
        let Some(service) = self.services.get_mut(id) else { return };
        if service.removed_t_unix_s.is_none() {
            service.removed_t_unix_s = Some(t);
            service.view.mode = ServiceMode::Replicated(0);
            self.recount(id, t, Cause::Removal, out);
        }
    }

    /// What is different from the last look, each with its time.
    fn changes(&self, tasks: Vec<TaskView>, now_unix_s: f64) -> Vec<Change> {
        let mut changes = Vec::new();
        for task in self.tasks.iter().filter(|old| !tasks.iter().any(|task| task.id == old.id)) {
            let t = self.died.get(&task.id).copied().unwrap_or(now_unix_s);
            changes.push(Change { t_unix_s: t, task: task.clone(), phases: vec![], gone: true });
        }
        for task in tasks {
            let old = self.tasks.iter().find(|old| old.id == task.id);
            let mut phases = Vec::new();
            let moved = old.is_none_or(|old| old.state != task.state);
            if moved {
                phases.push(TaskPhase::State(task.state));
            }
            if !task.is_meant_to_run() && old.is_some_and(TaskView::is_meant_to_run) {
                phases.push(TaskPhase::ToEnd);
            }
            if phases.is_empty() && old == Some(&task) {
                continue;
            }
            let t = if moved { task.state_t_unix_s } else { task.changed_t_unix_s };
            // A node's clock may run ahead of the manager's.
            let t_unix_s = t.unwrap_or(now_unix_s).min(now_unix_s);
            changes.push(Change { t_unix_s, task, phases, gone: false });
        }
        changes
    }

    fn take_change(&mut self, change: Change, snapshot: bool, out: &mut Vec<WatchEvent>) {
        let Change { t_unix_s, task, phases, gone } = change;
        self.tasks.retain(|old| old.id != task.id);
        let state = (!gone).then_some(task.state);
        let phases = if gone { vec![TaskPhase::Gone] } else { phases };
        if let Some(service) = self.services.get(&task.service_id) {
            let service = short_name(&self.stack, &service.view.full);
            out.extend(phases.into_iter().map(|phase| {
                WatchEvent::Task(TaskEvent {
                    t_unix_s,
                    service: service.clone(),
                    task_id: task.id.clone(),
                    slot: task.slot,
                    container_id: filled(&task.container_id),
                    node_id: filled(&task.node_id),
                    desired: Some(task.desired),
                    phase,
                    error: filled(&task.error).filter(|_| !gone),
                })
            }));
        }
        let (service_id, task_id) = (task.service_id.clone(), task.id.clone());
        if gone || task.state > TaskState::Running {
            self.started.remove(&task_id);
        }
        if !gone {
            self.tasks.push(task);
        }
        if !snapshot {
            self.recount(&service_id, t_unix_s, Cause::Task { task_id, state }, out);
        }
    }

    /// Whether a task's container runs, healthy or not.
    fn container_runs(&self, task: &TaskView) -> bool {
        let in_its_first_check = || self.health.get(&task.container_id) == Some(&Health::Starting);
        task.state == TaskState::Running || (task.state == TaskState::Starting && in_its_first_check())
    }

    fn recount_all(&mut self, now_unix_s: f64) -> Vec<WatchEvent> {
        let mut out = Vec::new();
        for id in self.services.keys().cloned().collect::<Vec<_>>() {
            self.recount(&id, now_unix_s, Cause::Snapshot, &mut out);
        }
        out
    }

    /// Tells a service's numbers if they are new.
    fn recount(&mut self, id: &str, t: f64, cause: Cause, out: &mut Vec<WatchEvent>) {
        let Some(service) = self.services.get(id) else { return };
        // A container that died is gone, whatever the list of tasks still says; one that was told to end does no
        // longer serve, but it runs, and uses CPU, until it has died.
        let alive: Vec<TaskView> =
            self.tasks.iter().filter(|task| !self.died.contains_key(&task.id)).cloned().collect();
        let mut counted = tally(&service.view, &alive, &self.health);
        if matches!(service.view.mode, ServiceMode::Replicated(_) | ServiceMode::Global) {
            let runs = |task: &&TaskView| task.service_id == id && self.container_runs(task);
            let of_tasks = alive.iter().filter(runs).map(|task| task.id.as_str());
            // The Swarm may not have told of a task yet whose container has started.
            let told = self.started.iter().filter(|(_, (of, _))| *of == id).map(|(task, _)| task.as_str());
            counted.running = of_tasks.chain(told).collect::<HashSet<_>>().len() as u64;
        }
        let health = |task: &TaskView| self.health.get(&task.container_id);
        let checks = |task: &TaskView| health(task).is_some_and(|health| *health != Health::None);
        let seen = self.tasks.iter().any(|task| task.service_id == id && checks(task));
        let Some(service) = self.services.get_mut(id) else { return };
        service.checked |= seen;
        let health_checked = service.checked || service.view.health_check;
        if service.told == Some((counted, health_checked)) {
            return;
        }
        // What is learnt late may have happened before what was told already.
        let t_unix_s = t.max(service.told_t_unix_s);
        (service.told, service.told_t_unix_s) = (Some((counted, health_checked)), t_unix_s);
        let Tally { desired, running, healthy } = counted;
        let service = short_name(&self.stack, &service.view.full);
        out.push(WatchEvent::Replicas(ReplicaEvent {
            t_unix_s,
            service,
            desired,
            running,
            healthy,
            health_checked,
            cause,
        }));
    }
}

struct Change {
    t_unix_s: f64,
    task: TaskView,
    phases: Vec<TaskPhase>,
    gone: bool,
}

fn filled(text: &str) -> Option<String> {
    Some(text.to_string()).filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests;
