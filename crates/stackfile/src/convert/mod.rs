//! From the model to what the Engine is asked to create under one stack name.

mod service;
mod task;

use crate::blobs::Blob;
use crate::check::DEFAULT_NETWORK;
use crate::networks::Network;
use crate::specs::{BlobPlan, NetworkPlan, StackSpecs, VolumePlan};
use crate::stack::Stack;
use crate::volumes::Volume;
use bollard_stubs::models::{Ipam, IpamConfig, NetworkCreateRequest};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, HashMap};
use swarmlab_codes as codes;
use swarmlab_yaml::{Diagnostic, Diagnostics, Span};

/// Label of everything that belongs to a stack; its value is the stack's name.
pub const NAMESPACE_LABEL: &str = "com.docker.stack.namespace";
/// Label of a service that keeps the image's name as the file gave it.
pub const IMAGE_LABEL: &str = "com.docker.stack.image";

/// What the Engine is asked to create for `stack` under `name`.
///
/// # Errors
/// A name that the Engine would refuse (E219), for the stack itself or for a thing that is too long with
/// the stack's name before it.
pub fn specs(stack: &Stack, name: &str) -> Result<StackSpecs, Diagnostics> {
    let names = Names::new(stack, name);
    let mut found = names.check_stack_name();
    names.check_lengths(&mut found);
    if !found.is_empty() {
        return Err(Diagnostics::new(found));
    }
    Ok(StackSpecs {
        name: name.to_owned(),
        networks: networks(stack, &names),
        volumes: stack
            .volumes
            .iter()
            .filter(|v| names.uses_volume(&v.name))
            .map(|v| volume(v, &names))
            .collect(),
        configs: stack.configs.iter().map(|b| names.blob(b)).collect(),
        secrets: stack.secrets.iter().map(|b| names.blob(b)).collect(),
        services: stack.services.iter().map(|s| service::plan(s, &names)).collect(),
        warnings: stack.warnings.clone(),
    })
}

/// How things of the file are called in the Engine.
struct Names<'s> {
    stack: &'s Stack,
    name: &'s str,
}

impl<'s> Names<'s> {
    fn new(stack: &'s Stack, name: &'s str) -> Self {
        Names { stack, name }
    }

    fn scoped(&self, short: &str) -> String {
        format!("{}_{short}", self.name)
    }

    fn network(&self, short: &str) -> String {
        let declared = self.stack.networks.iter().find(|n| n.name == short);
        declared.and_then(|n| n.engine_name.clone()).unwrap_or_else(|| self.scoped(short))
    }

    fn volume(&self, volume: &Volume) -> String {
        volume.engine_name.clone().unwrap_or_else(|| self.scoped(&volume.name))
    }

    fn blob_name(&self, blob: &Blob) -> String {
        blob.engine_name
            .clone()
            .unwrap_or_else(|| format!("{}_{}", self.scoped(&blob.name), hash8(&blob.data)))
    }

    fn blob(&self, blob: &Blob) -> BlobPlan {
        let labels = if blob.external { HashMap::new() } else { self.labelled(&blob.labels) };
        BlobPlan {
            short: blob.name.clone(),
            full: self.blob_name(blob),
            external: blob.external,
            data: blob.data.clone(),
            labels,
            template_driver: blob.template_driver.clone(),
            driver: blob.driver.clone().map(|(name, options)| (name, options.into_iter().collect())),
        }
    }

    /// The labels of the file and the stack's own.
    fn labelled(&self, labels: &BTreeMap<String, String>) -> HashMap<String, String> {
        let mut all: HashMap<String, String> = labels.clone().into_iter().collect();
        all.insert(NAMESPACE_LABEL.to_owned(), self.name.to_owned());
        all
    }

    fn uses_network(&self, short: &str) -> bool {
        self.stack.services.iter().any(|s| match &s.networks[..] {
            [] => short == DEFAULT_NETWORK,
            all => all.iter().any(|at| at.network == short),
        })
    }

