//! What this room needs to know of services, tasks and containers, without the Engine's many optionals.

use crate::time::unix_s;
use bollard::models::{self, ContainerSummary, Service, ServiceUpdateStatusStateEnum, Task};
use serde::Serialize;
use std::fmt;

/// State of a task, in the order in which a task passes through them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum TaskState {
    /// Created, nothing done yet.
    New,
    /// Has its network addresses.
    Allocated,
    /// Waits for a node.
    Pending,
    /// Has a node.
    Assigned,
    /// The node has taken it.
    Accepted,
    /// The node gets the image and makes the container.
    Preparing,
    /// The container is made.
    Ready,
    /// The container starts; with a health check: until it is healthy.
    Starting,
    /// Its container runs.
    Running,
    /// Ended with exit code 0.
    Complete,
    /// Was stopped.
    Shutdown,
    /// Ended by itself with an error.
    Failed,
    /// The node could not run it.
    Rejected,
    /// Is to be removed.
    Remove,
    /// Its node is gone for long.
    Orphaned,
}

impl From<models::TaskState> for TaskState {
    fn from(state: models::TaskState) -> Self {
        use models::TaskState as Api;
        match state {
            Api::NEW => Self::New,
            Api::ALLOCATED => Self::Allocated,
            Api::PENDING => Self::Pending,
            Api::ASSIGNED => Self::Assigned,
            Api::ACCEPTED => Self::Accepted,
            Api::PREPARING => Self::Preparing,
            Api::READY => Self::Ready,
            Api::STARTING => Self::Starting,
            Api::RUNNING => Self::Running,
            Api::COMPLETE => Self::Complete,
            Api::SHUTDOWN => Self::Shutdown,
            Api::FAILED => Self::Failed,
            Api::REJECTED => Self::Rejected,
            Api::REMOVE => Self::Remove,
            Api::ORPHANED => Self::Orphaned,
        }
    }
}

impl fmt::Display for TaskState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&format!("{self:?}").to_lowercase())
    }
}

/// What a container's health check says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Health {
    /// It has no health check.
    None,
    /// No verdict yet.
    Starting,
    /// Passed its last health check.
    Healthy,
    /// Failed as often in a row as it is allowed to.
    Unhealthy,
}

impl Health {
    /// True if traffic may go there: healthy, or nobody checks.
    pub fn serves(self) -> bool {
        matches!(self, Self::None | Self::Healthy)
    }

    /// Reads the tail of a container's status line, such as `Up 8 seconds (health: starting)`.
    fn from_status_line(line: &str) -> Self {
        if line.ends_with("(healthy)") {
            Self::Healthy
        } else if line.ends_with("(unhealthy)") {
            Self::Unhealthy
        } else if line.ends_with("(health: starting)") {
            Self::Starting
        } else {
            Self::None
        }
    }
}

/// How a service's number of tasks is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ServiceMode {
    /// So many replicas.
    Replicated(u64),
    /// One on each node that may have one.
    Global,
    /// Runs to completion so many times.
    Job(u64),
    /// Runs to completion once on each node.
    GlobalJob,
}

impl ServiceMode {
    /// The number that is set, if one is.
    pub(crate) fn replicas(self) -> Option<u64> {
        match self {
            Self::Replicated(n) | Self::Job(n) => Some(n),
            Self::Global | Self::GlobalJob => None,
        }
    }
}

/// A service, as far as this room cares.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ServiceView {
    pub id: String,
    pub full: String,
    /// The stack its label names; empty without one.
    pub stack: String,
    /// True if swarmlab's own label is on it.
    pub ours: bool,
    pub mode: ServiceMode,
    /// Whether its specification has a health check; one of the image is not seen here.
    pub health_check: bool,
    /// Time of its last change by the engine's clock, seconds since 1970.
    pub changed_t_unix_s: Option<f64>,
    /// State of its rolling update and the engine's words on it.
    pub update: Option<(ServiceUpdateStatusStateEnum, String)>,
}

