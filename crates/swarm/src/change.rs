//! Changes of a running service besides its number of replicas: limits, and a new start of all its tasks.

use crate::connect::Engine;
use crate::converge::{Goal, Patience, converge};
use crate::create::change_service;
use crate::error::SwarmError;
use crate::scale::find;
use crate::status::no_such_stack;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

/// What is changed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum ServiceChange {
    /// What a task may use at most; what is `None` stays as it is.
    Limits {
        /// Billionths of a processor.
        nano_cpus: Option<i64>,
        /// Memory.
        memory_bytes: Option<i64>,
    },
    /// All tasks are replaced by new ones of the same specification.
    Restart,
}

/// Changes a service (short or full name) of a stack and returns once the Swarm has taken the order; false if it was
/// so already. Every other field of the service stays as it is.
///
/// # Errors
/// No such stack or service; changed by others each time; the engine's own.
pub async fn change(
    engine: &Engine,
    stack: &str,
    service: &str,
    change: ServiceChange,
) -> Result<bool, SwarmError> {
    let services = engine.stack_services(stack).await?;
    if services.is_empty() {
        return Err(no_such_stack(engine, stack).await?);
    }
    let service = find(stack, &services, service)?;
    let current = engine.read_service(&service.id).await;
    let current = current.map_err(|error| engine.fail(format!("inspect service {}", service.full), error))?;
    if current.get("Spec").is_some_and(|spec| is_so(spec, change)) {
        return Ok(false);
    }
    change_service(engine, &service.id, &service.full, |spec| apply(spec, change)).await?;
    Ok(true)
}

/// What a change is waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Settle {
    /// The specification was changed just now: an update that is paused or rolled back is a failure of that change.
    Updated,
    /// The number was changed: what an earlier update came to is none of its business.
    Scaled,
}

impl Settle {
    /// What is too many, or of an earlier specification (`order: start-first` lets it run on), must be gone, containers
    /// included: until then the change is not all that is in force.
    fn goal(self, full: String) -> Goal {
        Goal { full, stable_s: 0.0, updated: self == Self::Updated, exact: true }
    }
}

/// Waits until a service's tasks are those of its newest specification, run and are healthy, and no others are left.
///
/// # Errors
/// Not within `wait_s` seconds; the update was paused or rolled back; cancelled.
pub async fn settled(
    engine: &Engine,
    stack: &str,
    service: &str,
    after: Settle,
    wait_s: f64,
    cancel: &CancellationToken,
) -> Result<(), SwarmError> {
    let services = engine.stack_services(stack).await?;
    let goal = after.goal(find(stack, &services, service)?.full.clone());
    converge(engine, stack, &[goal], Patience { wait_s, cancel }, &mut |_, _, _| {}).await.map(drop)
}

const LIMITS: [&str; 2] = ["Resources", "Limits"];

fn is_so(spec: &Value, change: ServiceChange) -> bool {
    let ServiceChange::Limits { nano_cpus, memory_bytes } = change else { return false };
    let limit = |name: &str| spec.pointer(&format!("/TaskTemplate/Resources/Limits/{name}"));
    let same = |name: &str, wanted: Option<i64>| {
        wanted.is_none_or(|wanted| limit(name).and_then(Value::as_i64) == Some(wanted))
    };
    same("NanoCPUs", nano_cpus) && same("MemoryBytes", memory_bytes)
}

fn apply(spec: &mut Value, change: ServiceChange) {
    // An object within an object; the Engine writes `null` for one that was never set.
    fn within<'v>(value: &'v mut Value, key: &str) -> Option<&'v mut Value> {
        let found = value.as_object_mut()?.entry(key).or_insert_with(|| json!({}));
        if !found.is_object() {
            *found = json!({});
        }
        Some(found)
    }
    let Some(template) = within(spec, "TaskTemplate") else { return };
    match change {
        ServiceChange::Restart => {
            let forced = template.get("ForceUpdate").and_then(Value::as_u64).unwrap_or_default();
            template["ForceUpdate"] = json!(forced.wrapping_add(1));
        }
        ServiceChange::Limits { nano_cpus, memory_bytes } => {
            let mut at = template;
            for key in LIMITS {
                let Some(inner) = within(at, key) else { return };
                at = inner;
            }
            for (name, wanted) in [("NanoCPUs", nano_cpus), ("MemoryBytes", memory_bytes)] {
                if let Some(wanted) = wanted {
                    at[name] = json!(wanted);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HALF: ServiceChange = ServiceChange::Limits { nano_cpus: Some(500_000_000), memory_bytes: None };

    #[test]
    fn limits_are_set_and_everything_else_is_kept() {
        let mut spec = json!({"Name": "lab_web", "TaskTemplate": {"ContainerSpec": {"Healthcheck": {"Test": ["x"]}},
            "Resources": {"Limits": {"NanoCPUs": 1, "MemoryBytes": 7, "Pids": 9}, "Reservations": {"MemoryBytes": 3}},
            "FieldOfTomorrow": 1}});
        let mut wanted = spec.clone();
        wanted["TaskTemplate"]["Resources"]["Limits"]["NanoCPUs"] = json!(500_000_000);
        assert!(!is_so(&spec, HALF));
        apply(&mut spec, HALF);
        assert_eq!(spec, wanted);
        assert!(is_so(&spec, HALF));
    }

    #[test]
    fn no_change_is_in_force_before_what_it_replaces_is_gone() {
        let of = |after: Settle| {
            let goal = after.goal("lab_web".into());
            (goal.updated, goal.exact)
        };
        assert_eq!([of(Settle::Updated), of(Settle::Scaled)], [(true, true), (false, true)]);
    }

    #[test]
    fn limits_are_made_where_there_were_none() {
        for none in [json!({}), json!({"Resources": null}), json!({"Resources": {"Limits": null}})] {
            let mut spec = json!({ "TaskTemplate": none });
            apply(&mut spec, HALF);
            assert_eq!(spec["TaskTemplate"]["Resources"]["Limits"], json!({"NanoCPUs": 500_000_000}));
        }
    }

    #[test]
    fn each_restart_is_another_one() {
        let mut spec = json!({"TaskTemplate": {}});
        for forced in 1..=2 {
            assert!(!is_so(&spec, ServiceChange::Restart));
            apply(&mut spec, ServiceChange::Restart);
            assert_eq!(spec["TaskTemplate"]["ForceUpdate"], json!(forced));
        }
    }
}