    fn uses_volume(&self, short: &str) -> bool {
        use crate::mounts::MountKind;
        let mounts = self.stack.services.iter().flat_map(|s| &s.mounts);
        mounts.into_iter().any(|m| matches!(&m.kind, MountKind::Volume { source: Some(s), .. } if s == short))
    }

    /// A stack's name begins every other name, so it keeps to the strictest rule among them.
    fn check_stack_name(&self) -> Vec<Diagnostic> {
        let inner = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
        let edge = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
        if self.name.chars().all(inner)
            && edge(self.name.chars().next())
            && edge(self.name.chars().next_back())
        {
            return Vec::new();
        }
        let message = format!("`{}` cannot be the name of a stack", self.name);
        let expected = "letters, digits, `-` and `_`, a letter or digit first and last";
        vec![
            Diagnostic::error(codes::BAD_NAME, &self.stack.file, "", Span::START, message).expected(expected),
        ]
    }

    /// The Engine takes names of services up to 63 characters, of configs and secrets up to 64.
    fn check_lengths(&self, found: &mut Vec<Diagnostic>) {
        let mut check = |full: String, most: usize, span: Span, path: String| {
            if full.len() > most {
                let message = format!("the name `{full}` has {} characters", full.len());
                let wrong = self.stack.error(codes::BAD_NAME, span, message).at(path);
                found.push(wrong.expected(format!("at most {most}, the stack's name included")));
            }
        };
        for service in &self.stack.services {
            check(self.scoped(&service.name), 63, service.span, format!("services.{}", service.name));
        }
        for config in &self.stack.configs {
            check(self.blob_name(config), 64, config.span, format!("configs.{}", config.name));
        }
        for secret in &self.stack.secrets {
            check(self.blob_name(secret), 64, secret.span, format!("secrets.{}", secret.name));
        }
    }
}

/// The first eight hexadecimal digits of the content's SHA-256.
fn hash8(data: &[u8]) -> String {
    Sha256::digest(data).iter().take(4).map(|byte| format!("{byte:02x}")).collect()
}

fn networks(stack: &Stack, names: &Names<'_>) -> Vec<NetworkPlan> {
    let implicit = Network { name: DEFAULT_NETWORK.to_owned(), ..Network::default() };
    let declared = stack.networks.iter().any(|n| n.name == DEFAULT_NETWORK);
    let all = stack.networks.iter().chain((!declared).then_some(&implicit));
    all.filter(|n| names.uses_network(&n.name)).map(|n| network(n, names)).collect()
}

fn network(network: &Network, names: &Names<'_>) -> NetworkPlan {
    let full = names.network(&network.name);
    let ipam = network.ipam.as_ref().map(|ipam| {
        let pool = |subnet: &String| IpamConfig { subnet: Some(subnet.clone()), ..IpamConfig::default() };
        let config = some(ipam.subnets.iter().map(pool).collect::<Vec<_>>());
        Ipam { driver: ipam.driver.clone(), config, options: None }
    });
    let request = NetworkCreateRequest {
        name: full.clone(),
        driver: Some(network.driver.clone().unwrap_or_else(|| "overlay".to_owned())),
        internal: Some(network.internal),
        attachable: Some(network.attachable),
        ipam,
        options: map(&network.driver_opts),
        labels: Some(names.labelled(&network.labels)),
        ..NetworkCreateRequest::default()
    };
    NetworkPlan { short: network.name.clone(), full, external: network.external, request }
}

fn volume(volume: &Volume, names: &Names<'_>) -> VolumePlan {
    VolumePlan { short: volume.name.clone(), full: names.volume(volume), external: volume.external }
}

/// `None` for an empty list: the Engine treats both alike, and specs stay short.
fn some<T>(list: Vec<T>) -> Option<Vec<T>> {
    if list.is_empty() { None } else { Some(list) }
}

/// `None` for an empty mapping.
fn map(pairs: &BTreeMap<String, String>) -> Option<HashMap<String, String>> {
    if pairs.is_empty() { None } else { Some(pairs.clone().into_iter().collect()) }
}
