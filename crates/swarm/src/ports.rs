//! Published ports: who holds one already, known before anything is created.

use crate::connect::Engine;
use crate::error::{PortClash, SwarmError};
use crate::labels::{LABEL_NAMESPACE, LABEL_SWARMLAB, LABEL_TASK_ID};
use bollard::models::{EndpointPortConfig, EndpointPortConfigPublishModeEnum, ServiceSpec};
use bollard::query_parameters::ListContainersOptions;
use std::collections::HashMap;
use swarmlab_stackfile::{StackSpecs, WOVEN_LABEL};

/// A port on a node.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Port {
    number: u16,
    protocol: String,
    host_mode: bool,
}

/// A port and who publishes it, in words.
type Held = (Port, String);

/// Fails if a port the stack publishes is held by another Swarm service, by a plain container, by two of its own
/// services, or, where that can be seen, by another program of the machine; each with the command that deals with it.
/// (Those who know better are asked first: a container's port is also a port that a program listens on.)
pub(crate) async fn check_ports(engine: &Engine, specs: &StackSpecs) -> Result<(), SwarmError> {
    let clashes = clashes_of(engine, specs).await?;
    if clashes.is_empty() { Ok(()) } else { Err(SwarmError::PortTaken { clashes }) }
}

/// Ports that a stack publishes and somebody else holds.
pub(crate) async fn clashes_of(engine: &Engine, specs: &StackSpecs) -> Result<Vec<PortClash>, SwarmError> {
    let wanted: Vec<(Port, String)> = specs
        .services
        .iter()
        .flat_map(|service| ports_of(&service.spec).into_iter().map(|port| (port, service.short.clone())))
        .collect();
    if wanted.is_empty() {
        return Ok(Vec::new());
    }
    let own: Vec<&str> = specs.services.iter().map(|service| service.full.as_str()).collect();
    let mut held: Vec<Held> = Vec::new();
    let mut mine: Vec<Port> = Vec::new();
    for service in engine.services(HashMap::new()).await? {
        let spec = service.spec.unwrap_or_default();
        let name = spec.name.clone().unwrap_or_default();
        if !own.contains(&name.as_str()) {
            let holder = service_in_words(&spec, &name, &specs.name);
            held.extend(ports_of(&spec).into_iter().map(|port| (port, holder.clone())));
        } else {
            mine.extend(ports_of(&spec));
        }
    }
    if engine.is_only_node() {
        held.extend(held_by_containers(engine).await?);
    }
    let mut clashes = clashes(&wanted, &held, engine.is_only_node());
    if engine.is_only_node() && engine.info().address.starts_with("unix://") {
        let free = |(port, _): &&(Port, String)| {
            let taken = |p: &Port| p.number == port.number && p.protocol == port.protocol;
            !mine.iter().any(taken) && !clashes.iter().any(|c| c.port == Some(port.number))
        };
        let of_programs = wanted.iter().filter(free).filter(|(port, _)| is_listened_on(port));
        let found: Vec<PortClash> = of_programs.map(|(port, service)| by_a_program(port, service)).collect();
        clashes.extend(found);
    }
    Ok(clashes)
}

/// Names a service that is not in what comes up as `stack`, and what removes it or its stack.
fn service_in_words(spec: &ServiceSpec, name: &str, stack: &str) -> String {
    let label = |label: &str| spec.labels.as_ref().and_then(|labels| labels.get(label));
    match (label(LABEL_NAMESPACE), label(LABEL_SWARMLAB).is_some()) {
        (Some(of), _) if of == stack && label(WOVEN_LABEL).is_some() => format!(
            "the service {name}, which was woven into this stack (kept by: --observe with the flags of then; removed by: \
             swarmlab down {stack})"
        ),
        (Some(of), _) if of == stack => {
            format!(
                "the service {name} of this stack, which the file does not have (removed by: docker service rm {name})"
            )
        }
        (Some(stack), true) => format!("the service {name} (its stack is removed by: swarmlab down {stack})"),
        (Some(stack), false) => {
            format!("the service {name} (its stack is removed by: docker stack rm {stack})")
        }
        (None, _) => format!("the service {name} (removed by: docker service rm {name})"),
    }
}

/// Whether a program of this machine holds a port: the engine itself would find out only when a container starts, and
/// would try again and again.
fn is_listened_on(port: &Port) -> bool {
    let any = std::net::Ipv4Addr::UNSPECIFIED;
    let bound = match port.protocol.as_str() {
        "tcp" => std::net::TcpListener::bind((any, port.number)).map(drop),
        "udp" => std::net::UdpSocket::bind((any, port.number)).map(drop),
        _ => Ok(()),
    };
    bound.is_err_and(|error| error.kind() == std::io::ErrorKind::AddrInUse)
}

fn by_a_program(port: &Port, service: &str) -> PortClash {
    let number = port.number;
    let holder = format!("another program of this machine (named by: ss -lntup 'sport = :{number}')");
    PortClash { port: Some(number), protocol: port.protocol.clone(), service: service.to_string(), holder }
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
            let name = name.trim_start_matches('/');
            let holder = format!("the container {name} (stopped by: docker stop {name})");
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
    #![allow(clippy::unwrap_used)]
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
    fn who_holds_a_port_comes_with_the_command_that_deals_with_it() {
        let spec = |labels: &[(&str, &str)]| ServiceSpec {
            labels: Some(labels.iter().map(|(k, v)| (k.to_string(), v.to_string())).collect()),
            ..Default::default()
        };
        let (ours, theirs) = ((LABEL_SWARMLAB, "lab"), (LABEL_NAMESPACE, "lab"));
        let woven = (WOVEN_LABEL, "front");
        for (labels, stack, command) in [
            (&[theirs, ours][..], "other", "swarmlab down lab"),
            (&[theirs], "other", "docker stack rm lab"),
            (&[], "other", "docker service rm lab_web"),
            (&[theirs, ours], "lab", "docker service rm lab_web"),
            (&[theirs, ours, woven], "lab", "--observe"),
            (&[theirs, ours, woven], "other", "swarmlab down lab"),
        ] {
            let words = service_in_words(&spec(labels), "lab_web", stack);
            assert!(words.contains(command), "{words}");
        }
        let listener = std::net::TcpListener::bind(("0.0.0.0", 0)).unwrap();
        let taken = host(listener.local_addr().unwrap().port());
        assert!(is_listened_on(&taken));
        assert!(by_a_program(&taken, "web").to_string().contains("ss -lntup"));
        drop(listener);
        assert!(!is_listened_on(&taken));
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
