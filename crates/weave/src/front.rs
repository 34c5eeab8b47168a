//! A front before one service.

use crate::choose::{Choice, warning};
use crate::names::Names;
use crate::parts::{self, file_of};
use crate::{Front, Naming, Protocol, Telemetry, Variables, Wishes, Woven, envoy, ports};
use swarmlab_codes as codes;
use swarmlab_stackfile::{Attachment, CALLED_LABEL, LISTENS_LABEL, Mode, PortMode, Role, Service, Stack};
use swarmlab_yaml::{Diagnostics, Span, Spanned};

/// Envoy's own port, unless the service listens there.
const ADMIN: u16 = 9901;
/// Deploy label of a published proxy: the path of a request that is harmless.
const PROOF_LABEL: &str = "swarmlab.proof";
const FRONTS_LABEL: &str = "swarmlab.fronts";
const ROLE_LABEL: &str = "swarmlab.role";

/// The port at which a front answers for itself.
pub(crate) fn admin_port(ports: &[(u16, Protocol)]) -> u16 {
    (ADMIN..=u16::MAX).find(|port| ports.iter().all(|(taken, _)| taken != port)).unwrap_or(ADMIN)
}

pub(crate) fn put(
    woven: &mut Woven,
    choice: &Choice,
    wishes: &Wishes,
    network: &str,
    names: &mut Names,
    variables: &Variables<'_>,
) -> Result<(), Diagnostics> {
    let Some(at) = woven.stack.services.iter().position(|s| s.name == choice.service) else { return Ok(()) };
    let original = woven.stack.services[at].clone();
    let inner = names.take(&format!("{}-origin", choice.service));
    let proxy = names.take(&format!("{}-front", choice.service));
    let service = match wishes.naming {
        Naming::Kept => choice.service.clone(),
        Naming::Renamed => inner.clone(),
    };
    remarks(woven, &original, &service, &inner, wishes);
    let file = file_of(&format!("{proxy}.yaml"));
    let admin = admin_port(&choice.ports);
    let text = envoy::configuration(&choice.service, &service, &inner, &choice.ports, admin);
    let fill = [
        ("@NAME@", proxy.as_str()),
        ("@ADMIN@", &admin.to_string()),
        ("@FILE@", &file.display().to_string()),
    ];
    let mut part = parts::read(include_str!("parts/front.yml"), &fill, &text, variables)?;
    for mut front in part.services.drain(..) {
        let behind = Spanned { value: service.clone(), span: Span::START, path: String::new() };
        front.deploy.labels.insert(FRONTS_LABEL.to_owned(), service.clone());
        front.fronts = vec![behind];
        let listens: Vec<String> =
            choice.ports.iter().map(|(port, protocol)| format!("{port}/{protocol}")).collect();
        front.deploy.labels.insert(LISTENS_LABEL.to_owned(), listens.join(","));
        stand_before(&mut front, &original, (wishes.telemetry != Telemetry::Elsewhere).then_some(network));
        woven.stack.services.push(front);
    }
    woven.stack.configs.append(&mut part.configs);
    step_back(&mut woven.stack.services[at], &service, &inner, wishes.naming);
    woven.files.push((file, text));
    woven.fronts.push(Front { name: choice.service.clone(), service, proxy, ports: choice.ports.clone() });
    Ok(())
}

