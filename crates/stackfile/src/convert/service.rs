//! A service's specification: how many tasks, how they are replaced, how they are reached.

use super::{IMAGE_LABEL, Names, some, task};
use crate::deploy::{EndpointMode, FailureAction, Mode, UpdateConfig, UpdateOrder};
use crate::ports::{Port, PortMode, Protocol};
use crate::service::Service;
use crate::specs::ServicePlan;
use bollard_stubs::models::{
    EndpointPortConfig, EndpointPortConfigProtocolEnum, EndpointPortConfigPublishModeEnum, EndpointSpec,
    EndpointSpecModeEnum, ServiceSpec, ServiceSpecMode, ServiceSpecModeReplicated,
    ServiceSpecModeReplicatedJob, ServiceSpecRollbackConfig, ServiceSpecRollbackConfigFailureActionEnum,
    ServiceSpecRollbackConfigOrderEnum, ServiceSpecUpdateConfig, ServiceSpecUpdateConfigFailureActionEnum,
    ServiceSpecUpdateConfigOrderEnum,
};
use std::collections::HashMap;
use std::time::Duration;

pub(super) fn plan(service: &Service, names: &Names<'_>) -> ServicePlan {
    let full = names.scoped(&service.name);
    let mut labels = names.labelled(&service.deploy.labels);
    labels.insert(IMAGE_LABEL.to_owned(), service.image.clone());
    let spec = ServiceSpec {
        name: Some(full.clone()),
        labels: Some(labels),
        task_template: Some(task::template(service, names)),
        mode: Some(mode(service.deploy.mode)),
        update_config: service.deploy.update_config.map(update),
        rollback_config: service.deploy.rollback_config.map(rollback),
        networks: None,
        endpoint_spec: Some(EndpointSpec {
            mode: service.deploy.endpoint_mode.map(|mode| match mode {
                EndpointMode::Vip => EndpointSpecModeEnum::VIP,
                EndpointMode::Dnsrr => EndpointSpecModeEnum::DNSRR,
            }),
            ports: some(ports(&service.ports)),
        }),
    };
    let fronts = service.fronts.iter().map(|name| name.value.clone()).collect();
    ServicePlan {
        short: service.name.clone(),
        full,
        spec,
        fronts,
        demand: service.demand,
        role: service.role,
    }
}

fn mode(mode: Mode) -> ServiceSpecMode {
    let empty = ServiceSpecMode::default();
    match mode {
        Mode::Replicated { replicas } => ServiceSpecMode {
            replicated: Some(ServiceSpecModeReplicated { replicas: Some(i64::from(replicas)) }),
            ..empty
        },
        Mode::ReplicatedJob { replicas } => ServiceSpecMode {
            replicated_job: Some(ServiceSpecModeReplicatedJob {
                max_concurrent: Some(i64::from(replicas)),
                total_completions: Some(i64::from(replicas)),
            }),
            ..empty
        },
        Mode::Global => ServiceSpecMode { global: Some(HashMap::new()), ..empty },
        Mode::GlobalJob => ServiceSpecMode { global_job: Some(HashMap::new()), ..empty },
    }
}

/// Sorted as the docker command line does it.
fn ports(of: &[Port]) -> Vec<EndpointPortConfig> {
    let mut ports: Vec<EndpointPortConfig> = of.iter().map(port).collect();
    ports.sort_by_key(|port| port.published_port);
    ports
}

fn port(port: &Port) -> EndpointPortConfig {
    EndpointPortConfig {
        name: None,
        protocol: Some(match port.protocol {
            Protocol::Tcp => EndpointPortConfigProtocolEnum::TCP,
            Protocol::Udp => EndpointPortConfigProtocolEnum::UDP,
            Protocol::Sctp => EndpointPortConfigProtocolEnum::SCTP,
        }),
        target_port: Some(i64::from(port.target)),
        published_port: port.published.map(i64::from),
        publish_mode: Some(match port.mode {
            PortMode::Ingress => EndpointPortConfigPublishModeEnum::INGRESS,
            PortMode::Host => EndpointPortConfigPublishModeEnum::HOST,
        }),
    }
}

/// A duration as the Engine counts it; the reader has checked that it fits.
pub(super) fn nanos(duration: Duration) -> i64 {
    i64::try_from(duration.as_nanos()).unwrap_or(i64::MAX)
}

/// A count as the Engine's types hold it; the reader has checked that it fits.
pub(super) fn count(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

fn update(config: UpdateConfig) -> ServiceSpecUpdateConfig {
    type Action = ServiceSpecUpdateConfigFailureActionEnum;
    ServiceSpecUpdateConfig {
        parallelism: Some(config.parallelism.map_or(1, count)),
        delay: config.delay.map(nanos),
        failure_action: config.failure_action.map(|action| match action {
            FailureAction::Continue => Action::CONTINUE,
            FailureAction::Pause => Action::PAUSE,
            FailureAction::Rollback => Action::ROLLBACK,
        }),
        monitor: config.monitor.map(nanos),
        max_failure_ratio: config.max_failure_ratio,
        order: config.order.map(|order| match order {
            UpdateOrder::StopFirst => ServiceSpecUpdateConfigOrderEnum::STOP_FIRST,
            UpdateOrder::StartFirst => ServiceSpecUpdateConfigOrderEnum::START_FIRST,
        }),
    }
}

fn rollback(config: UpdateConfig) -> ServiceSpecRollbackConfig {
    type Action = ServiceSpecRollbackConfigFailureActionEnum;
    ServiceSpecRollbackConfig {
        parallelism: Some(config.parallelism.map_or(1, count)),
        delay: config.delay.map(nanos),
        failure_action: config.failure_action.map(|action| match action {
            FailureAction::Continue => Action::CONTINUE,
            // The reader refuses `rollback` here: a rollback cannot be rolled back.
            FailureAction::Pause | FailureAction::Rollback => Action::PAUSE,
        }),
        monitor: config.monitor.map(nanos),
        max_failure_ratio: config.max_failure_ratio,
        order: config.order.map(|order| match order {
            UpdateOrder::StopFirst => ServiceSpecRollbackConfigOrderEnum::STOP_FIRST,
            UpdateOrder::StartFirst => ServiceSpecRollbackConfigOrderEnum::START_FIRST,
        }),
    }
}
