//! What `up` takes away again: what it has created where it fails, and what an update leaves behind.

use crate::connect::Engine;
use crate::down::targets;
use crate::error::{Leftover, ObjectKind, ObjectRef, SwarmError};
use crate::listing::Labelled;
use crate::teardown::{DownEvent, Scope, Stopped, Targets, Teardown};
use crate::up::{Progress, UpEvent, UpOptions};
use std::time::{Duration, Instant};
use swarmlab_stackfile::StackSpecs;

/// After a failure: what `up` has created, and only that; the failure, and what could not be removed.
pub(crate) async fn clean_up(
    engine: &Engine,
    specs: &StackSpecs,
    made: &Targets,
    options: &UpOptions,
    cause: SwarmError,
    progress: &mut Progress<'_>,
) -> SwarmError {
    progress(UpEvent::CleaningUp);
    match remove(engine, specs, made, options, progress).await {
        Ok(_) => cause,
        Err(Stopped::Left(left)) => {
            SwarmError::NotCleaned { stack: specs.name.clone(), cause: Box::new(cause), left }
        }
        Err(Stopped::Failed(error)) => {
            let why = error.to_string();
            let left = made.objects().map(|object| Leftover { object, why: why.clone() }).collect();
            SwarmError::NotCleaned { stack: specs.name.clone(), cause: Box::new(cause), left }
        }
    }
}

/// After an update: configs and secrets that no plan names any more (a changed content has a new name),
/// and, if asked for, services.
pub(crate) async fn prune(
    engine: &Engine,
    specs: &StackSpecs,
    present: &[Labelled],
    options: &UpOptions,
    progress: &mut Progress<'_>,
) -> Result<Vec<ObjectRef>, SwarmError> {
    let orphans: Vec<Labelled> = orphans(specs, present, options.prune).cloned().collect();
    match remove(engine, specs, &targets(&orphans), options, progress).await {
        Ok(removed) => Ok(removed),
        Err(Stopped::Failed(error)) => Err(error),
        Err(Stopped::Left(left)) => {
            Err(SwarmError::DownTimeout { stack: specs.name.clone(), waited_s: options.cleanup_s, left })
        }
    }
}

/// What an update removes of what is there.
pub(crate) fn orphans<'a>(
    specs: &'a StackSpecs,
    present: &'a [Labelled],
    prune: bool,
) -> impl Iterator<Item = &'a Labelled> {
    let planned = move |kind: ObjectKind, name: &str| match kind {
        ObjectKind::Service => !prune || specs.services.iter().any(|plan| plan.full == name),
        ObjectKind::Config => specs.configs.iter().any(|plan| plan.full == name),
        ObjectKind::Secret => specs.secrets.iter().any(|plan| plan.full == name),
        // Networks and volumes may serve services that stay; `down` removes them.
        _ => true,
    };
    present
        .iter()
        .filter(move |found| !planned(found.object.kind, &found.object.name))
        // Services that were not pruned may use them still.
        .filter(move |found| prune || !used_by_orphan(specs, present, found))
}

/// True if `found` may be in use by a service that the specifications do not have.
fn used_by_orphan(specs: &StackSpecs, present: &[Labelled], found: &Labelled) -> bool {
    let is_blob = matches!(found.object.kind, ObjectKind::Config | ObjectKind::Secret);
    let known = |name: &str| specs.services.iter().any(|plan| plan.full == name);
    is_blob && present.iter().any(|p| p.object.kind == ObjectKind::Service && !known(&p.object.name))
}

async fn remove(
    engine: &Engine,
    specs: &StackSpecs,
    targets: &Targets,
    options: &UpOptions,
    progress: &mut Progress<'_>,
) -> Result<Vec<ObjectRef>, Stopped> {
    let mut removed = Vec::new();
    let mut note = |event: DownEvent| {
        if let DownEvent::Removed(object) = &event {
            removed.push(object.clone());
        }
        progress(UpEvent::Down(event));
    };
    let mut teardown = Teardown {
        engine,
        stack: &specs.name,
        scope: Scope::TheseServices,
        deadline: Instant::now() + Duration::from_secs_f64(options.cleanup_s),
        cancel: &options.abandon,
        progress: &mut note,
    };
    teardown.run(targets).await?;
    Ok(removed)
}
