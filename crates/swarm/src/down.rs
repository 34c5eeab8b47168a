//! `down`: a stack is removed, and it is waited until nothing of it is left.

use crate::connect::Engine;
use crate::error::{Leftover, ObjectKind, ObjectRef, SwarmError};
use crate::labels::LABEL_NAMESPACE;
use crate::listing::Labelled;
use crate::model::TaskView;
use crate::status::no_such_stack;
use crate::teardown::{DownEvent, Scope, Stopped, Targets, Teardown};
use serde::Serialize;
use std::collections::BTreeSet;
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;

/// How a stack is removed.
#[derive(Debug, Clone)]
pub struct DownOptions {
    /// Leave the stack's volumes, with what they hold, for a later `up`.
    pub keep_volumes: bool,
    /// Leave at least these volumes, by full name: they were there before the stack.
    pub spared: BTreeSet<String>,
    /// Longest wait until everything is gone, in seconds. A process that ignores SIGTERM costs its grace
    /// period, 10 s unless its service says otherwise.
    pub timeout_s: f64,
    /// Remove also a stack that something else than swarmlab deployed.
    pub foreign: bool,
    /// Ends the wait early; what is left is then in the error.
    pub cancel: CancellationToken,
}

impl Default for DownOptions {
    fn default() -> Self {
        Self {
            keep_volumes: false,
            spared: BTreeSet::new(),
            timeout_s: 60.0,
            foreign: false,
            cancel: CancellationToken::new(),
        }
    }
}

/// What would be removed, were it done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DownPlan {
    /// The stack's name.
    pub stack: String,
    /// Every object that would be removed, in the order of removal.
    pub doomed: Vec<ObjectRef>,
    /// Volumes that would stay, because they are to be kept.
    pub kept: Vec<ObjectRef>,
}

/// What was removed.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DownReport {
    /// The stack's name.
    pub stack: String,
    /// Every object that is gone, in the order of removal.
    pub removed: Vec<ObjectRef>,
    /// Volumes that stay, because they were to be kept.
    pub kept: Vec<ObjectRef>,
    /// How long it took until nothing was left, in seconds.
    pub took_s: f64,
    /// True if the Swarm has other nodes: volumes there cannot be seen from here, and stay.
    pub other_nodes: bool,
}

/// Removes a stack: everything that carries its label, and nothing else. Returns when services, their
/// tasks and containers, networks, configs, secrets and (unless kept) volumes are gone.
///
/// Errors: no such stack; a stack of somebody else's; not gone in time, with what is left.
pub async fn down(
    engine: &Engine,
    stack: &str,
    options: &DownOptions,
    progress: &mut (dyn FnMut(DownEvent) + Send),
) -> Result<DownReport, SwarmError> {
    let started = Instant::now();
    let Found { doomed, kept } = find(engine, stack, options).await?;
    let targets = targets(&doomed);
    let mut removed = Vec::new();
    let mut note = |event: DownEvent| {
        if let DownEvent::Removed(object) = &event {
            removed.push(object.clone());
        }
        progress(event);
    };
    let mut teardown = Teardown {
        engine,
        stack,
        scope: Scope::WholeStack,
        deadline: started + Duration::from_secs_f64(options.timeout_s),
        cancel: &options.cancel,
        progress: &mut note,
    };
    let timeout = |left: Vec<Leftover>| SwarmError::DownTimeout {
        stack: stack.to_string(),
        waited_s: started.elapsed().as_secs_f64(),
        left,
    };
    match teardown.run(&targets).await {
        Ok(()) => {}
        Err(Stopped::Failed(error)) => return Err(error),
        Err(Stopped::Left(left)) if options.cancel.is_cancelled() => {
            let cause = SwarmError::Interrupted { doing: format!("removing the stack {stack:?}") };
            return Err(SwarmError::NotCleaned { stack: stack.to_string(), cause: Box::new(cause), left });
        }
        Err(Stopped::Left(left)) => return Err(timeout(left)),
    }
    // The proof: ask again. (Somebody may have deployed the stack anew meanwhile.)
    let again = engine.labelled(Some(stack)).await?;
    let left: Vec<Leftover> = again
        .into_iter()
        .filter(|found| !kept.iter().any(|kept| kept.object == found.object))
        .map(|found| Leftover { object: found.object, why: "appeared during the removal".into() })
        .collect();
    if !left.is_empty() {
        return Err(timeout(left));
    }
    Ok(DownReport {
        stack: stack.to_string(),
        removed,
        kept: kept.into_iter().map(|found| found.object).collect(),
        took_s: started.elapsed().as_secs_f64(),
        other_nodes: !engine.is_only_node(),
    })
}

