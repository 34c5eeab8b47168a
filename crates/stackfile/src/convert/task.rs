//! What each task of a service is: its container, its resources, its place, its networks.

use super::service::{count, nanos};
use super::{Names, map, some};
use crate::blobs::Blob;
use crate::check::DEFAULT_NETWORK;
use crate::deploy::{Deploy, RestartCondition};
use crate::healthcheck::Healthcheck;
use crate::mounts::{Mount, MountKind, Propagation};
use crate::service::{CredentialSpec, Isolation, Service};
use bollard_stubs::models::{
    GenericResourcesInner, GenericResourcesInnerDiscreteResourceSpec, HealthConfig, Limit,
    Mount as EngineMount, MountBindOptions, MountBindOptionsPropagationEnum, MountTmpfsOptions, MountType,
    MountVolumeOptions, MountVolumeOptionsDriverConfig, NetworkAttachmentConfig, ResourceObject,
    ResourcesUlimits, TaskSpec, TaskSpecContainerSpec, TaskSpecContainerSpecConfigs,
    TaskSpecContainerSpecDnsConfig, TaskSpecContainerSpecFile, TaskSpecContainerSpecFile1,
    TaskSpecContainerSpecIsolationEnum, TaskSpecContainerSpecPrivileges,
    TaskSpecContainerSpecPrivilegesCredentialSpec, TaskSpecContainerSpecSecrets, TaskSpecLogDriver,
    TaskSpecPlacement, TaskSpecPlacementPreferences, TaskSpecPlacementSpread, TaskSpecResources,
    TaskSpecRestartPolicy, TaskSpecRestartPolicyConditionEnum,
};
use std::collections::{BTreeSet, HashMap};

pub(super) fn template(service: &Service, names: &Names<'_>) -> TaskSpec {
    TaskSpec {
        container_spec: Some(container(service, names)),
        resources: resources(&service.deploy),
        restart_policy: restart_policy(&service.deploy),
        placement: Some(placement(&service.deploy)),
        networks: Some(networks(service, names)),
        log_driver: service.logging.as_ref().map(|logging| TaskSpecLogDriver {
            name: logging.driver.clone(),
            options: map(&logging.options),
        }),
        ..TaskSpec::default()
    }
}

fn container(service: &Service, names: &Names<'_>) -> TaskSpecContainerSpec {
    let (capability_add, capability_drop) = capabilities(&service.cap_add, &service.cap_drop);
    let dns =
        (!service.dns.is_empty() || !service.dns_search.is_empty()).then(|| TaskSpecContainerSpecDnsConfig {
            nameservers: some(service.dns.clone()),
            search: some(service.dns_search.clone()),
            options: None,
        });
    let variable = |(name, value): (&String, &Option<String>)| match value {
        Some(value) => format!("{name}={value}"),
        None => name.clone(),
    };
    let ulimit = |u: &crate::service::Ulimit| ResourcesUlimits {
        name: Some(u.name.clone()),
        soft: Some(u.soft),
        hard: Some(u.hard),
    };
    TaskSpecContainerSpec {
        image: Some(service.image.clone()),
        labels: Some(names.labelled(&service.labels)),
        command: service.entrypoint.clone(),
        args: service.command.clone(),
        hostname: service.hostname.clone(),
        env: some(service.environment.iter().map(variable).collect()),
        dir: service.working_dir.clone(),
        user: service.user.clone(),
        tty: service.tty.then_some(true),
        open_stdin: service.stdin_open.then_some(true),
        read_only: service.read_only.then_some(true),
        mounts: some(service.mounts.iter().map(|m| mount(m, names)).collect()),
        stop_signal: service.stop_signal.clone(),
        stop_grace_period: service.stop_grace_period.map(nanos),
        health_check: service.healthcheck.as_ref().map(health),
        // The Engine writes hosts as a hosts file does: address first.
        hosts: some(service.extra_hosts.iter().map(|(name, address)| format!("{address} {name}")).collect()),
        dns_config: dns,
        secrets: some(secrets(service, names)),
        configs: some(configs(service, names)),
        privileges: service.credential_spec.as_ref().map(|spec| privileges(spec, names)),
        isolation: service.isolation.map(|isolation| match isolation {
            Isolation::Default => TaskSpecContainerSpecIsolationEnum::DEFAULT,
            Isolation::Process => TaskSpecContainerSpecIsolationEnum::PROCESS,
            Isolation::Hyperv => TaskSpecContainerSpecIsolationEnum::HYPERV,
        }),
        oom_score_adj: service.oom_score_adj,
        init: service.init,
        sysctls: map(&service.sysctls),
        capability_add: some(capability_add),
        capability_drop: some(capability_drop),
        ulimits: some(sorted_by(service.ulimits.iter().map(ulimit).collect(), |u| u.name.clone())),
        ..TaskSpecContainerSpec::default()
    }
}

