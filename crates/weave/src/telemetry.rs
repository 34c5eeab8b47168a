//! Who observes the stack.

use crate::names::Names;
use crate::parts::{self, file_of};
use crate::{Telemetry, Variables, Wishes, Woven, prometheus};
use std::collections::BTreeSet;
use swarmlab_codes as codes;
use swarmlab_stackfile::{
    Attachment, METRICS_LABEL, Port, PortMode, Protocol, Role, Service, Stack, WOVEN_LABEL,
};
use swarmlab_yaml::{Diagnostic, Diagnostics, Span};

/// The port a Prometheus listens on, and where ours is published if nothing else is.
const PROMETHEUS_PORT: u16 = 9090;
/// From here on a port is looked for if the stack publishes that one itself.
const OTHER_PORTS: u16 = 19090;

/// A Prometheus as swarmlab looks for it: of the role telemetry, with 9090 published.
fn is_prometheus(service: &Service) -> bool {
    service.role == Role::Telemetry && service.ports.iter().any(|port| port.target == PROMETHEUS_PORT)
}

/// Sees that what is wished for can be observed.
pub(crate) fn check(stack: &Stack, wishes: &Wishes, found: &mut Vec<Diagnostic>) {
    for service in &stack.services {
        if let Err(why) = prometheus::own_metrics(service) {
            let message = format!("the deploy label `{}` of `{}`: {why}", METRICS_LABEL, service.name);
            let wrong = stack.error(codes::BAD_FRONT_LABEL, service.span, message);
            found.push(wrong.expected("a port, or a port and a path: 8080/metrics"));
        }
        let woven = service.deploy.labels.contains_key(WOVEN_LABEL);
        if let (Telemetry::Woven { .. }, true, false) = (&wishes.telemetry, is_prometheus(service), woven) {
            let message =
                format!("the stack has a Prometheus of its own, `{}`: two would not agree", service.name);
            let wrong = stack.error(codes::OWN_PROMETHEUS, service.span, message);
            found.push(wrong.at(format!("services.{}", service.name)).help(
                "use it by `--prometheus URL` and let it scrape the fronts, or take its label `swarmlab.role` away",
            ));
        }
        if let Telemetry::Woven { port: Some(wanted) } = wishes.telemetry
            && service.ports.iter().any(takes(wanted))
        {
            let message = format!(
                "port {wanted} is wanted for the woven Prometheus, and `{}` publishes it",
                service.name
            );
            let wrong = stack.error(codes::PUBLISHED_TWICE, service.span, message);
            found.push(wrong.at(format!("services.{}", service.name)).help(
                "choose another port: `--prometheus-port`, `observe.prometheus_port`; without one a free one is taken",
            ));
        }
        if woven {
            let message = format!("`{}` was woven in already (label `{WOVEN_LABEL}`)", service.name);
            let wrong = stack.error(codes::CANNOT_FRONT, service.span, message);
            found
                .push(wrong.at(format!("services.{}", service.name)).help("weave the file it was made from"));
        }
    }
}

pub(crate) fn put(
    woven: &mut Woven,
    wishes: &Wishes,
    network: &str,
    names: &mut Names,
    variables: &Variables<'_>,
) -> Result<(), Diagnostics> {
    let Telemetry::Woven { port } = wishes.telemetry else {
        if !woven.fronts.is_empty() {
            // For the Prometheus that is there already.
            woven.files.push((file_of("scrape.yml"), prometheus::configuration(woven, None)));
        }
        return Ok(());
    };
    let port = port.unwrap_or_else(|| free_port(&woven.stack)).to_string();
    let [prometheus, cadvisor, node] =
        ["swarmlab-prometheus", "swarmlab-cadvisor", "swarmlab-node-exporter"].map(|name| names.take(name));
    let file = file_of("prometheus.yml");
    let text = prometheus::configuration(woven, Some((&cadvisor, &node)));
    let fill = [
        ("@PROMETHEUS@", prometheus.as_str()),
        ("@CADVISOR@", &cadvisor),
        ("@NODE@", &node),
        ("@NETWORK@", network),
        ("@PORT@", &port),
        ("@FILE@", &file.display().to_string()),
    ];
    let mut part = parts::read(include_str!("parts/telemetry.yml"), &fill, &text, variables)?;
    let scraped = networks_of(&woven.stack);
    for service in part.services.iter_mut().filter(|s| s.name == prometheus) {
        service.networks.extend(scraped.iter().map(|network| Attachment {
            network: network.clone(),
            aliases: Vec::new(),
            span: Span::START,
            path: String::new(),
        }));
    }
    woven.stack.services.append(&mut part.services);
    woven.stack.networks.append(&mut part.networks);
    woven.stack.configs.append(&mut part.configs);
    woven.files.push((file, text));
    Ok(())
}

/// Where services live whose own metrics are scraped.
fn networks_of(stack: &Stack) -> BTreeSet<String> {
    let of = |service: &Service| -> Vec<String> {
        match &service.networks[..] {
            [] => vec!["default".to_owned()],
            given => given.iter().map(|at| at.network.clone()).collect(),
        }
    };
    prometheus::scraped(stack).into_iter().flat_map(|(service, ..)| of(service)).collect()
}

/// Whether a port is taken on every node; one of a node may be free on that of the Prometheus.
fn takes(wanted: u16) -> impl Fn(&Port) -> bool {
    move |port| {
        let same = port.published == Some(wanted) && port.protocol == Protocol::Tcp;
        same && port.mode == PortMode::Ingress
    }
}

fn free_port(stack: &Stack) -> u16 {
    let taken: BTreeSet<u16> =
        stack.services.iter().flat_map(|s| &s.ports).filter_map(|p| p.published).collect();
    std::iter::once(PROMETHEUS_PORT)
        .chain(OTHER_PORTS..=u16::MAX)
        .find(|port| !taken.contains(port))
        .unwrap_or(PROMETHEUS_PORT)
}