/// What of a service its front has from now on: names, published ports, and with those the place.
fn stand_before(front: &mut Service, original: &Service, network: Option<&str>) {
    let name = original.network_name().to_owned();
    let attach = |network: &str, aliases: &[String]| {
        let mut aliases = aliases.to_vec();
        if !aliases.contains(&name) {
            aliases.push(name.clone());
        }
        Attachment { network: network.to_owned(), aliases, span: Span::START, path: String::new() }
    };
    front.networks = match &original.networks[..] {
        [] => vec![attach("default", &[])],
        given => given.iter().map(|at| attach(&at.network, &at.aliases)).collect(),
    };
    front.networks.extend(network.map(|network| Attachment {
        network: network.to_owned(),
        aliases: Vec::new(),
        span: Span::START,
        path: String::new(),
    }));
    front.deploy.labels.insert(CALLED_LABEL.to_owned(), name);
    front.ports = original.ports.clone();
    front.deploy.endpoint_mode = original.deploy.endpoint_mode;
    if on_nodes(original) {
        // A port of a node stays on that node.
        front.deploy.mode = original.deploy.mode;
        front.deploy.placement = original.deploy.placement.clone();
    }
    let proof = original.deploy.labels.get(PROOF_LABEL).cloned();
    let proof = proof.or_else(|| ports::url_of_check(original).map(|(_, path)| path));
    if let Some(proof) = proof.filter(|path| path != "/") {
        front.deploy.labels.insert(PROOF_LABEL.to_owned(), proof);
    }
}

/// Whether it is published on the nodes that run its tasks.
fn on_nodes(service: &Service) -> bool {
    service.ports.iter().any(|port| port.mode == PortMode::Host)
}

/// What the service itself gives away.
fn step_back(service: &mut Service, name: &str, inner: &str, naming: Naming) {
    if service.hostname.as_ref().is_some_and(|hostname| *hostname == service.name) {
        service.hostname = Some(inner.to_owned());
    }
    service.ports.clear();
    service.networks.iter_mut().for_each(|at| at.aliases.clear());
    service.deploy.labels.remove(PROOF_LABEL);
    if service.role == Role::Other {
        service.role = Role::Application;
        service.deploy.labels.insert(ROLE_LABEL.to_owned(), "application".to_owned());
    }
    match naming {
        Naming::Kept => {
            service.alias =
                Some(Spanned { value: inner.to_owned(), span: service.span, path: String::new() });
        }
        Naming::Renamed => service.name = name.to_owned(),
    }
}

/// What is not as one might think.
fn remarks(woven: &mut Woven, original: &Service, service: &str, inner: &str, wishes: &Wishes) {
    let name = &original.name;
    let mut say = |message: String, help: &str| {
        let said = warning(&woven.stack, original, codes::FRONT_REMARK, message).help(help);
        woven.remarks.push(said);
    };
    if original.hostname.as_ref() == Some(name) {
        say(
            format!(
                "the host name of `{name}` becomes `{inner}`: engines from 25 on resolve host names, and callers would go round its front"
            ),
            "remove `hostname` if nothing needs it",
        );
    }
    if original.deploy.mode == Mode::Global && on_nodes(original) {
        say(
            format!(
                "`{name}` is published on each node: a front on each sends requests to all tasks, those of other nodes, too"
            ),
            "leave it out (`swarmlab.front: \"false\"`) if each node must answer for itself",
        );
    }
    if original.deploy.labels.keys().any(|key| key.starts_with("traefik.")) {
        say(
            format!("Traefik finds the tasks of `{name}` by itself: what it carries goes round the front"),
            "Traefik counts what it carries; publish its metrics for the figures",
        );
    }
    if wishes.naming == Naming::Renamed && uses_templates(original, &woven.stack) {
        say(
            format!(
                "`{name}` is called `{service}` in this file, and so `{{{{.Service.Name}}}}` in its templates"
            ),
            "`swarmlab up --observe` keeps the service's name",
        );
    }
}

fn uses_templates(service: &Service, stack: &Stack) -> bool {
    let template = |text: &str| text.contains("{{") && text.contains(".Service.Name");
    let in_config = |name: &str| {
        let config =
            stack.configs.iter().find(|config| config.name == name && config.template_driver.is_some());
        config.is_some_and(|config| template(&String::from_utf8_lossy(&config.data)))
    };
    service.environment.values().flatten().any(|value| template(value))
        || service.hostname.as_deref().is_some_and(template)
        || service.configs.iter().any(|one| in_config(&one.source))
}
