//! `scale`: the number of a service's replicas is set, and, if wanted, it is waited until they are there.

use crate::connect::Engine;
use crate::converge::{Goal, Patience, converge};
use crate::create::change_service;
use crate::error::SwarmError;
use crate::labels::short_name;
use crate::model::{ServiceMode, ServiceView};
use crate::status::no_such_stack;
use serde::Serialize;
use serde_json::{Value, json};
use std::time::Instant;
use swarmlab_yaml::nearest;
use tokio_util::sync::CancellationToken;

/// How a service is scaled.
#[derive(Debug, Clone, Default)]
pub struct ScaleOptions {
    /// Longest wait until the replicas are there, in seconds; `None` returns as soon as the Swarm has
    /// taken the order.
    pub wait_s: Option<f64>,
    /// How long the replicas must stay up to count as there, in seconds.
    pub stable_s: f64,
    /// Ends the wait; the order stands.
    pub cancel: CancellationToken,
}

/// What was changed.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ScaleReport {
    /// Each service, in the order asked for.
    pub services: Vec<ServiceScaled>,
    /// How long it took until all replicas were there, in seconds; `None` if it was not waited for.
    pub converged_s: Option<f64>,
}

/// One service's change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ServiceScaled {
    /// The service's short name.
    pub service: String,
    /// Replicas wanted before.
    pub from: u64,
    /// Replicas wanted now.
    pub to: u64,
}

/// Sets the replicas of services (short or full names) of a stack. Every name is checked before anything
/// is changed. A service that has the number already is left as it is.
///
/// Errors: no such stack or service; a service without replicas (global, a job); changed by others each
/// time; not there in time.
pub async fn scale(
    engine: &Engine,
    stack: &str,
    wanted: &[(&str, u64)],
    options: &ScaleOptions,
) -> Result<ScaleReport, SwarmError> {
    let started = Instant::now();
    let services = engine.stack_services(stack).await?;
    if services.is_empty() {
        return Err(no_such_stack(engine, stack).await?);
    }
    let mut changes = Vec::new();
    for (name, replicas) in wanted {
        let service = find(stack, &services, name)?;
        changes.push((service, replicas_of(stack, service)?, *replicas));
    }
    for (service, from, to) in &changes {
        if from == to {
            continue;
        }
        change_service(engine, &service.id, &service.full, |spec| set_replicas(spec, *to)).await?;
    }
    let scaled = changes.iter().map(|(service, from, to)| ServiceScaled {
        service: short_name(stack, &service.full),
        from: *from,
        to: *to,
    });
    let mut report = ScaleReport { services: scaled.collect(), converged_s: None };
    if let Some(wait_s) = options.wait_s {
        let goals: Vec<Goal> = changes
            .iter()
            .map(|(service, ..)| Goal {
                full: service.full.clone(),
                stable_s: options.stable_s,
                updated: false,
            })
            .collect();
        let patience = Patience { wait_s, cancel: &options.cancel };
        converge(engine, stack, &goals, patience, &mut |_, _, _| {}).await?;
        report.converged_s = Some(started.elapsed().as_secs_f64());
    }
    Ok(report)
}

/// Changes the number in a specification, and nothing else.
fn set_replicas(spec: &mut Value, replicas: u64) {
    if let Some(spec) = spec.as_object_mut() {
        spec.insert("Mode".to_string(), json!({"Replicated": {"Replicas": replicas}}));
    }
}

pub(crate) fn find<'a>(
    stack: &str,
    services: &'a [ServiceView],
    name: &str,
) -> Result<&'a ServiceView, SwarmError> {
    let found = services.iter().find(|s| s.full == name || short_name(stack, &s.full) == name);
    found.ok_or_else(|| {
        let mut known: Vec<String> = services.iter().map(|s| short_name(stack, &s.full)).collect();
        known.sort();
        SwarmError::NoSuchService {
            stack: stack.to_string(),
            service: name.to_string(),
            suggestion: nearest(name, known.iter().map(String::as_str)).map(str::to_owned),
            known,
        }
    })
}

fn replicas_of(stack: &str, service: &ServiceView) -> Result<u64, SwarmError> {
    let mode = match service.mode {
        ServiceMode::Replicated(replicas) => return Ok(replicas),
        ServiceMode::Global => "global",
        ServiceMode::Job(_) | ServiceMode::GlobalJob => "a job",
    };
    Err(SwarmError::NotScalable {
        stack: stack.to_string(),
        service: short_name(stack, &service.full),
        mode: mode.to_string(),
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::judge::tests::service;

    #[test]
    fn services_are_found_by_either_name_and_slips_are_answered() {
        let services = [service(ServiceMode::Replicated(2))];
        assert_eq!(find("lab", &services, "web").unwrap().full, "lab_web");
        assert_eq!(find("lab", &services, "lab_web").unwrap().full, "lab_web");
        let error = find("lab", &services, "wep").unwrap_err();
        assert_eq!(
            error.to_string(),
            "the stack \"lab\" has no service \"wep\"; did you mean \"web\"? (services: web)"
        );
    }

    #[test]
    fn scaling_keeps_every_other_field() {
        let mut spec = json!({"Name": "lab_web", "TaskTemplate": {"ContainerSpec": {"Healthcheck": {"Test": ["x"]}},
            "FieldOfTomorrow": 1}, "Mode": {"Replicated": {"Replicas": 1}}});
        let mut wanted = spec.clone();
        wanted["Mode"]["Replicated"]["Replicas"] = json!(4);
        set_replicas(&mut spec, 4);
        assert_eq!(spec, wanted);
    }

    #[test]
    fn only_replicated_services_have_a_number() {
        assert_eq!(replicas_of("lab", &service(ServiceMode::Replicated(2))).unwrap(), 2);
        let error = replicas_of("lab", &service(ServiceMode::Global)).unwrap_err();
        assert_eq!(error.to_string(), "the service \"web\" of stack \"lab\" is global and cannot be scaled");
    }
}
