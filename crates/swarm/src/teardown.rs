//! Removal of given objects, in the order that leaves nothing behind, until they are really gone.
//!
//! A removed service's tasks stop in their own time, and the engine refuses to remove a network that
//! still has an endpoint. (Removing it earlier, where that works, leaks addresses.) So: services, then
//! wait for tasks and containers, then networks, then configs and secrets, then volumes.
//!
//! Services are brought to zero first. A manager marks the tasks of a service that is removed one by one, and those of
//! 20.10 (swarmkit's `SetServiceTasksRemove`) die of one that is taken out of the store at that very moment, as the
//! last tasks of a scale-in are; with the manager goes every other stack. A service without tasks has none to mark.

use crate::connect::Engine;
use crate::create::change_service;
use crate::error::{Leftover, ObjectKind, ObjectRef, SwarmError};
use crate::model::{TaskState, TaskView};
use crate::scale::set_replicas;
use bollard::errors::Error as ApiError;
use bollard::query_parameters::RemoveVolumeOptions;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;

const POLL: Duration = Duration::from_millis(100);
/// Longest wait until services that are to be removed have come to rest: a node that is gone never says so.
const DRAIN_S: f64 = 30.0;

/// Progress of a removal.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum DownEvent {
    /// An object is gone (a service's tasks may still be stopping).
    Removed(ObjectRef),
    /// So many tasks and containers are still stopping; told when the numbers change.
    Stopping {
        /// Tasks left.
        tasks: usize,
        /// Containers left on this engine.
        containers: usize,
    },
}

/// Objects to remove, each as (id, name).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Targets {
    pub services: Vec<(String, String)>,
    pub networks: Vec<(String, String)>,
    pub configs: Vec<(String, String)>,
    pub secrets: Vec<(String, String)>,
    pub volumes: Vec<(String, String)>,
}

impl Targets {
    pub fn is_empty(&self) -> bool {
        self.objects().next().is_none()
    }

    fn of_kind(&self, kind: ObjectKind) -> &[(String, String)] {
        match kind {
            ObjectKind::Service => &self.services,
            ObjectKind::Network => &self.networks,
            ObjectKind::Config => &self.configs,
            ObjectKind::Secret => &self.secrets,
            ObjectKind::Volume => &self.volumes,
            ObjectKind::Task | ObjectKind::Container => &[],
        }
    }

    pub fn objects(&self) -> impl Iterator<Item = ObjectRef> + '_ {
        use ObjectKind::{Config, Network, Secret, Service, Volume};
        [Service, Network, Config, Secret, Volume].into_iter().flat_map(|kind| {
            self.of_kind(kind).iter().map(move |(_, name)| ObjectRef { kind, name: name.clone() })
        })
    }
}

/// Which tasks and containers must be gone before networks are removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scope {
    /// All that carry the stack's label.
    WholeStack,
    /// Those of the services to be removed.
    TheseServices,
}

/// How a removal ended early.
pub(crate) enum Stopped {
    /// Time ran out, or the caller gave up; this is left.
    Left(Vec<Leftover>),
    /// The engine failed.
    Failed(SwarmError),
}

impl From<SwarmError> for Stopped {
    fn from(error: SwarmError) -> Self {
        Self::Failed(error)
    }
}

pub(crate) struct Teardown<'a> {
    pub engine: &'a Engine,
    pub stack: &'a str,
    pub scope: Scope,
    pub deadline: Instant,
    pub cancel: &'a CancellationToken,
    pub progress: &'a mut (dyn FnMut(DownEvent) + Send),
}

