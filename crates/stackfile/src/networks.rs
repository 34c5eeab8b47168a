//! Networks: the stack's own, and a service's place on them.

use crate::read::{labels, options, texts};
use crate::stack::External;
use std::collections::BTreeMap;
use swarmlab_codes as codes;
use swarmlab_yaml::{Kind, Span, Value};

/// One entry of the top-level `networks`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Network {
    /// Its name in the file.
    pub name: String,
    /// Its name in the Engine, if it is not `<stack>_<name>`.
    pub engine_name: Option<String>,
    /// True if it must exist already.
    pub external: bool,
    /// Driver; `overlay` if absent.
    pub driver: Option<String>,
    /// Options of the driver.
    pub driver_opts: BTreeMap<String, String>,
    /// True if it leads nowhere else.
    pub internal: bool,
    /// True if containers outside the Swarm may join.
    pub attachable: bool,
    /// Labels.
    pub labels: BTreeMap<String, String>,
    /// Addresses, if the file chooses them.
    pub ipam: Option<IpamPlan>,
    /// Where its name stands in the file.
    pub span: Span,
}

/// How a network's addresses are chosen.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct IpamPlan {
    /// Driver; the Engine's own if absent.
    pub driver: Option<String>,
    /// Subnets in CIDR notation.
    pub subnets: Vec<String>,
}

/// A service's place on a network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attachment {
    /// The network's name in the file; `default` is the implicit one.
    pub network: String,
    /// Names under which the service is known there besides its own.
    pub aliases: Vec<String>,
    /// Where it stands in the file.
    pub span: Span,
    /// The way to it in the file.
    pub path: String,
}

/// One entry of the top-level `networks`; null stands for all defaults.
pub(crate) fn read(name: &str, value: &Value<'_>) -> Option<Network> {
    let mut network = Network { name: name.to_owned(), span: value.key_span(), ..Network::default() };
    if value.is_null() {
        return Some(network);
    }
    let map = value.mapping()?;
    let External { external, name: engine_name } = External::read(&map, name);
    network.external = external;
    network.engine_name = engine_name;
    network.driver = map.optional("driver", Value::text);
    network.driver_opts = map.optional("driver_opts", options).unwrap_or_default();
    network.internal = map.or("internal", false, Value::bool);
    network.attachable = map.or("attachable", false, Value::bool);
    network.labels = map.optional("labels", labels).unwrap_or_default();
    network.ipam = map.optional("ipam", ipam);
    map.known_prefix("x-").finish();
    Some(network)
}

fn ipam(value: &Value<'_>) -> Option<IpamPlan> {
    let map = value.mapping()?;
    let driver = map.optional("driver", Value::text);
    let subnets = map.or("config", Vec::new(), |v| {
        v.list(|pool| {
            let map = pool.mapping()?;
            let subnet = map.required("subnet", |v| v.parse("a subnet such as 10.5.0.0/24", subnet));
            map.finish();
            subnet
        })
    });
    map.known_prefix("x-").finish();
    Some(IpamPlan { driver, subnets })
}

fn subnet(text: &str) -> Result<String, String> {
    let (address, bits) = text.split_once('/').unwrap_or((text, "0"));
    let most = match address.parse::<std::net::IpAddr>() {
        Ok(std::net::IpAddr::V4(_)) => 32,
        Ok(std::net::IpAddr::V6(_)) => 128,
        Err(_) => return Err(format!("`{address}` is no IP address")),
    };
    match bits.parse::<u8>() {
        Ok(bits) if bits <= most => Ok(text.to_owned()),
        _ => Err(format!("`{bits}` is no length of a prefix, 0 to {most}")),
    }
}

/// A service's `networks`: a list of names, or a mapping with aliases.
pub(crate) fn read_attachments(value: &Value<'_>) -> Option<Vec<Attachment>> {
    if let Kind::Sequence(_) = value.node().kind {
        return value.list(|item| {
            Some(Attachment {
                network: item.text()?,
                aliases: Vec::new(),
                span: item.span(),
                path: item.path().to_owned(),
            })
        });
    }
    if !matches!(value.node().kind, Kind::Mapping(_)) {
        return value.wrong_type("a list of networks, or a mapping");
    }
    let read = |value: &Value<'_>| {
        let at = (value.key_span(), value.path().to_owned());
        if value.is_null() {
            return Some((Vec::new(), at));
        }
        let map = value.mapping()?;
        let aliases = map.or("aliases", Vec::new(), texts);
        for key in ["ipv4_address", "ipv6_address"] {
            if let Some(v) = map.get_unlisted(key) {
                v.warn(codes::IGNORED_KEY, format!("`{key}` has no effect on a Swarm"));
            }
        }
        map.known_prefix("x-").finish();
        Some((aliases, at))
    };
    let attachments = value.map(read)?.into_iter();
    Some(
        attachments
            .map(|(key, (aliases, (span, path)))| Attachment { network: key.name, aliases, span, path })
            .collect(),
    )
}
