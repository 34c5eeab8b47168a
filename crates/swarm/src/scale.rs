//! `scale`: the number of a service's replicas is set, and, if wanted, it is waited until they are there.

use crate::bounds;
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
    /// Lift the lower bound on numbers ([`crate::MAX_REPLICAS`] for each service, and what the Swarm can hold).
    pub force: bool,
    /// Scale also a stack that something else than swarmlab deployed.
    pub adopt: bool,
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
/// With a wait, a service has arrived when all its replicas are there and those that are too many are gone, containers
/// included.
///
/// Errors: no such stack or service; a stack of somebody else's; a service named twice, or without replicas (global, a
/// job); too many; changed by others each time; not there in time.
pub async fn scale(
    engine: &Engine,
    stack: &str,
    wanted: &[(&str, u64)],
    options: &ScaleOptions,
) -> Result<ScaleReport, SwarmError> {
    let started = Instant::now();
    let everybody: Vec<ServiceView> =
        engine.services(Default::default()).await?.iter().filter_map(ServiceView::new).collect();
    let services: Vec<ServiceView> = everybody.iter().filter(|s| s.stack == stack).cloned().collect();
    if services.is_empty() {
        return Err(no_such_stack(engine, stack).await?);
    }
    // One service of ours makes the stack ours, as for `down`.
    if !options.adopt && !services.iter().any(|service| service.ours) {
        return Err(SwarmError::ForeignStack { stack: stack.to_string() });
    }
    let changes = changes(stack, &services, wanted)?;
    let orders: Vec<(String, u64, u64)> =
        changes.iter().map(|(s, from, to)| (short_name(stack, &s.full), *from, *to)).collect();
    let orders: Vec<_> = orders.iter().map(|(name, from, to)| (name.as_str(), *from, *to)).collect();
    let beside = everybody.iter().filter(|s| !changes.iter().any(|(changed, ..)| changed.id == s.id));
    let others = beside.map(|s| s.mode.replicas().unwrap_or(1)).fold(0, u64::saturating_add);
    bounds::check(&orders, others, engine.capacity().await?, options.force)?;
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
                exact: true,
            })
            .collect();
        let patience = Patience { wait_s, cancel: &options.cancel };
        converge(engine, stack, &goals, patience, &mut |_, _, _| {}).await?;
        report.converged_s = Some(started.elapsed().as_secs_f64());
    }
    Ok(report)
}

/// Each service with its number before and after.
fn changes<'a>(
    stack: &str,
    services: &'a [ServiceView],
    wanted: &[(&str, u64)],
) -> Result<Vec<(&'a ServiceView, u64, u64)>, SwarmError> {
    let mut changes: Vec<(&ServiceView, u64, u64)> = Vec::new();
    for (name, replicas) in wanted {
        let service = find(stack, services, name)?;
        if let Some((_, _, first)) = changes.iter().find(|(seen, ..)| seen.id == service.id) {
            let service = short_name(stack, &service.full);
            return Err(SwarmError::ScaledTwice { service, first: *first, second: *replicas });
        }
        changes.push((service, replicas_of(stack, service)?, *replicas));
    }
    Ok(changes)
}

/// Changes the number in a specification, and nothing else.
pub(crate) fn set_replicas(spec: &mut Value, replicas: u64) {
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
    fn a_service_is_scaled_once_whatever_name_it_goes_by() {
        let services = [service(ServiceMode::Replicated(2))];
        for twice in [[("web", 1), ("web", 2)], [("web", 1), ("lab_web", 2)]] {
            let error = changes("lab", &services, &twice).unwrap_err();
            assert_eq!(error.to_string(), "the service \"web\" is to be scaled twice, to 1 and to 2");
        }
        assert_eq!(changes("lab", &services, &[("web", 4)]).unwrap()[0].1, 2);
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
