//! What a watcher tells, and what the engine tells it.

use serde::Serialize;

use crate::model::{Health, TaskState};

/// Something a watcher saw. All times are seconds since 1970 by the engine's clock.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum WatchEvent {
    /// The number of a service's replicas changed.
    Replicas(ReplicaEvent),
    /// A task or its container went on.
    Task(TaskEvent),
    /// The engine could not be heard for a while. What changed meanwhile follows, as far as the engine
    /// remembers, with the engine's own times.
    Gap {
        /// Last sign of life before it.
        from_t_unix_s: f64,
        /// When it was over.
        to_t_unix_s: f64,
        /// Why it could not be heard.
        why: String,
    },
}

/// The number of a service's replicas from a moment on. Per service, times never go backwards.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ReplicaEvent {
    /// Since when: the engine's own timestamp of the change where there is one, else when it was noticed.
    pub t_unix_s: f64,
    /// The service's short name.
    pub service: String,
    /// Replicas wanted (global services: tasks the Swarm means to run).
    pub desired: u64,
    /// Replicas that run and are meant to.
    pub running: u64,
    /// Of those running, the ones that are healthy or have no health check.
    pub healthy: u64,
    /// Whether there is a health check that says so: in the service's specification, or in the image.
    pub health_checked: bool,
    /// What changed the numbers.
    pub cause: Cause,
}

/// What changed the number of replicas.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// It was so when the watch began, or was found so after a gap.
    Snapshot,
    /// The specification: the service was created, scaled or updated.
    Order,
    /// The service was removed.
    Removal,
    /// A task went on.
    Task {
        /// Id of the task.
        task_id: String,
        /// Its state; `None` if the engine has forgotten it.
        state: Option<TaskState>,
    },
    /// A container's health changed.
    Health {
        /// Id of the container.
        container_id: String,
        /// What its health check says now.
        health: Health,
    },
}

/// A step in a task's life.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TaskEvent {
    /// When: the engine's own timestamp where there is one, else when it was noticed.
    pub t_unix_s: f64,
    /// The service's short name.
    pub service: String,
    /// The task's id.
    pub task_id: String,
    /// Number of the replica, from 1; `None` for global services.
    pub slot: Option<u64>,
    /// Id of its container, once it has one.
    pub container_id: Option<String>,
    /// Id of its node, once it has one.
    pub node_id: Option<String>,
    /// The state that the Swarm means it to be in: [`TaskState::Complete`] for one of a job. `None` if the Swarm has not
    /// told of the task yet.
    pub desired: Option<TaskState>,
    /// What the task or its container came to.
    pub phase: TaskPhase,
    /// The engine's error text, if any.
    pub error: Option<String>,
}

/// What happened to a task or its container.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum TaskPhase {
    /// It entered a state.
    State(TaskState),
    /// It is to be ended: the Swarm does not mean it to run any more.
    ToEnd,
    /// Its container started.
    ContainerStarted,
    /// Its container's health changed.
    ContainerHealth(Health),
    /// Its container ended.
    ContainerDied {
        /// Exit code, if the engine says it.
        exit_code: Option<i64>,
    },
    /// A process of its container was killed because the memory limit was reached.
    OutOfMemory,
    /// The engine has forgotten it.
    Gone,
}

/// An event of the engine that concerns a service or a task's container.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct EngineEvent {
    pub t_unix_s: f64,
    pub what: EngineEventKind,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum EngineEventKind {
    /// A service's number of replicas was set.
    Scaled {
        service_id: String,
        replicas: u64,
    },
    /// A service was removed.
    ServiceRemoved {
        service_id: String,
    },
    /// Something that only a new look at the lists can tell (service created or updated, node changed).
    LookAgain,
    Container {
        service_id: String,
        task_id: String,
        container_id: String,
        phase: TaskPhase,
    },
}