impl Teardown<'_> {
    /// Removes the targets and waits until they are gone.
    pub async fn run(&mut self, targets: &Targets) -> Result<(), Stopped> {
        use ObjectKind::{Config, Network, Secret, Service, Volume};
        let mut left: Vec<ObjectRef> = targets.objects().collect();
        self.drain(targets, &left).await?;
        for kind in [Service, Network, Config, Secret, Volume] {
            if kind == Network {
                self.wait_for_tasks(targets, &left).await?;
            }
            for (id, name) in targets.of_kind(kind) {
                let object = ObjectRef { kind, name: name.clone() };
                self.remove(&object, id, &left).await?;
                left.retain(|other| *other != object);
            }
        }
        self.wait_for_networks(targets).await
    }

    /// Brings services to zero and waits, for a bounded time, until the Swarm has nothing to do for them any more.
    async fn drain(&mut self, targets: &Targets, left: &[ObjectRef]) -> Result<(), Stopped> {
        let engine = self.engine;
        let orders = targets.services.iter().map(|(id, name)| to_zero(engine, id, name));
        let zeroed = futures_util::future::try_join_all(orders).await?;
        let zeroed: Vec<&str> = targets
            .services
            .iter()
            .zip(&zeroed)
            .filter(|(_, zero)| **zero)
            .map(|((id, _), _)| id.as_str())
            .collect();
        let half = self.deadline.saturating_duration_since(Instant::now()) / 2;
        let until = Instant::now() + half.min(Duration::from_secs_f64(DRAIN_S));
        let mut told = (usize::MAX, usize::MAX);
        loop {
            let tasks = self.engine.stack_tasks(self.stack, false).await?;
            let own = |task: &&TaskView| targets.services.iter().any(|(id, _)| *id == task.service_id);
            let restless: Vec<&TaskView> = tasks
                .iter()
                .filter(own)
                .filter(|task| is_restless(task, zeroed.contains(&task.service_id.as_str())))
                .collect();
            if restless.is_empty() || Instant::now() >= until {
                return Ok(());
            }
            self.tell_stopping((restless.len(), 0), &mut told);
            self.pause(|| {
                let tasks = restless.iter().map(|task| leftover(task));
                tasks.chain(left.iter().map(|o| Leftover { object: o.clone(), why: String::new() })).collect()
            })
            .await?;
        }
    }

    fn tell_stopping(&mut self, counts: (usize, usize), told: &mut (usize, usize)) {
        if counts != *told {
            (self.progress)(DownEvent::Stopping { tasks: counts.0, containers: counts.1 });
            *told = counts;
        }
    }

    async fn remove(&mut self, object: &ObjectRef, id: &str, left: &[ObjectRef]) -> Result<(), Stopped> {
        loop {
            let docker = self.engine.docker();
            let result = match object.kind {
                ObjectKind::Service => docker.delete_service(id).await,
                ObjectKind::Network => docker.remove_network(id).await,
                ObjectKind::Config => docker.delete_config(id).await,
                ObjectKind::Secret => docker.delete_secret(id).await,
                ObjectKind::Volume => docker.remove_volume(id, None::<RemoveVolumeOptions>).await,
                ObjectKind::Task | ObjectKind::Container => Ok(()),
            };
            match result {
                Ok(()) | Err(ApiError::DockerResponseServerError { status_code: 404, .. }) => {
                    (self.progress)(DownEvent::Removed(object.clone()));
                    return Ok(());
                }
                // In use: "has active endpoints", "is in use by task …", "volume is in use".
                Err(ApiError::DockerResponseServerError { message, .. })
                    if message.contains("in use") || message.contains("active endpoints") =>
                {
                    self.pause(|| leftovers(left, object, &message)).await?;
                }
                Err(error) => return Err(self.engine.fail(format!("remove {object}"), error).into()),
            }
        }
    }

    async fn wait_for_tasks(&mut self, targets: &Targets, left: &[ObjectRef]) -> Result<(), Stopped> {
        let mut told = (usize::MAX, usize::MAX);
        loop {
            let running = self.still_stopping(targets).await?;
            let containers = running.keys().filter(|object| object.kind == ObjectKind::Container).count();
            let counts = (running.len() - containers, containers);
            if counts == (0, 0) {
                return Ok(());
            }
            self.tell_stopping(counts, &mut told);
            self.pause(|| {
                let objects = running.iter().map(|(object, why)| (object.clone(), why.clone()));
                let rest = left.iter().filter(|o| o.kind != ObjectKind::Service).cloned();
                let all = objects.chain(rest.map(|object| (object, String::new())));
                all.map(|(object, why)| Leftover { object, why }).collect()
            })
            .await?;
        }
    }

    /// Tasks and containers that are not gone yet, each with its state.
    async fn still_stopping(&mut self, targets: &Targets) -> Result<BTreeMap<ObjectRef, String>, SwarmError> {
        let services: Vec<&str> = targets.services.iter().map(|(id, _)| id.as_str()).collect();
        let concerned = |stack: &str, service_id: &str| match self.scope {
            Scope::WholeStack => stack == self.stack || services.contains(&service_id),
            Scope::TheseServices => services.contains(&service_id),
        };
        let (tasks, containers) =
            tokio::try_join!(self.engine.stack_tasks(self.stack, false), self.engine.task_containers())?;
        let concerned_tasks = |task: &TaskView| task.has_node() && concerned(self.stack, &task.service_id);
        let tasks = tasks.into_iter().filter(concerned_tasks).map(|task| {
            let Leftover { object, why } = leftover(&task);
            (object, why)
        });
        let containers = containers.into_iter().filter(|c| concerned(&c.stack, &c.service_id));
        let containers = containers
            .map(|c| (ObjectRef { kind: ObjectKind::Container, name: c.name }, c.status.to_lowercase()));
        Ok(tasks.chain(containers).collect())
    }

    /// The engine forgets a network some time after it has agreed to.
    async fn wait_for_networks(&mut self, targets: &Targets) -> Result<(), Stopped> {
        for (id, name) in &targets.networks {
            loop {
                match self.engine.docker().inspect_network(id, None).await {
                    Err(ApiError::DockerResponseServerError { status_code: 404, .. }) => break,
                    Err(error) => {
                        return Err(self.engine.fail(format!("inspect network {name}"), error).into());
                    }
                    Ok(_) => {
                        let object = ObjectRef { kind: ObjectKind::Network, name: name.clone() };
                        self.pause(|| vec![Leftover { object, why: "still listed".into() }]).await?;
                    }
                }
            }
        }
        Ok(())
    }

    async fn pause(&mut self, left: impl FnOnce() -> Vec<Leftover>) -> Result<(), Stopped> {
        if self.cancel.is_cancelled() || Instant::now() >= self.deadline {
            return Err(Stopped::Left(left()));
        }
        tokio::select! {
            () = self.cancel.cancelled() => {}
            () = tokio::time::sleep(POLL) => {}
        }
        Ok(())
    }
}