impl ServiceView {
    pub fn new(service: &Service) -> Option<Self> {
        let spec = service.spec.as_ref()?;
        let mode = spec.mode.clone().unwrap_or_default();
        let mode = if mode.global.is_some() {
            ServiceMode::Global
        } else if mode.global_job.is_some() {
            ServiceMode::GlobalJob
        } else if let Some(job) = mode.replicated_job {
            ServiceMode::Job(job.total_completions.or(job.max_concurrent).unwrap_or(1).max(0) as u64)
        } else {
            let replicas = mode.replicated.and_then(|replicated| replicated.replicas);
            ServiceMode::Replicated(replicas.unwrap_or(1).max(0) as u64)
        };
        let update = service.update_status.as_ref();
        let container = spec.task_template.as_ref().and_then(|t| t.container_spec.as_ref());
        let test = container.and_then(|c| c.health_check.as_ref()?.test.as_ref());
        let label = |name: &str| spec.labels.as_ref().and_then(|labels| labels.get(name)).cloned();
        Some(Self {
            id: service.id.clone()?,
            full: spec.name.clone()?,
            stack: label(crate::labels::LABEL_NAMESPACE).unwrap_or_default(),
            ours: label(crate::labels::LABEL_SWARMLAB).is_some(),
            mode,
            health_check: test.and_then(|words| words.first()).is_some_and(|kind| kind != "NONE"),
            changed_t_unix_s: service.updated_at.as_deref().and_then(unix_s),
            update: update.and_then(|u| Some((u.state?, u.message.clone().unwrap_or_default()))),
        })
    }
}

/// A task, as far as this room cares.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct TaskView {
    pub id: String,
    pub service_id: String,
    /// Number of the replica, from 1; `None` for global services.
    pub slot: Option<u64>,
    /// Empty as long as it has none.
    pub node_id: String,
    pub state: TaskState,
    pub desired: TaskState,
    /// When it entered its state, by its node's clock, seconds since 1970.
    pub state_t_unix_s: Option<f64>,
    /// When anything about it changed last, by the manager's clock, seconds since 1970.
    pub changed_t_unix_s: Option<f64>,
    pub created_t_unix_s: Option<f64>,
    /// The engine's error text; empty if there is none.
    pub error: String,
    /// Empty as long as it has none.
    pub container_id: String,
    pub exit_code: Option<i64>,
}

impl TaskView {
    pub fn new(task: Task) -> Option<Self> {
        let status = task.status.unwrap_or_default();
        let container = status.container_status.unwrap_or_default();
        Some(Self {
            id: task.id?,
            service_id: task.service_id?,
            slot: task.slot.and_then(|slot| slot.try_into().ok()).filter(|slot| *slot > 0),
            node_id: task.node_id.unwrap_or_default(),
            state: status.state?.into(),
            desired: task.desired_state?.into(),
            state_t_unix_s: status.timestamp.as_deref().and_then(unix_s),
            changed_t_unix_s: task.updated_at.as_deref().and_then(unix_s),
            created_t_unix_s: task.created_at.as_deref().and_then(unix_s),
            error: status.err.unwrap_or_default(),
            container_id: container.container_id.unwrap_or_default(),
            exit_code: container.exit_code,
        })
    }

    /// True for a replica that is there to work: it runs and is meant to.
    pub fn runs(&self) -> bool {
        self.state == TaskState::Running && self.desired == TaskState::Running
    }

    /// True if the Swarm means it to run, now or after the restart delay.
    pub fn is_meant_to_run(&self) -> bool {
        self.desired <= TaskState::Running
    }

    /// True if it may hold a container or an address: it has been given to a node. (Tasks of a job that never found one
    /// are never taken out of the store by engine 20.10 when the job is removed; nothing is left of them but their names.)
    pub fn has_node(&self) -> bool {
        !self.node_id.is_empty()
    }

    /// True if it ended other than by being asked to.
    pub fn failed(&self) -> bool {
        matches!(self.state, TaskState::Failed | TaskState::Rejected | TaskState::Orphaned)
    }
}

