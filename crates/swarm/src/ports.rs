//! Published ports: who holds one already, known before anything is created.

use crate::connect::Engine;
use crate::error::{PortClash, SwarmError};
use crate::labels::LABEL_TASK_ID;
use bollard::models::{EndpointPortConfig, EndpointPortConfigPublishModeEnum, ServiceSpec};
use bollard::query_parameters::ListContainersOptions;
use std::collections::HashMap;
use swarmlab_stackfile::StackSpecs;

/// A port on a node.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Port {
    number: u16,
    protocol: String,
    host_mode: bool,
}

/// A port and who publishes it, in words.
type Held = (Port, String);

/// Fails if a port the stack publishes is held by another Swarm service, by a plain container, or by two
/// of its own services. Other programs of the host are found out only when a container starts.
pub(crate) async fn check_ports(engine: &Engine, specs: &StackSpecs) -> Result<(), SwarmError> {
    let wanted: Vec<(Port, String)> = specs
        .services
        .iter()
        .flat_map(|service| ports_of(&service.spec).into_iter().map(|port| (port, service.short.clone())))
        .collect();
    if wanted.is_empty() {
        return Ok(());
    }
    let own: Vec<&str> = specs.services.iter().map(|service| service.full.as_str()).collect();
    let mut held: Vec<Held> = Vec::new();
    for service in engine.services(HashMap::new()).await? {
        let spec = service.spec.unwrap_or_default();
        let name = spec.name.clone().unwrap_or_default();
        if !own.contains(&name.as_str()) {
            held.extend(ports_of(&spec).into_iter().map(|port| (port, format!("the service {name}"))));
        }
    }
    if engine.is_only_node() {
        held.extend(held_by_containers(engine).await?);
    }
    let clashes = clashes(&wanted, &held, engine.is_only_node());
    if clashes.is_empty() { Ok(()) } else { Err(SwarmError::PortTaken { clashes }) }
}

fn ports_of(spec: &ServiceSpec) -> Vec<Port> {
    let ports = spec.endpoint_spec.as_ref().and_then(|endpoint| endpoint.ports.as_deref());
    ports.unwrap_or_default().iter().filter_map(port).collect()
}

fn port(config: &EndpointPortConfig) -> Option<Port> {
    let number = u16::try_from(config.published_port?).ok().filter(|number| *number > 0)?;
    let protocol = config.protocol.map(|protocol| protocol.to_string()).filter(|text| !text.is_empty());
    let host_mode = config.publish_mode == Some(EndpointPortConfigPublishModeEnum::HOST);
    Some(Port { number, protocol: protocol.unwrap_or_else(|| "tcp".to_string()), host_mode })
}

/// Ports of containers that belong to no task; those of tasks are known by their services.
async fn held_by_containers(engine: &Engine) -> Result<Vec<Held>, SwarmError> {
    let containers = engine.docker().list_containers(None::<ListContainersOptions>).await;
    let containers = containers.map_err(|error| engine.fail("list containers", error))?;
    let mut held = Vec::new();
    for container in containers {
        if container.labels.is_some_and(|labels| labels.contains_key(LABEL_TASK_ID)) {
            continue;
        }
        let name = container.names.and_then(|names| names.into_iter().next()).unwrap_or_default();
        for published in container.ports.unwrap_or_default() {
            let Some(number) = published.public_port else { continue };
            let protocol = published.typ.map_or("tcp".to_string(), |protocol| protocol.to_string());
            let holder = format!("the container {}", name.trim_start_matches('/'));
            held.push((Port { number, protocol, host_mode: true }, holder));
        }
    }
    Ok(held)
}

/// On a Swarm of several nodes the scheduler may find a node where a host-mode port is free; a port of
/// the ingress mesh is taken on every node.
fn clashes(wanted: &[(Port, String)], held: &[Held], one_node: bool) -> Vec<PortClash> {
    let meets = |a: &Port, b: &Port| {
        let same = a.number == b.number && a.protocol == b.protocol;
        same && (one_node || !(a.host_mode && b.host_mode))
    };
    let clash = |port: &Port, service: &str, holder: String| PortClash {
        port: Some(port.number),
        protocol: port.protocol.clone(),
        service: service.to_string(),
        holder,
    };
    let mut found = Vec::new();
    for (index, (port, service)) in wanted.iter().enumerate() {
        if let Some((_, holder)) = held.iter().find(|(other, _)| meets(port, other)) {
            found.push(clash(port, service, holder.clone()));
        } else if let Some((_, first)) = wanted[..index].iter().find(|(other, _)| meets(port, other)) {
            found.push(clash(port, service, format!("the service {first} of the same stack")));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn host(number: u16) -> Port {
        Port { number, protocol: "tcp".into(), host_mode: true }
    }

    #[test]
    fn a_port_is_taken_by_others_and_by_the_stack_itself() {
        let wanted =
            [(host(80), "web".to_string()), (host(81), "api".to_string()), (host(81), "db".to_string())];
        let held = [(host(80), "the container nginx".to_string())];
        let found: Vec<String> = clashes(&wanted, &held, true).iter().map(ToString::to_string).collect();
        assert_eq!(
            found,
            [
                "web: port 80/tcp is held by the container nginx",
                "db: port 81/tcp is held by the service api of the same stack"
            ]
        );
    }

    #[test]
    fn protocols_do_not_clash_and_other_nodes_may_be_free() {
        let wanted = [(host(53), "dns".to_string())];
        let udp = Port { protocol: "udp".into(), ..host(53) };
        assert!(clashes(&wanted, &[(udp, "x".into())], true).is_empty());
        assert!(clashes(&wanted, &[(host(53), "x".into())], false).is_empty());
        let mesh = Port { host_mode: false, ..host(53) };
        assert_eq!(clashes(&wanted, &[(mesh, "x".into())], false).len(), 1);
    }
}