/// Upper case, `CAP_` before each name, sorted; `ALL` swallows the rest, and what is added is not dropped.
fn capabilities(add: &[String], drop: &[String]) -> (Vec<String>, Vec<String>) {
    let normal = |names: &[String]| -> BTreeSet<String> {
        let names = names.iter().map(|name| name.trim().to_ascii_uppercase());
        let names = names.map(|n| if n == "ALL" || n.starts_with("CAP_") { n } else { format!("CAP_{n}") });
        let names: BTreeSet<String> = names.collect();
        if names.contains("ALL") { BTreeSet::from(["ALL".to_owned()]) } else { names }
    };
    let add = normal(add);
    let drop = normal(drop).into_iter().filter(|name| !add.contains(name)).collect();
    (add.into_iter().collect(), drop)
}

fn health(check: &Healthcheck) -> HealthConfig {
    HealthConfig {
        test: check.probe.as_ref().map(crate::healthcheck::Probe::engine_form),
        interval: check.interval.map(nanos),
        timeout: check.timeout.map(nanos),
        retries: check.retries.map(i64::from),
        start_period: check.start_period.map(nanos),
        start_interval: check.start_interval.map(nanos),
    }
}

fn mount(mount: &Mount, names: &Names<'_>) -> EngineMount {
    let common = EngineMount {
        target: Some(mount.target.clone()),
        read_only: mount.read_only.then_some(true),
        ..EngineMount::default()
    };
    match &mount.kind {
        MountKind::Bind { source, propagation } => EngineMount {
            typ: Some(MountType::BIND),
            source: Some(source.display().to_string()),
            bind_options: propagation.map(|kind| MountBindOptions {
                propagation: kind.map(engine_propagation),
                ..Default::default()
            }),
            ..common
        },
        MountKind::Tmpfs { size_bytes } => EngineMount {
            typ: Some(MountType::TMPFS),
            tmpfs_options: size_bytes
                .map(|size| MountTmpfsOptions { size_bytes: Some(size), ..Default::default() }),
            ..common
        },
        MountKind::Npipe { source } => {
            EngineMount { typ: Some(MountType::NPIPE), source: Some(source.clone()), ..common }
        }
        MountKind::Volume { source, no_copy } => {
            let declared = source.as_ref().and_then(|s| names.stack.volumes.iter().find(|v| v.name == *s));
            let created = declared.filter(|v| !v.external);
            let driver = created.filter(|v| v.driver.is_some() || !v.driver_opts.is_empty());
            EngineMount {
                typ: Some(MountType::VOLUME),
                source: declared.map(|v| names.volume(v)),
                volume_options: declared.map(|_| MountVolumeOptions {
                    no_copy: no_copy.then_some(true),
                    labels: created.map(|v| names.labelled(&v.labels)),
                    driver_config: driver.map(|v| MountVolumeOptionsDriverConfig {
                        name: v.driver.clone(),
                        options: map(&v.driver_opts),
                    }),
                    subpath: None,
                }),
                ..common
            }
        }
    }
}

