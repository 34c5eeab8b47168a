//! Which metrics the run will have: a controller that needs another would hold from its beginning to its end.

use swarmlab_control::metrics as names;
use swarmlab_stackfile::{Role, Service, Stack};

use crate::{Load, ModelKind, TargetRef, TestbedChoice};

/// What decides it.
pub(crate) struct Have<'a> {
    /// None where the stack file could not be read.
    pub stack: Option<&'a Stack>,
    /// None where it could not be read.
    pub target: Option<&'a TargetRef>,
    /// None where it could not be read.
    pub load: Option<&'a Load>,
    pub testbed: TestbedChoice,
}

impl Have<'_> {
    /// Why a run does not have a metric of a service; nothing where it has, or may have.
    pub fn lacks(&self, service: &str, metric: &str) -> Option<String> {
        let stack = self.stack?;
        let of_stack = stack.service(service)?;
        let is_target = self.target?.service == service;
        match metric {
            names::MEMORY | names::MEMORY_UTILIZATION if self.testbed == TestbedChoice::Simulated => {
                Some("memory is not simulated".to_owned())
            }
            // Every replica of a model has a limit.
            names::CPU_UTILIZATION if self.testbed == TestbedChoice::Simulated => None,
            names::USERS => self.no_users(),
            names::CPU_UTILIZATION => self.no_limit(of_stack, "CPU", |l| l.nano_cpus.is_some()),
            names::MEMORY_UTILIZATION => self.no_limit(of_stack, "memory", |l| l.memory_bytes.is_some()),
            names::CPU | names::MEMORY => self.nobody_samples(stack),
            names::RESPONSE_TIME if !is_target => {
                Some("it is known of the load's target alone, by its clients".to_owned())
            }
            _ if is_target => None,
            names::P50 | names::P95 | names::P99 => self.not_counted(stack, of_stack, true),
            names::ERROR_RATE => self.not_counted(stack, of_stack, false),
            names::IN_FLIGHT if self.testbed == TestbedChoice::Embedded => {
                Some("the embedded testbed's proxies do not tell how many requests are under way".to_owned())
            }
            names::IN_FLIGHT if self.testbed == TestbedChoice::Simulated => {
                Some("simulated proxies do not tell how many requests are under way".to_owned())
            }
            names::IN_FLIGHT if of_stack.role != Role::Proxy => self.not_counted(stack, of_stack, false),
            _ => None,
        }
    }

    fn no_users(&self) -> Option<String> {
        let open = matches!(self.load?.model, ModelKind::Open { .. });
        open.then(|| "the load's model is `open`, and only `closed` has users".to_owned())
    }

    fn no_limit(
        &self,
        service: &Service,
        what: &str,
        is_set: fn(&swarmlab_stackfile::Limits) -> bool,
    ) -> Option<String> {
        if self.testbed == TestbedChoice::Embedded {
            return Some(format!("the embedded testbed's plain processes have no {what} limit"));
        }
        let set = service.deploy.limits.as_ref().is_some_and(is_set);
        (!set).then(|| format!("the stack sets no {what} limit (`deploy.resources.limits`) for it"))
    }

    fn nobody_samples(&self, stack: &Stack) -> Option<String> {
        let watched = stack.services.iter().any(|s| s.role == Role::Telemetry);
        let alone = self.testbed == TestbedChoice::Swarm && !watched;
        alone.then(|| "the stack has no service of the role `telemetry` that samples it".to_owned())
    }

    /// Of a service behind proxies it is what these counted. One before several services counts them together.
    fn not_counted(&self, stack: &Stack, service: &Service, is_quantile: bool) -> Option<String> {
        let before: Vec<&Service> = stack
            .services
            .iter()
            .filter(|s| s.fronts.iter().any(|front| front.value == service.name))
            .collect();
        let shared = before.iter().find(|s| s.fronts.len() > 1);
        match (before.as_slice(), shared) {
            ([], _) => {
                Some("no proxy stands before it (`swarmlab.fronts`), and it is not the target".to_owned())
            }
            (_, Some(shared)) => {
                Some(format!("{} stands before several services and counts them together", shared.name))
            }
            ([_, _, ..], None) if is_quantile => {
                Some("several proxies stand before it, and quantiles cannot be added up".to_owned())
            }
            _ => None,
        }
    }
}
