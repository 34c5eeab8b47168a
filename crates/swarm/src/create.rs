//! Creation of a stack's objects, in the order in which they need each other.

use crate::connect::Engine;
use crate::error::{ObjectKind, ObjectRef, SwarmError};
use crate::labels::stamp;
use crate::listing::Labelled;
use crate::teardown::Targets;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use bollard::errors::Error as ApiError;
use bollard::models::{ConfigSpec, Driver, SecretSpec, ServiceSpec, TaskSpec};
use bollard::query_parameters::{ListConfigsOptions, ListSecretsOptions};
use serde_json::Value;
use std::collections::HashMap;
use swarmlab_stackfile::{BlobPlan, NetworkPlan, ServicePlan};

/// How often an update is tried again when somebody else changes the service at the same time.
const UPDATE_TRIES: usize = 20;

/// Creates objects of one stack, and remembers which: whatever fails later, only these may be removed.
pub(crate) struct Creator<'a> {
    pub engine: &'a Engine,
    pub stack: &'a str,
    /// What carries the stack's label already (an update finds most objects here).
    pub present: Vec<Labelled>,
    pub made: Targets,
    pub config_ids: HashMap<String, String>,
    pub secret_ids: HashMap<String, String>,
    /// What the engine remarked on services.
    pub warnings: Vec<String>,
}

/// What became of a planned object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Made {
    Created,
    Updated,
    /// External, or there already and immutable.
    Found,
}

