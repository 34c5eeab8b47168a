//! Before which services a proxy is put.

use crate::wishes::parse_port;
use crate::{Fronts, Protocol, Wishes, obstacle, ports};
use std::collections::BTreeSet;
use swarmlab_codes as codes;
use swarmlab_stackfile::{Role, Service, Stack, WOVEN_LABEL};
use swarmlab_yaml::{Diagnostic, Span, nearest};

/// Says whether a proxy is wanted before a service: `true` or `false`.
const FRONT_LABEL: &str = "swarmlab.front";
/// Ports that it listens on, separated by commas.
const PORT_LABEL: &str = "swarmlab.front.port";
/// How a front reads what passes.
const PROTOCOL_LABEL: &str = "swarmlab.front.protocol";

/// A service that gets a proxy.
#[derive(Debug, Clone)]
pub(crate) struct Choice {
    /// Its name in the user's file.
    pub service: String,
    /// Ports it listens on, and what passes there; at least one.
    pub ports: Vec<(u16, Protocol)>,
}

/// Why a service is looked at.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Asked {
    /// By its name or label: what cannot be done is an error.
    For(Option<u16>),
    /// With all others: what cannot be done is told.
    WithOthers,
}

pub(crate) fn choose(stack: &Stack, wishes: &Wishes, found: &mut Vec<Diagnostic>) -> Vec<Choice> {
    unknown(stack, &wishes.fronts, found);
    let looked_at = stack.services.iter().filter_map(|s| Some((s, asked(s, stack, &wishes.fronts, found)?)));
    let looked_at: Vec<_> = looked_at.collect();
    looked_at.into_iter().filter_map(|(s, asked)| choice(s, asked, stack, wishes, found)).collect()
}

/// Names that the stack does not have.
fn unknown(stack: &Stack, fronts: &Fronts, found: &mut Vec<Diagnostic>) {
    let Fronts::Named(wanted) = fronts else { return };
    for wanted in wanted.iter().filter(|w| stack.service(&w.service).is_none()) {
        let names: Vec<&str> = stack.services.iter().map(|s| s.name.as_str()).collect();
        let message = format!("the stack has no service `{}` to put a proxy before", wanted.service);
        let wrong = Diagnostic::error(codes::UNKNOWN_SERVICE, &stack.file, "", Span::START, message);
        let wrong = wrong.expected(format!("one of {}", names.join(", ")));
        found.push(match nearest(&wanted.service, names) {
            Some(near) => wrong.help(format!("did you mean `{near}`?")),
            None => wrong,
        });
    }
}

fn asked(service: &Service, stack: &Stack, fronts: &Fronts, found: &mut Vec<Diagnostic>) -> Option<Asked> {
    if let Fronts::Named(wanted) = fronts
        && let Some(wanted) = wanted.iter().find(|w| w.service == service.name)
    {
        return Some(Asked::For(wanted.port));
    }
    match service.deploy.labels.get(FRONT_LABEL).map(String::as_str) {
        Some("true") => return Some(Asked::For(None)),
        Some("false") => return None,
        Some(other) => {
            found.push(bad_label(
                service,
                stack,
                FRONT_LABEL,
                format!("`{other}` is neither true nor false"),
            ));
            return None;
        }
        None => {}
    }
    let others = *fronts == Fronts::Auto && matches!(service.role, Role::Application | Role::Other);
    (others && !service.deploy.labels.contains_key(WOVEN_LABEL)).then_some(Asked::WithOthers)
}