/// True if the Swarm has still something to do for a task: it is to be stopped, or to be taken out of the store. Ends of
/// long ago are history that nobody touches. `zeroed`: nothing of its service is wanted any more.
fn is_restless(task: &TaskView, zeroed: bool) -> bool {
    task.desired == TaskState::Remove
        || (!task.is_meant_to_run() && task.state <= TaskState::Running)
        || (zeroed && task.is_meant_to_run())
}

/// Orders zero replicas of a service; false if it has none, is no such service, or is gone.
async fn to_zero(engine: &Engine, id: &str, name: &str) -> Result<bool, SwarmError> {
    let gone =
        |error: &ApiError| matches!(error, ApiError::DockerResponseServerError { status_code: 404, .. });
    let service = match engine.read_service(id).await {
        Ok(service) => service,
        Err(error) if gone(&error) => return Ok(false),
        Err(error) => return Err(engine.fail(format!("inspect service {name}"), error)),
    };
    let replicas = service.pointer("/Spec/Mode/Replicated/Replicas").and_then(serde_json::Value::as_u64);
    if service.pointer("/Spec/Mode/Replicated").is_none() {
        return Ok(false);
    }
    if replicas == Some(0) {
        return Ok(true);
    }
    match change_service(engine, id, name, |spec| set_replicas(spec, 0)).await {
        Ok(()) => Ok(true),
        // Somebody else removes it, or keeps changing it: neither keeps us from removing it.
        Err(SwarmError::Engine { status: Some(404), .. } | SwarmError::Contention { .. }) => Ok(false),
        Err(error) => Err(error),
    }
}

fn leftover(task: &TaskView) -> Leftover {
    let on = if task.node_id.is_empty() { String::new() } else { format!(" on node {}", task.node_id) };
    let object = ObjectRef { kind: ObjectKind::Task, name: task.id.clone() };
    Leftover { object, why: format!("{}{on}", task.state) }
}

fn leftovers(left: &[ObjectRef], blocked: &ObjectRef, why: &str) -> Vec<Leftover> {
    let reason = |object: &ObjectRef| if object == blocked { why.to_string() } else { String::new() };
    left.iter().map(|object| Leftover { object: object.clone(), why: reason(object) }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge::tests::task;
    use TaskState::{Failed, Remove, Running, Shutdown};

    #[test]
    fn a_service_rests_when_only_history_is_left_of_it() {
        for (task, zeroed, restless) in [
            (task("wanted", Running, Running), true, true),
            (task("wanted by a global service", Running, Running), false, false),
            (task("stops", Running, Shutdown), false, true),
            (task("scaled in", Running, Remove), true, true),
            (task("stopped, to be taken out", Shutdown, Remove), true, true),
            (task("history", Failed, Shutdown), true, false),
        ] {
            assert_eq!(is_restless(&task, zeroed), restless, "{}", task.id);
        }
    }
}