impl Creator<'_> {
    fn present(&self, kind: ObjectKind, name: &str) -> Option<&Labelled> {
        self.present.iter().find(|found| found.object.kind == kind && found.object.name == name)
    }

    fn refuse(&self, kind: ObjectKind, name: &str, error: ApiError) -> SwarmError {
        let object = ObjectRef { kind, name: name.to_string() };
        match error {
            ApiError::DockerResponseServerError { status_code: 409, .. } => SwarmError::NameTaken { object },
            other => self.engine.fail(format!("create {object}"), other),
        }
    }

    pub async fn network(&mut self, plan: &NetworkPlan) -> Result<Made, SwarmError> {
        if plan.external {
            let found = self.engine.docker().inspect_network(&plan.full, None).await;
            return self.external(ObjectKind::Network, &plan.full, found.map(drop));
        }
        if self.present(ObjectKind::Network, &plan.full).is_some() {
            return Ok(Made::Found);
        }
        let mut request = plan.request.clone();
        request.name = plan.full.clone();
        stamp(&mut request.labels, self.stack);
        let made = self.engine.docker().create_network(request).await;
        let made = made.map_err(|error| self.refuse(ObjectKind::Network, &plan.full, error))?;
        self.made.networks.push((made.id, plan.full.clone()));
        Ok(Made::Created)
    }

    pub async fn config(&mut self, plan: &BlobPlan) -> Result<Made, SwarmError> {
        let kind = ObjectKind::Config;
        if let Some(id) = self.present(kind, &plan.full).map(|found| found.id.clone()) {
            self.config_ids.insert(plan.full.clone(), id);
            return Ok(Made::Found);
        }
        if plan.external {
            let options = ListConfigsOptions { filters: Some(name_filter(&plan.full)) };
            let found = self.engine.docker().list_configs(Some(options)).await;
            let found = found.map_err(|error| self.engine.fail("list configs", error))?;
            let named = |spec: &Option<ConfigSpec>| {
                spec.as_ref().is_some_and(|spec| spec.name.as_ref() == Some(&plan.full))
            };
            let id = found.into_iter().find(|config| named(&config.spec)).and_then(|config| config.id);
            self.config_ids.insert(plan.full.clone(), id.ok_or_else(|| missing(kind, &plan.full))?);
            return Ok(Made::Found);
        }
        let mut labels = Some(plan.labels.clone());
        stamp(&mut labels, self.stack);
        let spec = ConfigSpec {
            name: Some(plan.full.clone()),
            labels,
            data: Some(BASE64_STANDARD.encode(&plan.data)),
            templating: templating(plan),
        };
        let made = self.engine.docker().create_config(spec).await;
        let id = made.map_err(|error| self.refuse(kind, &plan.full, error))?.id;
        self.made.configs.push((id.clone(), plan.full.clone()));
        self.config_ids.insert(plan.full.clone(), id);
        Ok(Made::Created)
    }

    pub async fn secret(&mut self, plan: &BlobPlan) -> Result<Made, SwarmError> {
        let kind = ObjectKind::Secret;
        if let Some(id) = self.present(kind, &plan.full).map(|found| found.id.clone()) {
            self.secret_ids.insert(plan.full.clone(), id);
            return Ok(Made::Found);
        }
        if plan.external {
            let options = ListSecretsOptions { filters: Some(name_filter(&plan.full)) };
            let found = self.engine.docker().list_secrets(Some(options)).await;
            let found = found.map_err(|error| self.engine.fail("list secrets", error))?;
            let named = |spec: &Option<SecretSpec>| {
                spec.as_ref().is_some_and(|spec| spec.name.as_ref() == Some(&plan.full))
            };
            let id = found.into_iter().find(|secret| named(&secret.spec)).and_then(|secret| secret.id);
            self.secret_ids.insert(plan.full.clone(), id.ok_or_else(|| missing(kind, &plan.full))?);
            return Ok(Made::Found);
        }
        let mut labels = Some(plan.labels.clone());
        stamp(&mut labels, self.stack);
        let spec = SecretSpec {
            name: Some(plan.full.clone()),
            labels,
            // What a driver fetches must not be given.
            data: plan.driver.is_none().then(|| BASE64_STANDARD.encode(&plan.data)),
            driver: plan.driver.clone().map(|(name, options)| Driver { name, options: Some(options) }),
            templating: templating(plan),
        };
        let made = self.engine.docker().create_secret(spec).await;
        let id = made.map_err(|error| self.refuse(kind, &plan.full, error))?.id;
        self.made.secrets.push((id.clone(), plan.full.clone()));
        self.secret_ids.insert(plan.full.clone(), id);
        Ok(Made::Created)
    }

    /// Creates a service, or updates the one that is there.
    pub async fn service(&mut self, plan: &ServicePlan) -> Result<Made, SwarmError> {
        let spec = self.finished(plan)?;
        if let Some(id) = self.present(ObjectKind::Service, &plan.full).map(|found| found.id.clone()) {
            let planned = serde_json::to_value(&spec).map_err(|error| SwarmError::Engine {
                doing: format!("write down service {}", plan.full),
                status: None,
                message: error.to_string(),
            })?;
            change_service(self.engine, &id, &plan.full, |current| replace_spec(current, &planned)).await?;
            return Ok(Made::Updated);
        }
        // No digest is asked for (that would be a request of its own): the tag is run as it stands.
        let made = self.engine.docker().create_service(spec, None).await;
        let made = made.map_err(|error| self.refuse(ObjectKind::Service, &plan.full, error))?;
        self.made.services.push((made.id.unwrap_or_default(), plan.full.clone()));
        self.warnings.extend(made.warnings.unwrap_or_default());
        Ok(Made::Created)
    }

    /// The plan's specification with labels and the ids of configs and secrets filled in.
    fn finished(&self, plan: &ServicePlan) -> Result<ServiceSpec, SwarmError> {
        let mut spec = labelled_spec(plan, self.stack);
        let container = spec.task_template.as_mut().and_then(|template| template.container_spec.as_mut());
        let Some(container) = container else { return Ok(spec) };
        // An account described by a config: the Engine wants its id.
        let account = container.privileges.as_mut().and_then(|p| p.credential_spec.as_mut());
        if let Some(name) = account.and_then(|account| account.config.as_mut()) {
            let id = self.config_ids.get(name.as_str()).ok_or_else(|| missing(ObjectKind::Config, name))?;
            *name = id.clone();
        }
        for config in container.configs.iter_mut().flatten() {
            let name = config.config_name.as_deref().unwrap_or_default();
            let id = self.config_ids.get(name).ok_or_else(|| missing(ObjectKind::Config, name))?;
            config.config_id = Some(id.clone());
        }
        for secret in container.secrets.iter_mut().flatten() {
            let name = secret.secret_name.as_deref().unwrap_or_default();
            let id = self.secret_ids.get(name).ok_or_else(|| missing(ObjectKind::Secret, name))?;
            secret.secret_id = Some(id.clone());
        }
        Ok(spec)
    }

    fn external(
        &self,
        kind: ObjectKind,
        name: &str,
        found: Result<(), ApiError>,
    ) -> Result<Made, SwarmError> {
        match found {
            Ok(()) => Ok(Made::Found),
            Err(ApiError::DockerResponseServerError { status_code: 404, .. }) => Err(missing(kind, name)),
            Err(error) => Err(self.engine.fail(format!("inspect {kind} {name}"), error)),
        }
    }
}

