//! Why no proxy can be put before a service.

use swarmlab_stackfile::{Mode, Protocol, Service, Stack};

/// More ports than a front is given listeners for.
const MOST_PORTS: usize = 16;

/// Networks that every engine has, on which nothing has a name.
const NAMELESS: [&str; 3] = ["host", "none", "bridge"];

/// Why not (half a sentence that follows the service's name), and what to do.
pub(crate) type Obstacle = (String, &'static str);

/// What keeps a proxy from taking this service's place, if anything does.
pub(crate) fn of(service: &Service, stack: &Stack) -> Option<Obstacle> {
    kind(service)
        .or_else(|| network(service, stack))
        .or_else(|| ports(service))
        .or_else(|| name(service, stack))
}

fn kind(service: &Service) -> Option<Obstacle> {
    match service.deploy.mode {
        Mode::ReplicatedJob { .. } | Mode::GlobalJob => {
            return Some((
                "is a job: it ends, and takes no requests".to_owned(),
                "leave it out of `--front`",
            ));
        }
        _ => {}
    }
    let windows = service.isolation.is_some() || service.credential_spec.is_some();
    windows.then(|| ("runs on Windows, where Envoy's image does not".to_owned(), "leave it out of `--front`"))
}

/// A front takes over a name, and names are of overlay networks.
fn network(service: &Service, stack: &Stack) -> Option<Obstacle> {
    for at in &service.networks {
        let Some(declared) = stack.networks.iter().find(|n| n.name == at.network) else { continue };
        let engine_name = declared.engine_name.as_deref().unwrap_or(&declared.name);
        if declared.external && NAMELESS.contains(&engine_name) {
            let why =
                format!("is on the network `{engine_name}` of its node, where it has no name to take over");
            return Some((why, "put it on an overlay network and publish its port, or leave it out"));
        }
        if let Some(driver) = declared.driver.as_deref().filter(|driver| *driver != "overlay") {
            let why =
                format!("is on the network `{}` with the driver `{driver}`, which is no overlay", at.network);
            return Some((why, "put it on an overlay network, or leave it out"));
        }
    }
    None
}

fn ports(service: &Service) -> Option<Obstacle> {
    if let Some(port) = service.ports.iter().find(|port| port.protocol != Protocol::Tcp) {
        let name = if port.protocol == Protocol::Udp { "UDP" } else { "SCTP" };
        let why = format!("publishes {name} (port {}), which a front does not pass", port.target);
        return Some((why, "split the service in two, or leave it out"));
    }
    let count = crate::ports::said(service).len();
    (count > MOST_PORTS).then(|| {
        let why = format!("listens on {count} ports (a range?), and a front has listeners for {MOST_PORTS}");
        (why, "publish the ports that carry requests, or leave it out")
    })
}

/// Somebody else has taken the name already.
fn name(service: &Service, stack: &Stack) -> Option<Obstacle> {
    if let Some(alias) = &service.alias {
        let why = format!("has given its name away already: it is known as `{}`", alias.value);
        return Some((
            why,
            "what stands before it by `x-swarmlab: { alias }` counts its requests; or remove the alias",
        ));
    }
    let before = |other: &&Service| other.fronts.iter().any(|front| front.value == service.name);
    if let Some(proxy) = stack.services.iter().find(before) {
        let why = format!("has the proxy `{}` before it already (label `swarmlab.fronts`)", proxy.name);
        return Some((why, "it counts the requests; remove its label if another is wanted"));
    }
    let named = |other: &&Service| {
        other.name != service.name
            && (other.network_name() == service.name
                || other.networks.iter().any(|at| at.aliases.contains(&service.name)))
    };
    stack.services.iter().find(named).map(|other| {
        let why = format!("shares its name with `{}`, which has it as an alias", other.name);
        (why, "remove the alias, or leave the service out")
    })
}