fn choice(
    service: &Service,
    asked: Asked,
    stack: &Stack,
    wishes: &Wishes,
    found: &mut Vec<Diagnostic>,
) -> Option<Choice> {
    let (given, given_protocol) = match labels(service) {
        Ok(given) => given,
        Err((label, why)) => {
            found.push(bad_label(service, stack, label, why));
            return None;
        }
    };
    let mut listened = ports::said(service);
    listened.extend(given);
    if let Asked::For(Some(port)) = asked {
        listened.insert(port);
    }
    // What is said for all services is not said of the database that is published beside them.
    let said = |port: u16| {
        let is_meant = asked != Asked::WithOthers || ports::usual(port) != Protocol::Tcp;
        given_protocol.or(wishes.protocol.filter(|_| is_meant))
    };
    let ports: Vec<_> =
        listened.into_iter().map(|port| (port, said(port).unwrap_or_else(|| ports::usual(port)))).collect();
    if asked == Asked::WithOthers {
        let speaks_http = match given_protocol {
            Some(protocol) => protocol != Protocol::Tcp,
            None => ports.iter().any(|(port, _)| ports::usual(*port) != Protocol::Tcp),
        };
        if ports.is_empty() || (!speaks_http && service.ports.is_empty()) {
            // Nothing says that anybody asks it anything.
            return None;
        }
        let why = match obstacle::of(service, stack) {
            Some((why, _)) => Some(why),
            None if !speaks_http => {
                let numbers: Vec<String> = ports.iter().map(|(port, _)| port.to_string()).collect();
                Some(format!("is published at {}, which is not HTTP's", numbers.join(", ")))
            }
            None if service.deploy.labels.keys().any(|key| key.starts_with("traefik.")) => Some(
                "is one of Traefik's, which finds its tasks by itself and would go round a front".to_owned(),
            ),
            None => None,
        };
        if let Some(why) = why {
            let message = format!("no proxy stands before `{}`: it {why}", service.name);
            let help = format!(
                "ask for one by name if you want it: `--front {0}`, in an experiment `observe: {{ front: [{0}] }}`",
                service.name
            );
            found.push(warning(stack, service, codes::NOT_FRONTED, message).help(help));
            return None;
        }
    } else if let Some((why, remedy)) = obstacle::of(service, stack) {
        let message = format!("no proxy can be put before `{}`: it {why}", service.name);
        found.push(stack.error(codes::CANNOT_FRONT, service.span, message).at(path(service)).help(remedy));
        return None;
    } else if ports.is_empty() {
        let message = format!("no port is known at which `{}` takes requests", service.name);
        let help =
            format!("name it: `--front {}:PORT`, or the deploy label `{PORT_LABEL}: \"PORT\"`", service.name);
        let wrong = stack.error(codes::FRONT_PORT, service.span, message).at(path(service));
        found.push(wrong.expected("a published port, `expose`, or a health check by HTTP").help(help));
        return None;
    }
    Some(Choice { service: service.name.clone(), ports })
}

/// The ports and the protocol that labels say.
#[allow(clippy::type_complexity)]
fn labels(service: &Service) -> Result<(BTreeSet<u16>, Option<Protocol>), (&'static str, String)> {
    let label = |key: &str| service.deploy.labels.get(key).map(String::as_str);
    let mut ports = BTreeSet::new();
    for text in label(PORT_LABEL).into_iter().flat_map(|text| text.split(',')) {
        ports.insert(parse_port(text.trim()).map_err(|why| (PORT_LABEL, why))?);
    }
    let protocol = match label(PROTOCOL_LABEL) {
        Some(name) => Some(Protocol::named(name).ok_or_else(|| {
            let names: Vec<&str> = Protocol::ALL.iter().map(|(name, _)| *name).collect();
            (PROTOCOL_LABEL, format!("`{name}` is none of {}", names.join(", ")))
        })?),
        None => None,
    };
    Ok((ports, protocol))
}

fn path(service: &Service) -> String {
    format!("services.{}", service.name)
}

fn bad_label(service: &Service, stack: &Stack, label: &str, why: String) -> Diagnostic {
    let message = format!("the deploy label `{label}` of `{}`: {why}", service.name);
    stack.error(codes::BAD_FRONT_LABEL, service.span, message).at(format!("{}.deploy.labels", path(service)))
}

/// A warning at a service.
pub(crate) fn warning(stack: &Stack, service: &Service, code: codes::Code, message: String) -> Diagnostic {
    Diagnostic::warning(code, &stack.file, &stack.text, service.span, message).at(path(service))
}
