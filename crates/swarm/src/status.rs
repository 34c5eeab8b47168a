//! How a stack is: its services with replicas, ports and newest error, and its other objects.

use crate::connect::Engine;
use crate::error::{ObjectKind, SwarmError};
use crate::judge::{arrived, tally};
use crate::labels::{short_name, stack_filter};
use crate::listing::Labelled;
use crate::model::{Health, ServiceMode, ServiceView, TaskView};
use bollard::models::{EndpointPortConfig, Service};
use serde::Serialize;
use std::collections::{BTreeMap, HashMap};
use swarmlab_yaml::nearest;

/// A stack at one moment.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StackStatus {
    /// The stack's name.
    pub name: String,
    /// True if swarmlab deployed it.
    pub ours: bool,
    /// Its services, by name.
    pub services: Vec<ServiceStatus>,
    /// Full names of its networks.
    pub networks: Vec<String>,
    /// Full names of its configs.
    pub configs: Vec<String>,
    /// Full names of its secrets.
    pub secrets: Vec<String>,
    /// Full names of its volumes on this engine.
    pub volumes: Vec<String>,
}

impl StackStatus {
    /// True if every service is all there.
    pub fn is_up(&self) -> bool {
        self.services.iter().all(|service| service.is_up)
    }
}

/// A service at one moment.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ServiceStatus {
    /// Name without the stack's prefix.
    pub name: String,
    /// Name in the engine.
    pub full_name: String,
    /// Id in the Swarm.
    pub id: String,
    /// The image of its specification.
    pub image: String,
    /// How its number of tasks is set.
    pub mode: ServiceMode,
    /// Replicas wanted.
    pub desired: u64,
    /// Replicas that run.
    pub running: u64,
    /// Replicas that run and are healthy, or have no health check.
    pub healthy: u64,
    /// True if all that is wanted runs and is healthy.
    pub is_up: bool,
    /// State of a rolling update, with the engine's words; `None` if there never was one.
    pub update: Option<String>,
    /// Published ports.
    pub ports: Vec<PortStatus>,
    /// Error of the newest task that failed or waits for a node, if any is remembered.
    pub newest_error: Option<String>,
}

/// A published port.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PortStatus {
    /// Port on the node.
    pub published: u16,
    /// Port in the container.
    pub target: u16,
    /// `tcp`, `udp` or `sctp`.
    pub protocol: String,
    /// `host` (on the task's own node) or `ingress` (on each node).
    pub mode: String,
}

/// One line on a stack.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StackSummary {
    /// The stack's name.
    pub name: String,
    /// How many services it has. None with other objects left is what an interrupted removal leaves.
    pub services: usize,
    /// How many networks, configs, secrets and volumes it has.
    pub other_objects: usize,
    /// True if swarmlab deployed it.
    pub ours: bool,
}

/// Looks at a stack. Error: no such stack.
pub async fn status(engine: &Engine, stack: &str) -> Result<StackStatus, SwarmError> {
    let found = engine.labelled(Some(stack)).await?;
    if found.is_empty() {
        return Err(no_such_stack(engine, stack).await?);
    }
    let services = engine.services(stack_filter(stack)).await?;
    let (tasks, health) = tokio::try_join!(engine.stack_tasks(stack, false), engine.health())?;
    let mut services: Vec<ServiceStatus> =
        services.iter().filter_map(|service| service_status(stack, service, &tasks, &health)).collect();
    services.sort_by(|a, b| a.name.cmp(&b.name));
    let names = |kind: ObjectKind| -> Vec<String> {
        let mut names: Vec<String> =
            found.iter().filter(|f| f.object.kind == kind).map(|f| f.object.name.clone()).collect();
        names.sort();
        names
    };
    Ok(StackStatus {
        name: stack.to_string(),
        ours: found.iter().any(|found| found.ours),
        services,
        networks: names(ObjectKind::Network),
        configs: names(ObjectKind::Config),
        secrets: names(ObjectKind::Secret),
        volumes: names(ObjectKind::Volume),
    })
}

/// All stacks of the Swarm, by name, including those that something else deployed.
pub async fn list_stacks(engine: &Engine) -> Result<Vec<StackSummary>, SwarmError> {
    Ok(summarize(engine.labelled(None).await?))
}