/// What [`down`] would remove: nothing is changed.
///
/// # Errors
/// As [`down`].
pub async fn plan_down(engine: &Engine, stack: &str, options: &DownOptions) -> Result<DownPlan, SwarmError> {
    let Found { doomed, kept } = find(engine, stack, options).await?;
    Ok(DownPlan {
        stack: stack.to_string(),
        doomed: targets(&doomed).objects().collect(),
        kept: kept.into_iter().map(|found| found.object).collect(),
    })
}

/// The stacks of this Swarm that swarmlab made anything of, by name.
///
/// # Errors
/// The engine's own.
pub async fn own_stacks(engine: &Engine) -> Result<Vec<String>, SwarmError> {
    let found = engine.labelled(None).await?;
    let own = found.into_iter().filter(|found| found.ours).map(|found| found.stack);
    Ok(own.collect::<BTreeSet<_>>().into_iter().collect())
}

struct Found {
    doomed: Vec<Labelled>,
    kept: Vec<Labelled>,
}

async fn find(engine: &Engine, stack: &str, options: &DownOptions) -> Result<Found, SwarmError> {
    let found = engine.labelled(Some(stack)).await?;
    let (volumes, others): (Vec<_>, Vec<_>) =
        found.into_iter().partition(|found| found.object.kind == ObjectKind::Volume);
    let (kept, gone): (Vec<Labelled>, Vec<Labelled>) =
        volumes.into_iter().partition(|volume| stays(volume, options));
    let has_others = !others.is_empty();
    let doomed: Vec<Labelled> = others.into_iter().chain(gone).collect();
    if doomed.is_empty() && !still_stopping(engine, stack).await? {
        return Err(no_such_stack(engine, stack).await?);
    }
    // One object of ours makes the stack ours: `docker stack deploy` over it may have replaced labels.
    // A volume that `down --keep-volumes` left makes nothing ours that somebody else deployed under the name.
    let tells = |found: &&Labelled| !has_others || found.object.kind != ObjectKind::Volume;
    if !doomed.is_empty() && !options.foreign && !doomed.iter().filter(tells).any(|found| found.ours) {
        return Err(SwarmError::ForeignStack { stack: stack.to_string() });
    }
    Ok(Found { doomed, kept })
}

/// Whether a volume is left. One that `docker stack rm` has left behind holds somebody's data, whoever used it since.
fn stays(volume: &Labelled, options: &DownOptions) -> bool {
    options.keep_volumes || options.spared.contains(&volume.object.name) || !(volume.ours || options.foreign)
}

/// Tasks or containers that an earlier, interrupted removal has left behind.
async fn still_stopping(engine: &Engine, stack: &str) -> Result<bool, SwarmError> {
    let (tasks, containers) = tokio::try_join!(engine.stack_tasks(stack, false), engine.task_containers())?;
    Ok(tasks.iter().any(TaskView::has_node) || containers.iter().any(|container| container.stack == stack))
}

/// Objects by kind, ready for removal. What carries no stack's label is never among them.
pub(crate) fn targets(found: &[Labelled]) -> Targets {
    let of = |kind: ObjectKind| -> Vec<(String, String)> {
        let these = found.iter().filter(|found| found.object.kind == kind);
        these.map(|found| (found.id.clone(), found.object.name.clone())).collect()
    };
    debug_assert!(found.iter().all(|found| !found.stack.is_empty()), "every target has a {LABEL_NAMESPACE}");
    Targets {
        services: of(ObjectKind::Service),
        networks: of(ObjectKind::Network),
        configs: of(ObjectKind::Config),
        secrets: of(ObjectKind::Secret),
        volumes: of(ObjectKind::Volume),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn volumes_stay_that_are_to_be_kept_were_there_before_or_are_somebodys() {
        let volume = |name: &str, ours| Labelled {
            object: ObjectRef { kind: ObjectKind::Volume, name: name.into() },
            id: name.into(),
            stack: "lab".into(),
            ours,
            front: false,
        };
        let usual = DownOptions::default();
        let spare = DownOptions { spared: BTreeSet::from(["lab_old".to_owned()]), ..usual.clone() };
        let keep = DownOptions { keep_volumes: true, ..usual.clone() };
        let foreign = DownOptions { foreign: true, ..spare.clone() };
        for (name, ours, options, stay) in [
            ("lab_new", true, &usual, false),
            ("lab_new", true, &spare, false),
            ("lab_old", true, &spare, true),
            ("lab_old", false, &foreign, true),
            ("lab_new", false, &foreign, false),
            ("lab_new", false, &usual, true),
            ("lab_new", true, &keep, true),
        ] {
            assert_eq!(stays(&volume(name, ours), options), stay, "{name} {ours} {options:?}");
        }
    }
}
