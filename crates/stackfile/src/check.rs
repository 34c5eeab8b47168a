//! What can only be judged when the whole file is read: references, and parts that contradict each other.

use crate::deploy::{EndpointMode, Mode};
use crate::mounts::MountKind;
use crate::ports::{Port, PortMode};
use crate::service::{CredentialSpec, Service};
use crate::stack::Stack;
use std::collections::HashMap;
use swarmlab_codes as codes;
use swarmlab_yaml::{Cx, Span, nearest};

/// The network that services without `networks` share.
pub(crate) const DEFAULT_NETWORK: &str = "default";

pub(crate) fn check(stack: &Stack, cx: &Cx<'_>) {
    let known = Known::of(stack);
    for service in &stack.services {
        references(service, &known, cx);
        repeats(service, cx);
        endpoint(service, cx);
    }
    published_twice(stack, cx);
    shared_names(stack, cx);
    if !cx.has_errors() {
        // A name that is only misspelt elsewhere is not unused.
        unused(stack, cx);
    }
}

/// The names a service can refer to.
struct Known<'s> {
    services: Vec<&'s str>,
    networks: Vec<&'s str>,
    volumes: Vec<&'s str>,
    configs: Vec<&'s str>,
    secrets: Vec<&'s str>,
}

impl<'s> Known<'s> {
    /// Taken from the document and not from the model, so that a thing whose own section has an error is
    /// not called undeclared as well.
    fn of(stack: &'s Stack) -> Known<'s> {
        Known {
            services: stack.services.iter().map(|s| s.name.as_str()).collect(),
            networks: stack.networks.iter().map(|n| n.name.as_str()).collect(),
            volumes: stack.volumes.iter().map(|v| v.name.as_str()).collect(),
            configs: stack.configs.iter().map(|c| c.name.as_str()).collect(),
            secrets: stack.secrets.iter().map(|s| s.name.as_str()).collect(),
        }
    }
}

fn references(service: &Service, known: &Known<'_>, cx: &Cx<'_>) {
    let undeclared = |kind: &str, name: &str, among: &[&str], span: Span, path: &str| {
        // A thing whose own section has an error is not called undeclared as well.
        let declared_badly = cx.document().root.get(&format!("{kind}s")).and_then(|s| s.get(name)).is_some();
        if among.contains(&name) || declared_badly {
            return;
        }
        let message = format!("the {kind} `{name}` is not declared in this file");
        let help = match nearest(name, among.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None if kind == "service" => format!("services of this file: {}", among.join(", ")),
            None => format!("declare it under the top-level `{kind}s`"),
        };
        cx.push(cx.error(codes::UNDECLARED, span, message).at(path).help(help));
    };
    for at in service.networks.iter().filter(|a| a.network != DEFAULT_NETWORK) {
        undeclared("network", &at.network, &known.networks, at.span, &at.path);
    }
    for mount in &service.mounts {
        if let MountKind::Volume { source: Some(source), .. } = &mount.kind {
            undeclared("volume", source, &known.volumes, mount.span, &mount.path);
        }
    }
    for one in &service.configs {
        undeclared("config", &one.source, &known.configs, one.span, &one.path);
    }
    for one in &service.secrets {
        undeclared("secret", &one.source, &known.secrets, one.span, &one.path);
    }
    for fronts in &service.fronts {
        undeclared("service", &fronts.value, &known.services, fronts.span, &fronts.path);
        if fronts.value == service.name {
            cx.push(
                cx.error(codes::FRONTS_ITSELF, fronts.span, "a service cannot front itself").at(&fronts.path),
            );
        }
    }
    if let Some(CredentialSpec::Config(config)) = &service.credential_spec {
        undeclared("config", &config.value, &known.configs, config.span, &config.path);
    }
}

/// The same network, target or port twice in one service: the Engine refuses it.
fn repeats(service: &Service, cx: &Cx<'_>) {
    let mut seen = HashMap::new();
    let mut once = |what: &'static str, name: String, span: Span, path: &str| {
        let message = format!("{what} `{name}` stands twice in the service `{}`", service.name);
        if seen.insert((what, name), ()).is_some() {
            cx.push(cx.error(codes::REPEATED, span, message).at(path).help("keep one"));
        }
    };
    for at in &service.networks {
        once("the network", at.network.clone(), at.span, &at.path);
    }
    for mount in &service.mounts {
        once("the mount point", mount.target.clone(), mount.span, &mount.path);
    }
    for one in &service.configs {
        once("the config's target", one.target.clone(), one.span, &one.path);
    }
    for one in &service.secrets {
        once("the secret's target", one.target.clone(), one.span, &one.path);
    }
    for front in &service.fronts {
        once("the fronted service", front.value.clone(), front.span, &front.path);
    }
}