fn engine_propagation(propagation: Propagation) -> MountBindOptionsPropagationEnum {
    match propagation {
        Propagation::Private => MountBindOptionsPropagationEnum::PRIVATE,
        Propagation::Rprivate => MountBindOptionsPropagationEnum::RPRIVATE,
        Propagation::Shared => MountBindOptionsPropagationEnum::SHARED,
        Propagation::Rshared => MountBindOptionsPropagationEnum::RSHARED,
        Propagation::Slave => MountBindOptionsPropagationEnum::SLAVE,
        Propagation::Rslave => MountBindOptionsPropagationEnum::RSLAVE,
    }
}

fn full_name(short: &str, among: &[Blob], names: &Names<'_>) -> Option<String> {
    among.iter().find(|b| b.name == short).map(|b| names.blob_name(b))
}

/// The configs of a service by their Engine names, sorted so that the order of the file changes nothing; the one that
/// describes an account is not mounted.
fn configs(service: &Service, names: &Names<'_>) -> Vec<TaskSpecContainerSpecConfigs> {
    let mounted = service.configs.iter().map(|one| TaskSpecContainerSpecConfigs {
        file: Some(TaskSpecContainerSpecFile1 {
            name: Some(one.target.clone()),
            uid: Some(one.uid.clone()),
            gid: Some(one.gid.clone()),
            mode: Some(one.mode),
        }),
        config_name: full_name(&one.source, &names.stack.configs, names),
        ..TaskSpecContainerSpecConfigs::default()
    });
    let account = match &service.credential_spec {
        Some(CredentialSpec::Config(config)) => Some(TaskSpecContainerSpecConfigs {
            runtime: Some(HashMap::new()),
            config_name: full_name(&config.value, &names.stack.configs, names),
            ..TaskSpecContainerSpecConfigs::default()
        }),
        _ => None,
    };
    sorted_by(mounted.chain(account).collect(), |config| config.config_name.clone())
}

fn secrets(service: &Service, names: &Names<'_>) -> Vec<TaskSpecContainerSpecSecrets> {
    let mounted = service.secrets.iter().map(|one| TaskSpecContainerSpecSecrets {
        file: Some(TaskSpecContainerSpecFile {
            name: Some(one.target.clone()),
            uid: Some(one.uid.clone()),
            gid: Some(one.gid.clone()),
            mode: Some(one.mode),
        }),
        secret_name: full_name(&one.source, &names.stack.secrets, names),
        ..TaskSpecContainerSpecSecrets::default()
    });
    sorted_by(mounted.collect(), |secret| secret.secret_name.clone())
}

/// A config is named in full here; whoever creates it puts its id in the place of the name.
fn privileges(spec: &CredentialSpec, names: &Names<'_>) -> TaskSpecContainerSpecPrivileges {
    let none = TaskSpecContainerSpecPrivilegesCredentialSpec::default();
    let credential_spec = match spec {
        CredentialSpec::Config(config) => TaskSpecContainerSpecPrivilegesCredentialSpec {
            config: full_name(&config.value, &names.stack.configs, names),
            ..none
        },
        CredentialSpec::File(file) => {
            TaskSpecContainerSpecPrivilegesCredentialSpec { file: Some(file.clone()), ..none }
        }
        CredentialSpec::Registry(key) => {
            TaskSpecContainerSpecPrivilegesCredentialSpec { registry: Some(key.clone()), ..none }
        }
    };
    TaskSpecContainerSpecPrivileges { credential_spec: Some(credential_spec), ..Default::default() }
}

fn sorted_by<T, K: Ord>(mut list: Vec<T>, key: impl FnMut(&T) -> K) -> Vec<T> {
    list.sort_by_key(key);
    list
}

