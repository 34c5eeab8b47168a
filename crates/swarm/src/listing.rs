//! What there is of a stack: every list the Engine gives, filtered by the stack's label.

use crate::connect::Engine;
use crate::error::{ObjectKind, ObjectRef, SwarmError};
use crate::labels::{LABEL_NAMESPACE, LABEL_SERVICE_ID, LABEL_SWARMLAB, label_filter, stack_filter};
use crate::model::{ContainerView, Health, ServiceView, TaskView};
use bollard::models::Service;
use bollard::query_parameters::{
    ListConfigsOptions, ListContainersOptions, ListNetworksOptions, ListSecretsOptions, ListServicesOptions,
    ListTasksOptions, ListVolumesOptions,
};
use std::collections::HashMap;
use swarmlab_stackfile::WOVEN_LABEL;

type Filters = HashMap<String, Vec<String>>;

/// An object that carries a stack's label.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Labelled {
    pub object: ObjectRef,
    /// The id to remove it by (a volume's is its name).
    pub id: String,
    pub stack: String,
    /// True if swarmlab's own label is on it, too.
    pub ours: bool,
    /// True if it is a proxy that was woven in.
    pub front: bool,
}

impl Labelled {
    fn new(
        kind: ObjectKind,
        id: Option<String>,
        name: Option<String>,
        labels: Option<&HashMap<String, String>>,
    ) -> Option<Self> {
        let labels = labels?;
        let stack = labels.get(LABEL_NAMESPACE)?.clone();
        let ours = labels.contains_key(LABEL_SWARMLAB);
        let woven = labels.get(WOVEN_LABEL).is_some_and(|what| what == "front");
        let front = woven && kind == ObjectKind::Service;
        Some(Self { object: ObjectRef { kind, name: name? }, id: id?, stack, ours, front })
    }
}

impl Engine {
    /// The services that pass the filter, as the Engine describes them.
    pub(crate) async fn services(&self, filters: Filters) -> Result<Vec<Service>, SwarmError> {
        let options = ListServicesOptions { filters: Some(filters), ..Default::default() };
        self.docker().list_services(Some(options)).await.map_err(|e| self.fail("list services", e))
    }

    pub(crate) async fn stack_services(&self, stack: &str) -> Result<Vec<ServiceView>, SwarmError> {
        Ok(self.services(stack_filter(stack)).await?.iter().filter_map(ServiceView::new).collect())
    }

    /// A stack's tasks. `up_to_date` leaves out those of a service's earlier specifications, as the
    /// docker command line does when it judges convergence.
    pub(crate) async fn stack_tasks(
        &self,
        stack: &str,
        up_to_date: bool,
    ) -> Result<Vec<TaskView>, SwarmError> {
        let mut filters = stack_filter(stack);
        if up_to_date {
            filters.insert("_up-to-date".to_string(), vec!["true".to_string()]);
        }
        let options = ListTasksOptions { filters: Some(filters) };
        let tasks = self.docker().list_tasks(Some(options)).await.map_err(|e| self.fail("list tasks", e))?;
        Ok(tasks.into_iter().filter_map(TaskView::new).collect())
    }

    /// All containers of tasks on this engine, stopped ones included.
    pub(crate) async fn task_containers(&self) -> Result<Vec<ContainerView>, SwarmError> {
        let options = ListContainersOptions {
            all: true,
            filters: Some(label_filter(LABEL_SERVICE_ID)),
            ..Default::default()
        };
        let containers = self.docker().list_containers(Some(options)).await;
        let containers = containers.map_err(|e| self.fail("list containers", e))?;
        Ok(containers.into_iter().filter_map(ContainerView::new).collect())
    }

    /// Health of the task containers on this engine, by container id.
    pub(crate) async fn health(&self) -> Result<HashMap<String, Health>, SwarmError> {
        Ok(health_of(&self.task_containers().await?))
    }

    /// Everything that carries the label `com.docker.stack.namespace`, of one stack or of all:
    /// services, networks, configs, secrets and, last, volumes.
    pub(crate) async fn labelled(&self, stack: Option<&str>) -> Result<Vec<Labelled>, SwarmError> {
        use ObjectKind::{Config, Network, Secret, Service, Volume};
        let filters = Some(stack.map_or_else(|| label_filter(LABEL_NAMESPACE), stack_filter));
        let mut found = Vec::new();
        for service in self.services(filters.clone().unwrap_or_default()).await? {
            let spec = service.spec.unwrap_or_default();
            found.push(Labelled::new(Service, service.id, spec.name, spec.labels.as_ref()));
        }
        let networks =
            self.docker().list_networks(Some(ListNetworksOptions { filters: filters.clone() })).await;
        for network in networks.map_err(|e| self.fail("list networks", e))? {
            found.push(Labelled::new(Network, network.id, network.name, network.labels.as_ref()));
        }
        let configs = self.docker().list_configs(Some(ListConfigsOptions { filters: filters.clone() })).await;
        for config in configs.map_err(|e| self.fail("list configs", e))? {
            let spec = config.spec.unwrap_or_default();
            found.push(Labelled::new(Config, config.id, spec.name, spec.labels.as_ref()));
        }
        let secrets = self.docker().list_secrets(Some(ListSecretsOptions { filters: filters.clone() })).await;
        for secret in secrets.map_err(|e| self.fail("list secrets", e))? {
            let spec = secret.spec.unwrap_or_default();
            found.push(Labelled::new(Secret, secret.id, spec.name, spec.labels.as_ref()));
        }
        let volumes = self.docker().list_volumes(Some(ListVolumesOptions { filters })).await;
        let volumes = volumes.map_err(|e| self.fail("list volumes", e))?;
        for volume in volumes.volumes.unwrap_or_default() {
            let name = Some(volume.name);
            found.push(Labelled::new(Volume, name.clone(), name, Some(&volume.labels)));
        }
        Ok(found.into_iter().flatten().collect())
    }
}

/// Health by container id.
pub(crate) fn health_of(containers: &[ContainerView]) -> HashMap<String, Health> {
    containers.iter().map(|c| (c.id.clone(), c.health)).collect()
}