/// A container of a task, on the engine we talk to.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ContainerView {
    pub id: String,
    pub name: String,
    pub service_id: String,
    /// The stack its label names; empty without one.
    pub stack: String,
    /// True from its start until its end.
    pub running: bool,
    pub health: Health,
    /// The engine's status line: `Up 8 seconds (healthy)`.
    pub status: String,
}

impl ContainerView {
    pub fn new(container: ContainerSummary) -> Option<Self> {
        use models::ContainerSummaryHealthStatusEnum as Api;
        let label = |name: &str| container.labels.as_ref().and_then(|all| all.get(name)).cloned();
        let service_id = label(crate::labels::LABEL_SERVICE_ID)?;
        let stack = label(crate::labels::LABEL_NAMESPACE).unwrap_or_default();
        let status = container.status.unwrap_or_default();
        // Engines from API 1.52 say it in a field; for older ones the status line has to do.
        let health = match container.health.and_then(|health| health.status) {
            Some(Api::HEALTHY) => Health::Healthy,
            Some(Api::UNHEALTHY) => Health::Unhealthy,
            Some(Api::STARTING) => Health::Starting,
            Some(Api::NONE | Api::EMPTY) | None => Health::from_status_line(&status),
        };
        let name = container.names.and_then(|names| names.into_iter().next()).unwrap_or_default();
        let name = name.trim_start_matches('/').to_string();
        let running =
            container.state.is_some_and(|state| state == models::ContainerSummaryStateEnum::RUNNING);
        Some(Self { id: container.id?, name, service_id, stack, running, health, status })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_task_as_the_engine_lists_it() {
        let json = r#"{"ID":"t1","ServiceID":"s1","Slot":2,"NodeID":"n1","DesiredState":"shutdown",
            "CreatedAt":"2026-11-21T03:45:46Z","UpdatedAt":"2026-11-21T03:45:48.160708116Z",
            "Status":{"Timestamp":"2026-11-21T03:45:47.944056952Z","State":"failed","Message":"started",
            "Err":"task: non-zero exit (3)","ContainerStatus":{"ContainerID":"c1","PID":0,"ExitCode":3},
            "PortStatus":{}}}"#;
        let task = TaskView::new(serde_json::from_str(json).unwrap()).unwrap();
        assert_eq!((task.state, task.desired), (TaskState::Failed, TaskState::Shutdown));
        assert_eq!((task.slot, task.exit_code), (Some(2), Some(3)));
        assert!(task.failed() && !task.runs() && !task.is_meant_to_run());
        assert!(task.state_t_unix_s < task.changed_t_unix_s);
    }

    #[test]
    fn modes_are_told_apart() {
        let mode = |json: &str| {
            let text = format!(r#"{{"ID":"s","Spec":{{"Name":"lab_x","Mode":{json}}}}}"#);
            ServiceView::new(&serde_json::from_str(&text).unwrap()).unwrap().mode
        };
        assert_eq!(mode(r#"{"Replicated":{"Replicas":3}}"#), ServiceMode::Replicated(3));
        assert_eq!(mode(r#"{"Replicated":{}}"#), ServiceMode::Replicated(1));
        assert_eq!(mode(r#"{"Global":{}}"#), ServiceMode::Global);
        assert_eq!(
            mode(r#"{"ReplicatedJob":{"MaxConcurrent":1,"TotalCompletions":5}}"#),
            ServiceMode::Job(5)
        );
    }

    #[test]
    fn health_is_read_from_either_form() {
        assert_eq!(Health::from_status_line("Up 8 seconds (healthy)"), Health::Healthy);
        assert_eq!(Health::from_status_line("Up 1 second (health: starting)"), Health::Starting);
        assert_eq!(Health::from_status_line("Up 2 hours (unhealthy)"), Health::Unhealthy);
        assert_eq!(Health::from_status_line("Exited (1) 3 seconds ago"), Health::None);
    }

    #[test]
    fn states_sort_by_progress() {
        assert!(TaskState::Pending < TaskState::Running && TaskState::Running < TaskState::Shutdown);
        assert_eq!(TaskState::Preparing.to_string(), "preparing");
    }
}