fn resources(deploy: &Deploy) -> Option<TaskSpecResources> {
    if deploy.limits.is_none() && deploy.reservations.is_none() {
        return None;
    }
    Some(TaskSpecResources {
        limits: deploy.limits.map(|l| Limit {
            nano_cpus: l.nano_cpus,
            memory_bytes: l.memory_bytes,
            pids: l.pids,
        }),
        reservations: deploy.reservations.as_ref().map(|r| ResourceObject {
            nano_cpus: r.nano_cpus,
            memory_bytes: r.memory_bytes,
            generic_resources: some(r.generic.iter().map(generic).collect()),
        }),
        ..TaskSpecResources::default()
    })
}

fn generic((kind, value): &(String, i64)) -> GenericResourcesInner {
    let discrete =
        GenericResourcesInnerDiscreteResourceSpec { kind: Some(kind.clone()), value: Some(*value) };
    GenericResourcesInner { named_resource_spec: None, discrete_resource_spec: Some(discrete) }
}

fn restart_policy(deploy: &Deploy) -> Option<TaskSpecRestartPolicy> {
    deploy.restart_policy.map(|policy| TaskSpecRestartPolicy {
        condition: policy.condition.map(|condition| match condition {
            RestartCondition::None => TaskSpecRestartPolicyConditionEnum::NONE,
            RestartCondition::OnFailure => TaskSpecRestartPolicyConditionEnum::ON_FAILURE,
            RestartCondition::Any => TaskSpecRestartPolicyConditionEnum::ANY,
        }),
        delay: policy.delay.map(nanos),
        max_attempts: policy.max_attempts.map(count),
        window: policy.window.map(nanos),
    })
}

fn placement(deploy: &Deploy) -> TaskSpecPlacement {
    let preference = |label: &String| TaskSpecPlacementPreferences {
        spread: Some(TaskSpecPlacementSpread { spread_descriptor: Some(label.clone()) }),
    };
    TaskSpecPlacement {
        constraints: some(deploy.placement.constraints.clone()),
        preferences: some(deploy.placement.spread.iter().map(preference).collect()),
        max_replicas: deploy.placement.max_replicas_per_node.map(count),
        platforms: None,
    }
}

/// The service's networks by their Engine names, sorted so that the order of the file changes nothing.
/// The Engine's own networks (`host`, `none`, `bridge`) know no aliases.
fn networks(service: &Service, names: &Names<'_>) -> Vec<NetworkAttachmentConfig> {
    let attach = |short: &str, aliases: &[String]| {
        let target = names.network(short);
        let user_defined = !matches!(target.as_str(), "host" | "none" | "bridge" | "default");
        let mut aliases = aliases.to_vec();
        let own = service.network_name().to_owned();
        if user_defined && !aliases.contains(&own) {
            aliases.push(own);
        }
        NetworkAttachmentConfig { target: Some(target), aliases: some(aliases), driver_opts: None }
    };
    let mut all: Vec<_> = match &service.networks[..] {
        [] => vec![attach(DEFAULT_NETWORK, &[])],
        given => given.iter().map(|at| attach(&at.network, &at.aliases)).collect(),
    };
    all.sort_by(|a, b| a.target.cmp(&b.target));
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn capabilities_are_normalised_as_docker_does() {
        let list = |names: &[&str]| names.iter().map(|n| (*n).to_owned()).collect::<Vec<_>>();
        let (add, drop) = capabilities(&list(&["net_admin", "CAP_SYS_PTRACE"]), &list(&["all"]));
        assert_eq!((add, drop), (list(&["CAP_NET_ADMIN", "CAP_SYS_PTRACE"]), list(&["ALL"])));
        let (add, drop) = capabilities(&list(&["ALL", "CHOWN"]), &list(&["ALL", "KILL"]));
        assert_eq!((add, drop), (list(&["ALL"]), vec![]));
        let (add, drop) = capabilities(&list(&["CHOWN"]), &list(&["chown", "kill"]));
        assert_eq!((add, drop), (list(&["CAP_CHOWN"]), list(&["CAP_KILL"])));
    }
}
