//! A stack's tasks, one by one: what `docker stack ps` shows.

use crate::connect::Engine;
use crate::error::SwarmError;
use crate::labels::{short_name, stack_filter};
use crate::model::{ServiceView, TaskState, TaskView};
use crate::status::no_such_stack;
use bollard::query_parameters::{ListNodesOptions, ListTasksOptions};
use serde::Serialize;
use std::collections::HashMap;

/// A task at one moment.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TaskStatus {
    /// Its id.
    pub id: String,
    /// Short name of its service and number of its replica (`web.1`), or the node's id for a global service.
    pub name: String,
    /// Short name of its service.
    pub service: String,
    /// Its image.
    pub image: String,
    /// Name of its node; empty as long as it has none.
    pub node: String,
    /// The state that the Swarm means it to be in.
    pub desired: TaskState,
    /// The state it is in.
    pub state: TaskState,
    /// Since when, by its node's clock, in seconds since 1970.
    pub since_t_unix_s: Option<f64>,
    /// The engine's error text; may be empty.
    pub error: String,
    /// Exit code of its process, if it ended.
    pub exit_code: Option<i64>,
    #[serde(skip)]
    slot: Option<u64>,
    #[serde(skip)]
    created_t_unix_s: f64,
}

/// A stack's tasks with those of the past that the Swarm remembers: by service and replica, the newest first.
///
/// # Errors
/// No such stack.
pub async fn tasks(engine: &Engine, stack: &str) -> Result<Vec<TaskStatus>, SwarmError> {
    let services = engine.stack_services(stack).await?;
    if services.is_empty() {
        return Err(no_such_stack(engine, stack).await?);
    }
    let nodes = engine.docker().list_nodes(None::<ListNodesOptions>).await;
    let nodes: HashMap<String, String> = nodes
        .map_err(|error| engine.fail("list nodes", error))?
        .into_iter()
        .filter_map(|node| Some((node.id?, node.description?.hostname?)))
        .collect();
    let options = ListTasksOptions { filters: Some(stack_filter(stack)) };
    let tasks = engine.docker().list_tasks(Some(options)).await;
    let tasks = tasks.map_err(|error| engine.fail("list tasks", error))?;
    let mut found: Vec<TaskStatus> = tasks
        .into_iter()
        .filter_map(|task| {
            let spec = task.spec.as_ref().and_then(|spec| spec.container_spec.as_ref());
            let image = spec.and_then(|container| container.image.clone()).unwrap_or_default();
            Some(status(stack, &services, &nodes, TaskView::new(task)?, image))
        })
        .collect();
    sort(&mut found);
    Ok(found)
}

fn status(
    stack: &str,
    services: &[ServiceView],
    nodes: &HashMap<String, String>,
    task: TaskView,
    image: String,
) -> TaskStatus {
    let service = services.iter().find(|service| service.id == task.service_id);
    let service = service.map_or(task.service_id.clone(), |service| short_name(stack, &service.full));
    let which = task.slot.map_or(task.node_id.clone(), |slot| slot.to_string());
    TaskStatus {
        name: format!("{service}.{which}"),
        service,
        image,
        node: nodes.get(&task.node_id).cloned().unwrap_or(task.node_id),
        desired: task.desired,
        state: task.state,
        since_t_unix_s: task.state_t_unix_s,
        error: task.error,
        exit_code: task.exit_code.filter(|_| task.state > TaskState::Running),
        slot: task.slot,
        created_t_unix_s: task.created_t_unix_s.unwrap_or(0.0),
        id: task.id,
    }
}

fn sort(tasks: &mut [TaskStatus]) {
    tasks.sort_by(|a, b| {
        let place = |task: &TaskStatus| (task.service.clone(), task.slot, task.node.clone());
        place(a).cmp(&place(b)).then(b.created_t_unix_s.total_cmp(&a.created_t_unix_s))
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge::tests::{service, task};
    use crate::model::ServiceMode;

    #[test]
    fn tasks_stand_by_replica_with_the_newest_first() {
        let services = [service(ServiceMode::Replicated(10))];
        let nodes = HashMap::from([("n".to_owned(), "host".to_owned())]);
        let made = |id: &str, slot, created| {
            let task = TaskView {
                slot: Some(slot),
                created_t_unix_s: Some(created),
                exit_code: Some(3),
                ..task(id, TaskState::Failed, TaskState::Shutdown)
            };
            status("lab", &services, &nodes, task, "i".into())
        };
        let mut found = [made("a", 10, 1.0), made("b", 2, 1.0), made("c", 2, 5.0)];
        sort(&mut found);
        let names: Vec<String> = found.iter().map(|t| format!("{} {} {}", t.id, t.name, t.node)).collect();
        assert_eq!(names, ["c web.2 host", "b web.2 host", "a web.10 host"]);
        assert_eq!(found[0].exit_code, Some(3));
    }
}
