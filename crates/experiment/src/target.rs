//! `target: { service: gateway-envoy, port: 8080 }`

use swarmlab_codes as codes;
use swarmlab_yaml::{Diagnostic, Value, nearest};

/// Where load goes: a port of a service, by its number inside the container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TargetRef {
    /// Short name of the service.
    pub service: String,
    /// Port in the container (or, failing that, the published port).
    pub port: u16,
}

impl TargetRef {
    pub(super) fn read(value: &Value<'_>, services: Option<&[String]>) -> Option<Self> {
        let map = value.mapping()?;
        let service = map.required("service", |v| known_service(v, services));
        let port = map.required("port", |v| v.int(1..=65535)).and_then(|p| u16::try_from(p).ok());
        map.finish();
        Some(Self { service: service?, port: port? })
    }
}

/// A service's name that must be in the stack (if the stack itself could be read).
pub(super) fn known_service(value: &Value<'_>, services: Option<&[String]>) -> Option<String> {
    let name = value.string()?;
    let Some(known) = services else { return Some(name) };
    if known.contains(&name) {
        return Some(name);
    }
    let finding = value.error(codes::UNKNOWN_SERVICE, format!("the stack has no service `{name}`"));
    value.cx().push(one_of(finding, &name, known));
    None
}

/// Says of a finding about an unknown name which ones there are, and which of them was probably meant.
pub(super) fn one_of(finding: Diagnostic, name: &str, known: &[String]) -> Diagnostic {
    let finding = finding.expected(format!("one of {}", known.join(", ")));
    match nearest(name, known.iter().map(String::as_str)) {
        Some(near) => finding.help(format!("did you mean `{near}`?")),
        None => finding,
    }
}