/// The plan's specification with the stack's labels.
pub(crate) fn labelled_spec(plan: &ServicePlan, stack: &str) -> ServiceSpec {
    let mut spec = plan.spec.clone();
    spec.name = Some(plan.full.clone());
    stamp(&mut spec.labels, stack);
    let template = spec.task_template.get_or_insert_with(TaskSpec::default);
    let Some(container) = &mut template.container_spec else { return spec };
    // Containers carry the labels, too: that is how `down` knows which to wait for.
    stamp(&mut container.labels, stack);
    // So do the volumes that nodes make for them.
    for options in container.mounts.iter_mut().flatten().filter_map(|mount| mount.volume_options.as_mut()) {
        if options.labels.is_some() {
            stamp(&mut options.labels, stack);
        }
    }
    spec
}

/// Changes a service's specification (the Engine's JSON, every field kept), reading it anew when somebody
/// else changed it in between.
pub(crate) async fn change_service(
    engine: &Engine,
    id: &str,
    full: &str,
    change: impl Fn(&mut Value),
) -> Result<(), SwarmError> {
    for _ in 0..UPDATE_TRIES {
        let current = engine.read_service(id).await;
        let mut current = current.map_err(|error| engine.fail(format!("inspect service {full}"), error))?;
        let version = current.pointer("/Version/Index").and_then(Value::as_u64).unwrap_or_default();
        let mut spec = current.get_mut("Spec").map(Value::take).unwrap_or_default();
        change(&mut spec);
        match engine.write_service(id, version, &spec).await {
            Ok(()) => return Ok(()),
            Err(ApiError::DockerResponseServerError { message, .. })
                if message.contains("update out of sequence") => {}
            Err(error) => return Err(engine.fail(format!("update service {full}"), error)),
        }
    }
    Err(SwarmError::Contention { service: full.to_string() })
}

/// Puts `planned` in the place of `current`. An earlier forced update must not be undone: that would
/// restart the tasks once more.
fn replace_spec(current: &mut Value, planned: &Value) {
    let forced = current.pointer("/TaskTemplate/ForceUpdate").cloned();
    *current = planned.clone();
    if let (Some(forced), Some(template)) =
        (forced, current.get_mut("TaskTemplate").and_then(Value::as_object_mut))
    {
        template.entry("ForceUpdate").or_insert(forced);
    }
}

fn templating(plan: &BlobPlan) -> Option<Driver> {
    plan.template_driver.clone().map(|name| Driver { name, options: None })
}

fn missing(kind: ObjectKind, name: &str) -> SwarmError {
    SwarmError::ExternalMissing { object: ObjectRef { kind, name: name.to_string() } }
}

fn name_filter(name: &str) -> HashMap<String, Vec<String>> {
    HashMap::from([("name".to_string(), vec![name.to_string()])])
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_forced_update_is_kept_and_the_rest_replaced() {
        let mut current =
            json!({"Name": "lab_web", "TaskTemplate": {"ForceUpdate": 3, "Runtime": "container"}});
        replace_spec(&mut current, &json!({"Name": "lab_web", "TaskTemplate": {"Runtime": "x"}}));
        assert_eq!(current, json!({"Name": "lab_web", "TaskTemplate": {"Runtime": "x", "ForceUpdate": 3}}));
    }
}
