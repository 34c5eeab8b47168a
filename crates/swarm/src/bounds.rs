//! How many tasks may be asked for. A slip of the keyboard (a replica count with too many digits) fills an engine within
//! seconds, and takes the whole Swarm with it.

use crate::connect::Engine;
use crate::error::SwarmError;

/// Replicas of one service, unless the caller insists.
pub const MAX_REPLICAS: u64 = 100;
/// Replicas of one service, even if the caller insists; what a stack file may ask for, too.
pub const MAX_REPLICAS_FORCED: u64 = 100_000;
/// Tasks of all services together for each processor of the Swarm, unless the caller insists.
pub const TASKS_PER_CPU: u64 = 100;

/// What a Swarm can hold: the least is what one processor may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Capacity {
    /// Processors of all nodes that are ready.
    pub cpus: u64,
}

impl Capacity {
    fn tasks(self) -> u64 {
        self.cpus.max(1).saturating_mul(TASKS_PER_CPU)
    }
}

/// One service's change of number: its short name, before, after.
pub(crate) type Wanted<'a> = (&'a str, u64, u64);

/// Refuses numbers beyond the bounds. `others` is the number of tasks that services beside the wanted ones have. What
/// lowers a number is never refused.
///
/// # Errors
/// [`SwarmError::TooMany`].
pub(crate) fn check(
    wanted: &[Wanted<'_>],
    others: u64,
    capacity: Capacity,
    force: bool,
) -> Result<(), SwarmError> {
    let most = if force { MAX_REPLICAS_FORCED } else { MAX_REPLICAS };
    for (service, from, to) in wanted {
        if to > from && *to > most {
            let bound = format!("at most {most} replicas of one service");
            return Err(SwarmError::TooMany {
                asked: format!("{to} replicas of {service}"),
                bound,
                forced: force,
            });
        }
    }
    let sum = |pick: fn(&Wanted<'_>) -> u64| wanted.iter().map(pick).fold(others, u64::saturating_add);
    let (before, after) = (sum(|w| w.1), sum(|w| w.2));
    if !force && after > before && after > capacity.tasks() {
        let bound = format!(
            "at most {} tasks of all services on a Swarm of {} processors",
            capacity.tasks(),
            capacity.cpus
        );
        return Err(SwarmError::TooMany { asked: format!("{after} tasks in all"), bound, forced: false });
    }
    Ok(())
}

impl Engine {
    /// The processors of all nodes that can take tasks.
    pub(crate) async fn capacity(&self) -> Result<Capacity, SwarmError> {
        use bollard::models::NodeState;
        let nodes = self.docker().list_nodes(None::<bollard::query_parameters::ListNodesOptions>).await;
        let nodes = nodes.map_err(|error| self.fail("list nodes", error))?;
        let ready = |node: &&bollard::models::Node| {
            node.status.as_ref().is_some_and(|status| status.state == Some(NodeState::READY))
        };
        let nano_cpus = |node: &bollard::models::Node| {
            node.description
                .as_ref()?
                .resources
                .as_ref()?
                .nano_cpus
                .and_then(|nanos| u64::try_from(nanos).ok())
        };
        let nanos: u64 = nodes.iter().filter(ready).filter_map(nano_cpus).sum();
        Ok(Capacity { cpus: nanos / 1_000_000_000 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TWO: Capacity = Capacity { cpus: 2 };

    fn refused(wanted: &[Wanted<'_>], others: u64, force: bool) -> Option<String> {
        check(wanted, others, TWO, force).err().map(|error| error.to_string())
    }

    #[test]
    fn a_slip_of_digits_is_refused_and_force_lifts_the_lower_bound_only() {
        assert_eq!(refused(&[("web", 1, 100)], 10, false), None);
        let slip = refused(&[("web", 1, 99_999_999_999)], 10, false);
        assert_eq!(
            slip.as_deref(),
            Some("99999999999 replicas of web are too many: at most 100 replicas of one service")
        );
        assert_eq!(refused(&[("web", 1, 101)], 10, true), None);
        assert!(refused(&[("web", 1, 99_999_999_999)], 10, true).is_some());
    }

    #[test]
    fn the_sum_is_bound_by_what_the_swarm_has() {
        assert_eq!(refused(&[("web", 1, 90), ("api", 1, 90)], 20, false), None);
        let many = refused(&[("web", 1, 90), ("api", 1, 90)], 21, false);
        assert_eq!(
            many.as_deref(),
            Some(
                "201 tasks in all are too many: at most 200 tasks of all services on a Swarm of 2 processors"
            )
        );
        assert_eq!(refused(&[("web", 1, 90), ("api", 1, 90)], 21, true), None);
        // However full it is: fewer is always better.
        assert_eq!(refused(&[("web", 500, 400)], 900, false), None);
        assert!(refused(&[("web", u64::MAX, u64::MAX), ("api", 0, u64::MAX)], 1, false).is_some());
    }
}