fn summarize(found: Vec<Labelled>) -> Vec<StackSummary> {
    let mut stacks = BTreeMap::<String, StackSummary>::new();
    for found in found {
        let stack = stacks.entry(found.stack.clone()).or_insert_with(|| StackSummary {
            name: found.stack.clone(),
            services: 0,
            other_objects: 0,
            ours: false,
        });
        if found.object.kind == ObjectKind::Service {
            stack.services += 1;
        } else {
            stack.other_objects += 1;
        }
        stack.ours |= found.ours;
    }
    stacks.into_values().collect()
}

/// The error for an unknown stack, with the ones there are.
pub(crate) async fn no_such_stack(engine: &Engine, stack: &str) -> Result<SwarmError, SwarmError> {
    let known: Vec<String> = list_stacks(engine).await?.into_iter().map(|stack| stack.name).collect();
    let known: Vec<String> = known.into_iter().filter(|name| name != stack).collect();
    let suggestion = nearest(stack, known.iter().map(String::as_str)).map(str::to_owned);
    Ok(SwarmError::NoSuchStack { stack: stack.to_string(), suggestion, known })
}

fn service_status(
    stack: &str,
    service: &Service,
    tasks: &[TaskView],
    health: &HashMap<String, Health>,
) -> Option<ServiceStatus> {
    let view = ServiceView::new(service)?;
    let spec = service.spec.as_ref()?;
    let counted = tally(&view, tasks, health);
    let container = spec.task_template.as_ref().and_then(|template| template.container_spec.as_ref());
    let ports = service.endpoint.as_ref().and_then(|endpoint| endpoint.ports.as_deref());
    let ports = ports.or_else(|| spec.endpoint_spec.as_ref().and_then(|endpoint| endpoint.ports.as_deref()));
    let update = view
        .update
        .as_ref()
        .map(|(state, words)| if words.is_empty() { state.to_string() } else { format!("{state}: {words}") });
    Some(ServiceStatus {
        name: short_name(stack, &view.full),
        full_name: view.full.clone(),
        id: view.id.clone(),
        image: container.and_then(|container| container.image.clone()).unwrap_or_default(),
        mode: view.mode,
        desired: counted.desired,
        running: counted.running,
        healthy: counted.healthy,
        is_up: arrived(&view, counted),
        update: update.filter(|text| !text.is_empty()),
        ports: ports.unwrap_or_default().iter().filter_map(port_status).collect(),
        newest_error: newest_error(&view.id, tasks),
    })
}

fn port_status(port: &EndpointPortConfig) -> Option<PortStatus> {
    Some(PortStatus {
        published: u16::try_from(port.published_port?).ok()?,
        target: u16::try_from(port.target_port?).ok()?,
        protocol: port.protocol.map_or_else(|| "tcp".to_string(), |protocol| protocol.to_string()),
        mode: port.publish_mode.map_or_else(|| "ingress".to_string(), |mode| mode.to_string()),
    })
}

fn newest_error(service_id: &str, tasks: &[TaskView]) -> Option<String> {
    let with_error = tasks.iter().filter(|task| task.service_id == service_id && !task.error.is_empty());
    let newest = with_error
        .max_by(|a, b| a.state_t_unix_s.unwrap_or(0.0).total_cmp(&b.state_t_unix_s.unwrap_or(0.0)))?;
    Some(newest.error.clone())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ObjectRef;

    #[test]
    fn stacks_are_summed_up_by_name() {
        let found = |kind, name: &str, stack: &str, ours| Labelled {
            object: ObjectRef { kind, name: name.into() },
            id: name.into(),
            stack: stack.into(),
            ours,
            front: false,
        };
        let stacks = summarize(vec![
            found(ObjectKind::Service, "b_web", "b", false),
            found(ObjectKind::Service, "a_web", "a", true),
            found(ObjectKind::Network, "a_net", "a", true),
            found(ObjectKind::Volume, "c_data", "c", true),
        ]);
        let text: Vec<String> = stacks
            .iter()
            .map(|s| format!("{} {}+{} {}", s.name, s.services, s.other_objects, s.ours))
            .collect();
        assert_eq!(text, ["a 1+1 true", "b 1+0 false", "c 0+1 true"]);
    }
}