fn endpoint(service: &Service, cx: &Cx<'_>) {
    let dnsrr = service.deploy.endpoint_mode == Some(EndpointMode::Dnsrr);
    for port in service.ports.iter().filter(|p| dnsrr && p.mode == PortMode::Ingress) {
        let message = "a service with `endpoint_mode: dnsrr` cannot publish a port through the ingress";
        let help = format!(
            "publish it on the task's own node: {{ target: {}, published: {}, mode: host }}",
            port.target,
            port.published.unwrap_or(port.target)
        );
        cx.push(cx.error(codes::INGRESS_DNSRR, port.span, message).at(&port.path).help(help));
    }
    let many = matches!(service.deploy.mode, Mode::Replicated { replicas } if replicas > 1);
    for port in service.ports.iter().filter(|p| many && p.mode == PortMode::Host && p.published.is_some()) {
        let message = "several tasks publish one port in host mode: each needs a node of its own";
        let found = cx.warning(codes::HOST_PORT_REPLICAS, port.span, message).at(&port.path);
        cx.push(found.help("leave `published` out, or run one task on each node: `mode: global`"));
    }
}

/// Through the ingress a port belongs to one service; in host mode two services on one node collide.
fn published_twice(stack: &Stack, cx: &Cx<'_>) {
    let mut taken: HashMap<(u16, crate::ports::Protocol), (&Service, &Port)> = HashMap::new();
    for service in &stack.services {
        for port in &service.ports {
            let Some(published) = port.published else { continue };
            let Some((owner, first)) = taken.insert((published, port.protocol), (service, port)) else {
                continue;
            };
            let message = format!("port {published} is already published by the service `{}`", owner.name);
            let line = first.span.line;
            if owner.name == service.name || port.mode == PortMode::Ingress || first.mode == PortMode::Ingress
            {
                let found = cx.error(codes::PUBLISHED_TWICE, port.span, message).at(&port.path);
                cx.push(found.help(format!("see line {line}: choose another port")));
            } else {
                let found = cx.warning(codes::HOST_PORT_SHARED, port.span, message).at(&port.path);
                cx.push(found.help(format!("see line {line}: both services can never run on one node")));
            }
        }
    }
}

/// An alias that is also another service's name on the same network: callers would reach both.
fn shared_names(stack: &Stack, cx: &Cx<'_>) {
    for service in &stack.services {
        for (alias, span, path) in names_taken(service) {
            let other = stack.services.iter().find(|other| {
                other.name != service.name && other.network_name() == alias && share_a_network(service, other)
            });
            let Some(other) = other else { continue };
            let message =
                format!("`{alias}` is also the name of the service `{}`: callers reach either", other.name);
            let help =
                format!("give `{}` another name: x-swarmlab: {{ alias: {}-origin }}", other.name, other.name);
            cx.push(cx.warning(codes::SHARED_NAME, span, message).at(path).help(help));
        }
    }
}

/// The names a service takes besides its own, with their places.
fn names_taken(service: &Service) -> impl Iterator<Item = (&str, Span, &str)> {
    let declared = service
        .networks
        .iter()
        .flat_map(|at| at.aliases.iter().map(move |a| (a.as_str(), at.span, at.path.as_str())));
    declared.chain(service.alias.iter().map(|a| (a.value.as_str(), a.span, a.path.as_str())))
}

fn share_a_network(one: &Service, other: &Service) -> bool {
    let on = |service: &Service, network: &str| match &service.networks[..] {
        [] => network == DEFAULT_NETWORK,
        all => all.iter().any(|at| at.network == network),
    };
    match &one.networks[..] {
        [] => on(other, DEFAULT_NETWORK),
        all => all.iter().any(|at| on(other, &at.network)),
    }
}

fn unused(stack: &Stack, cx: &Cx<'_>) {
    let warn = |kind: &str, name: &str, span: Span| {
        let message = format!("no service uses the {kind} `{name}`");
        cx.push(cx.warning(codes::UNUSED, span, message).at(format!("{kind}s.{name}")));
    };
    let services = || stack.services.iter();
    for network in stack.networks.iter().filter(|n| n.name != DEFAULT_NETWORK) {
        if !services().any(|s| s.networks.iter().any(|at| at.network == network.name)) {
            warn("network", &network.name, network.span);
        }
    }
    for volume in &stack.volumes {
        let uses = |m: &crate::mounts::Mount| matches!(&m.kind, MountKind::Volume { source: Some(s), .. } if *s == volume.name);
        if !services().any(|s| s.mounts.iter().any(uses)) {
            warn("volume", &volume.name, volume.span);
        }
    }
    let uses_config = |s: &Service, name: &str| {
        let by_account = matches!(&s.credential_spec, Some(CredentialSpec::Config(c)) if c.value == name);
        by_account || s.configs.iter().any(|u| u.source == name)
    };
    for config in stack.configs.iter().filter(|c| !services().any(|s| uses_config(s, &c.name))) {
        warn("config", &config.name, config.span);
    }
    for secret in
        stack.secrets.iter().filter(|c| !services().any(|s| s.secrets.iter().any(|u| u.source == c.name)))
    {
        warn("secret", &secret.name, secret.span);
    }
}
