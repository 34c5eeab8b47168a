//! What both testbeds read off a planned stack: services, ports, environment, commands.

use std::collections::BTreeMap;

use swarmlab_stackfile::{ServicePlan, StackSpecs};

use swarmlab_record::topology::{Front, Role, Service, Topology};

/// The services of a stack as the experiment sees them, and the proxies before them.
pub fn topology(specs: &StackSpecs) -> Topology {
    let front = |proxy: &str, service: &str| Front { proxy: proxy.to_owned(), service: service.to_owned() };
    let services = specs
        .services
        .iter()
        .map(|s| Service {
            name: s.short.clone(),
            role: s.role,
            replicas: replicas(s),
            image: container(s).and_then(|c| c.image.clone()).unwrap_or_default(),
        })
        .collect();
    let fronts = specs.services.iter().flat_map(|s| s.fronts.iter().map(|f| front(&s.short, f))).collect();
    Topology { services, fronts, nodes: Vec::new() }
}

/// CPU seconds that a request costs, of the services that declare it; a demand of zero declares nothing.
pub fn declared_demands(specs: &StackSpecs) -> BTreeMap<String, f64> {
    let declared =
        |s: &ServicePlan| s.demand.filter(|d| !d.is_zero()).map(|d| (s.short.clone(), d.as_secs_f64()));
    specs.services.iter().filter_map(declared).collect()
}

/// A plan's container part.
pub fn container(plan: &ServicePlan) -> Option<&bollard::models::TaskSpecContainerSpec> {
    plan.spec.task_template.as_ref()?.container_spec.as_ref()
}

/// Replicas asked for; a global service counts as one.
pub fn replicas(plan: &ServicePlan) -> u64 {
    plan.spec
        .mode
        .as_ref()
        .and_then(|m| m.replicated.as_ref())
        .and_then(|r| r.replicas)
        .map_or(1, |n| u64::try_from(n).unwrap_or(0))
}

/// Limits of each replica, as far as the stack sets them: cores, bytes of memory.
pub fn limits(plan: &ServicePlan) -> (Option<f64>, Option<u64>) {
    let resources = plan.spec.task_template.as_ref().and_then(|t| t.resources.as_ref());
    let limits = resources.and_then(|r| r.limits.as_ref());
    let set = |value: Option<i64>| value.and_then(|v| u64::try_from(v).ok()).filter(|v| *v > 0);
    (
        set(limits.and_then(|l| l.nano_cpus)).map(|nano| nano as f64 / 1e9),
        set(limits.and_then(|l| l.memory_bytes)),
    )
}

/// Whether the service runs one task on each node.
pub fn is_global(plan: &ServicePlan) -> bool {
    plan.spec.mode.as_ref().is_some_and(|m| m.global.is_some())
}

/// A published port of a service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Port {
    /// In the container.
    pub target: u16,
    /// On the node.
    pub published: u16,
}

/// Published TCP ports of a service.
pub fn ports(plan: &ServicePlan) -> Vec<Port> {
    plan.spec
        .endpoint_spec
        .iter()
        .flat_map(|e| e.ports.iter().flatten())
        .filter_map(|p| {
            Some(Port {
                target: u16::try_from(p.target_port?).ok()?,
                published: u16::try_from(p.published_port?).ok()?,
            })
        })
        .collect()
}

/// The published port that a target names by its container port or, failing that, by its published port.
pub fn published_port(plan: &ServicePlan, port: u16) -> Option<u16> {
    let ports = ports(plan);
    ports
        .iter()
        .find(|p| p.target == port)
        .or_else(|| ports.iter().find(|p| p.published == port))
        .map(|p| p.published)
}

/// Environment of the container.
pub fn environment(plan: &ServicePlan) -> BTreeMap<String, String> {
    container(plan)
        .and_then(|c| c.env.as_ref())
        .into_iter()
        .flatten()
        .filter_map(|kv| kv.split_once('='))
        .map(|(k, v)| (k.to_owned(), v.to_owned()))
        .collect()
}

/// The command line after the image's entry point: `command` (entrypoint override) and `args`.
pub fn command_line(plan: &ServicePlan) -> Vec<String> {
    let Some(c) = container(plan) else { return Vec::new() };
    c.command.iter().chain(c.args.iter()).flatten().cloned().collect()
}

/// The port that a Prometheus listens on inside its container.
const PROMETHEUS_PORT: u16 = 9090;

/// Where the stack's own Prometheus is published, if it has one: a service of the role telemetry that publishes 9090.
pub fn prometheus(specs: &StackSpecs) -> Option<(&ServicePlan, u16)> {
    let telemetry = specs.services.iter().filter(|s| s.role == Role::Telemetry);
    telemetry.filter_map(|s| Some((s, published_port(s, PROMETHEUS_PORT)?))).next()
}

/// A label of the service (`deploy.labels`).
pub fn label<'a>(plan: &'a ServicePlan, key: &str) -> Option<&'a str> {
    plan.spec.labels.as_ref()?.get(key).map(String::as_str)
}
