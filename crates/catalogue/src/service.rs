//! From a label's value to a service of the stack.

use std::collections::BTreeMap;

use crate::identify::Context;
use crate::row::Form;

/// The service that a value names: as the file maps it, or spelt in a form. `None` if it is none of the stack's.
pub(crate) fn named(
    value: &str,
    form: Form,
    names: &BTreeMap<String, String>,
    context: &Context<'_>,
) -> Option<String> {
    if let Some(service) = names.get(value) {
        return context.knows(service).then(|| service.clone());
    }
    match form {
        Form::StackService => {
            let short = value.strip_prefix(context.stack)?.strip_prefix('_')?;
            (!short.is_empty() && context.knows(short)).then(|| short.to_owned())
        }
        Form::Service => spelt(value, context),
    }
}

/// The service that a value names, in any of the ways in which configurations spell one; `None` if it is none of the
/// stack's.
pub fn of_value(value: &str, context: &Context<'_>) -> Option<String> {
    named(value, Form::Service, &BTreeMap::new(), context)
}

/// The service behind a proxy that a value names, or the value itself: a name that is not understood is kept, so that
/// nothing is counted for a service that it does not speak of.
pub(crate) fn behind(value: &str, names: &BTreeMap<String, String>, context: &Context<'_>) -> String {
    named(value, Form::Service, names, context).unwrap_or_else(|| value.to_owned())
}

/// Tries the ways in which configurations spell a service, the plainest first.
fn spelt(value: &str, context: &Context<'_>) -> Option<String> {
    if context.is_open() || context.knows(value) {
        return Some(value.to_owned());
    }
    // Traefik: NAME@PROVIDER. Addresses: NAME:PORT.
    let bare = value.split_once('@').map_or(value, |(name, _)| name);
    let bare = match bare.rsplit_once(':') {
        Some((name, port)) if !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit()) => name,
        _ => bare,
    };
    let bare = bare.strip_prefix("tasks.").unwrap_or(bare);
    let of_stack = || bare.strip_prefix(context.stack)?.strip_prefix(['_', '-']);
    [Some(bare), of_stack()].into_iter().flatten().find(|name| context.knows(name)).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use swarmlab_record::topology::{Role, Service, Topology};

    use super::*;

    fn topology(names: &[&str]) -> Topology {
        let service = |name: &&str| Service {
            name: (*name).into(),
            role: Role::Application,
            replicas: 1,
            image: "x".into(),
        };
        Topology { services: names.iter().map(service).collect(), ..Topology::default() }
    }

    #[test]
    fn a_service_is_found_however_it_is_spelt() {
        let topology = topology(&["web", "ms-exercise"]);
        let context = Context { stack: "s", topology: &topology };
        for value in [
            "ms-exercise",
            "s_ms-exercise",
            "tasks.ms-exercise",
            "tasks.s_ms-exercise:80",
            "s-ms-exercise@swarm",
        ] {
            let named = named(value, Form::Service, &BTreeMap::new(), &context);
            assert_eq!(named.as_deref(), Some("ms-exercise"), "{value}");
        }
        for value in ["ms-other", "other_ms-exercise", "exercise", "", "@", ":", "tasks."] {
            assert_eq!(named(value, Form::Service, &BTreeMap::new(), &context), None, "{value}");
        }
        assert_eq!(behind("xds_cluster", &BTreeMap::new(), &context), "xds_cluster");
    }

    #[test]
    fn a_mapping_goes_before_every_form() {
        let topology = topology(&["web", "ms-exercise"]);
        let context = Context { stack: "s", topology: &topology };
        let names = BTreeMap::from([("web".to_owned(), "ms-exercise".to_owned())]);
        assert_eq!(behind("web", &names, &context), "ms-exercise");
    }
}
