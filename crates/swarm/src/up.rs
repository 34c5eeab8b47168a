//! `up`: a stack's specifications made real, or nothing of them left.

use crate::bounds;
use crate::connect::Engine;
use crate::converge::{Goal, Patience, converge};
use crate::create::{Creator, Made};
use crate::error::{ObjectKind, ObjectRef, SwarmError};
use crate::images::{ImageSource, ensure_images};
use crate::judge::Tally;
use crate::labels::{LABEL_NAMESPACE, LABEL_SWARMLAB};
use crate::listing::Labelled;
use crate::model::ServiceView;
use crate::ports::check_ports;
use crate::prune::{clean_up, prune};
use crate::teardown::{DownEvent, Targets};
use bollard::errors::Error as ApiError;
use serde::Serialize;
use std::collections::BTreeMap;
use std::time::Instant;
use swarmlab_stackfile::{ServicePlan, StackSpecs};
use tokio_util::sync::CancellationToken;

/// So long the docker command line watches a service whose replicas are all there.
pub const STABLE_S: f64 = 5.0;

/// How a stack is brought up.
#[derive(Debug, Clone)]
pub struct UpOptions {
    /// Longest wait until every service is up, in seconds, counted from when all are created.
    pub wait_s: f64,
    /// How long all replicas of a service must stay up to count as up, in seconds, where the service has
    /// no `update_config.monitor` of its own.
    pub stable_s: f64,
    /// Change a stack that is there already, instead of refusing.
    pub update: bool,
    /// With `update`: change also a stack that something else than swarmlab deployed; it is swarmlab's from then on.
    pub adopt: bool,
    /// Lift the lower bound on numbers of replicas.
    pub force: bool,
    /// With `update`: remove the services that the specifications do not have any more.
    pub prune: bool,
    /// Leave what was created for inspection when something fails.
    pub keep_on_failure: bool,
    /// Give up pulling an image when the engine reports no progress for so long, in seconds.
    pub pull_idle_s: f64,
    /// Longest time for cleaning up after a failure, in seconds.
    pub cleanup_s: f64,
    /// Cancelled by the caller: stop, clean up, return `Interrupted`.
    pub cancel: CancellationToken,
    /// Cancelled by the caller: stop cleaning up, too, and say what is left.
    pub abandon: CancellationToken,
}

impl Default for UpOptions {
    fn default() -> Self {
        Self {
            wait_s: 120.0,
            stable_s: STABLE_S,
            update: false,
            adopt: false,
            force: false,
            prune: false,
            keep_on_failure: false,
            pull_idle_s: 20.0,
            cleanup_s: 60.0,
            cancel: CancellationToken::new(),
            abandon: CancellationToken::new(),
        }
    }
}

/// Progress of bringing a stack up.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum UpEvent {
    /// Images are looked for, and pulled where missing.
    CheckingImages {
        /// How many different ones.
        images: usize,
    },
    /// An object was created.
    Created(ObjectRef),
    /// A service was updated.
    Updated(ObjectRef),
    /// A service's replicas changed in number.
    Service {
        /// The service's short name.
        service: String,
        /// Replicas wanted.
        desired: u64,
        /// Replicas that run.
        running: u64,
        /// Replicas that run and are healthy, or have no health check.
        healthy: u64,
        /// True if all of them are there (it must still stay so for a moment).
        arrived: bool,
    },
    /// Something failed; what was created is removed again.
    CleaningUp,
    /// Progress of that, or of pruning.
    Down(DownEvent),
}

/// What was brought up.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct UpReport {
    /// The stack's name.
    pub stack: String,
    /// What was created, in order.
    pub created: Vec<ObjectRef>,
    /// Volumes of the stack that were there before, with what they hold.
    pub kept: Vec<ObjectRef>,
    /// Services that were there and have been updated.
    pub updated: Vec<ObjectRef>,
    /// What an update has removed: outdated configs and secrets, pruned services.
    pub removed: Vec<ObjectRef>,
    /// Each image and where it came from.
    pub images: BTreeMap<String, ImageSource>,
    /// For each service (short name): seconds from the creation of the last service until all its
    /// replicas were there.
    pub services_s: BTreeMap<String, f64>,
    /// The engine's remarks on services.
    pub warnings: Vec<String>,
    /// The whole time, in seconds.
    pub took_s: f64,
}

pub(crate) type Progress<'a> = dyn FnMut(UpEvent) + Send + 'a;

/// Brings a stack up: images, networks, configs, secrets, services, in that order, all carrying the stack's labels;
/// returns when every service is up. Volumes are made by the nodes that run the tasks, with the same labels.
///
/// When it fails or is cancelled, it removes what it has created (and only that) before it returns,
/// unless told to keep it; an update that fails leaves the services it has changed as they then are. If
/// this future is dropped instead, what was created stays until `down`.
pub async fn up(
    engine: &Engine,
    specs: &StackSpecs,
    options: &UpOptions,
    progress: &mut Progress<'_>,
) -> Result<UpReport, SwarmError> {
    let started = Instant::now();
    let present = engine.labelled(Some(&specs.name)).await?;
    check_existing(&specs.name, &present, options.update, options.adopt)?;
    check_fronts(specs, &present, options.prune)?;
    check_bounds(engine, specs, options.force).await?;
    check_ports(engine, specs).await?;
    progress(UpEvent::CheckingImages { images: count_images(specs) });
    let images = tokio::select! {
        images = ensure_images(engine, specs, options.pull_idle_s) => images?,
        () = options.cancel.cancelled() => return Err(interrupted("looking for images")),
    };
    let mut creator = Creator {
        engine,
        stack: &specs.name,
        present,
        made: Targets::default(),
        config_ids: Default::default(),
        secret_ids: Default::default(),
        warnings: Vec::new(),
    };
    creator.warnings.extend(strange_volumes(engine, specs).await?);
    let built = build(&mut creator, specs, options, progress).await;
    // Nodes have made volumes meanwhile; what is on other nodes cannot be seen.
    let volumes = new_volumes(engine, &specs.name, &creator.present).await;
    for volume in volumes.iter().flatten() {
        progress(UpEvent::Created(volume.object.clone()));
        creator.made.volumes.push((volume.id.clone(), volume.object.name.clone()));
    }
    let (updated, services_s) = match first_failure(built, volumes) {
        Ok(built) => built,
        Err(cause) if options.keep_on_failure || creator.made.is_empty() => return Err(cause),
        Err(cause) => return Err(clean_up(engine, specs, &creator.made, options, cause, progress).await),
    };
    let removed = if options.update {
        prune(engine, specs, &creator.present, options, progress).await?
    } else {
        vec![]
    };
    Ok(UpReport {
        stack: specs.name.clone(),
        created: creator.made.objects().collect(),
        kept: of_before(&creator.present),
        updated,
        removed,
        images,
        services_s,
        warnings: creator.warnings,
        took_s: started.elapsed().as_secs_f64(),
    })
}

/// What the specifications ask for, against what the Swarm can hold.
async fn check_bounds(engine: &Engine, specs: &StackSpecs, force: bool) -> Result<(), SwarmError> {
    let everybody = engine.services(Default::default()).await?;
    let everybody: Vec<ServiceView> = everybody.iter().filter_map(ServiceView::new).collect();
    let now =
        |full: &str| everybody.iter().find(|s| s.full == full).and_then(|s| s.mode.replicas()).unwrap_or(0);
    let wanted = |plan: &ServicePlan| {
        let mode = plan.spec.mode.clone().unwrap_or_default();
        let of_job = mode.replicated_job.and_then(|job| job.total_completions);
        mode.replicated.and_then(|r| r.replicas).or(of_job).and_then(|n| u64::try_from(n).ok())
    };
    let orders: Vec<(&str, u64, u64)> = specs
        .services
        .iter()
        .filter_map(|plan| Some((plan.short.as_str(), now(&plan.full), wanted(plan)?)))
        .collect();
    let others = everybody.iter().filter(|s| !specs.services.iter().any(|plan| plan.full == s.full));
    let others = others.map(|s| s.mode.replicas().unwrap_or(1)).fold(0, u64::saturating_add);
    bounds::check(&orders, others, engine.capacity().await?, force)
}

/// Volumes of this engine that have a name of the stack's and are not its own: its tasks will use them, as with the
/// docker command line, and `down` will leave them.
async fn strange_volumes(engine: &Engine, specs: &StackSpecs) -> Result<Vec<String>, SwarmError> {
    let mut warnings = Vec::new();
    for plan in specs.volumes.iter().filter(|plan| !plan.external) {
        match engine.docker().inspect_volume(&plan.full).await {
            Ok(volume)
                if volume.labels.get(LABEL_NAMESPACE).is_none_or(|of| *of != specs.name)
                    || !volume.labels.contains_key(LABEL_SWARMLAB) =>
            {
                warnings.push(format!(
                    "the volume {full} was there before and is not the stack's: its tasks use it, and `swarmlab down` \
                     leaves it (docker volume rm {full})",
                    full = plan.full
                ));
            }
            // There is none, or its name is a template that only a node can fill in.
            Ok(_) | Err(ApiError::DockerResponseServerError { .. }) => {}
            Err(error) => return Err(engine.fail(format!("inspect volume {}", plan.full), error)),
        }
    }
    Ok(warnings)
}

/// What was built, if it could also be seen which volumes are new. Why it was not comes before why they cannot be seen.
fn first_failure<T, V>(
    built: Result<T, SwarmError>,
    volumes: Result<V, SwarmError>,
) -> Result<T, SwarmError> {
    let built = built?;
    volumes.map(|_| built)
}

/// The volumes among what was there before.
fn of_before(present: &[Labelled]) -> Vec<ObjectRef> {
    let volumes = present.iter().filter(|found| found.object.kind == ObjectKind::Volume);
    volumes.map(|found| found.object.clone()).collect()
}

/// The stack's volumes on this engine that were not there before.
async fn new_volumes(engine: &Engine, stack: &str, before: &[Labelled]) -> Result<Vec<Labelled>, SwarmError> {
    let mut now = engine.labelled(Some(stack)).await?;
    now.retain(|found| {
        let is_new = || !before.iter().any(|old| old.object == found.object);
        found.object.kind == ObjectKind::Volume && found.ours && is_new()
    });
    Ok(now)
}

/// Volumes alone make no stack: they are what `down` was asked to keep.
pub(crate) fn check_existing(
    stack: &str,
    present: &[Labelled],
    update: bool,
    adopt: bool,
) -> Result<(), SwarmError> {
    let mut objects = present.iter().filter(|found| found.object.kind != ObjectKind::Volume).peekable();
    if objects.peek().is_none() {
        return Ok(());
    }
    let may_change = objects.any(|found| found.ours) || (update && adopt);
    if !may_change {
        return Err(SwarmError::ForeignStack { stack: stack.to_string() });
    }
    if update {
        return Ok(());
    }
    let services = present.iter().filter(|found| found.object.kind == ObjectKind::Service).count();
    Err(SwarmError::StackExists { stack: stack.to_string(), services })
}

/// A proxy that was woven in and is not to be there any more would keep its service's name, and half of all requests.
pub(crate) fn check_fronts(specs: &StackSpecs, present: &[Labelled], prune: bool) -> Result<(), SwarmError> {
    let is_planned = |found: &&Labelled| specs.services.iter().any(|plan| plan.full == found.object.name);
    let left = present.iter().filter(|found| found.front && !is_planned(found));
    let services: Vec<String> = left.map(|found| found.object.name.clone()).collect();
    if prune || services.is_empty() {
        return Ok(());
    }
    Err(SwarmError::FrontsStay { stack: specs.name.clone(), services })
}

fn count_images(specs: &StackSpecs) -> usize {
    let image = |plan: &ServicePlan| plan.spec.task_template.as_ref()?.container_spec.as_ref()?.image.clone();
    specs.services.iter().filter_map(image).collect::<std::collections::BTreeSet<_>>().len()
}

fn interrupted(doing: &str) -> SwarmError {
    SwarmError::Interrupted { doing: doing.to_string() }
}

/// Creates everything and waits for the services. Requests are never cut short: an object whose creation
/// was under way would otherwise be nobody's. Between them the caller may cancel.
async fn build(
    creator: &mut Creator<'_>,
    specs: &StackSpecs,
    options: &UpOptions,
    progress: &mut Progress<'_>,
) -> Result<(Vec<ObjectRef>, BTreeMap<String, f64>), SwarmError> {
    let mut updated = Vec::new();
    let mut note = |kind: ObjectKind, name: &str, made: Made, progress: &mut Progress<'_>| {
        let object = ObjectRef { kind, name: name.to_string() };
        tracing::debug!(%object, ?made, "stack object");
        match made {
            Made::Created => progress(UpEvent::Created(object)),
            Made::Updated => {
                updated.push(object.clone());
                progress(UpEvent::Updated(object));
            }
            Made::Found => {}
        }
        if options.cancel.is_cancelled() { Err(interrupted("creating the stack")) } else { Ok(()) }
    };
    for plan in &specs.networks {
        note(ObjectKind::Network, &plan.full, creator.network(plan).await?, progress)?;
    }
    for plan in &specs.configs {
        note(ObjectKind::Config, &plan.full, creator.config(plan).await?, progress)?;
    }
    for plan in &specs.secrets {
        note(ObjectKind::Secret, &plan.full, creator.secret(plan).await?, progress)?;
    }
    for plan in &specs.services {
        note(ObjectKind::Service, &plan.full, creator.service(plan).await?, progress)?;
    }
    let goals: Vec<Goal> = specs.services.iter().map(|plan| goal(plan, options)).collect();
    let patience = Patience { wait_s: options.wait_s, cancel: &options.cancel };
    let mut tell = |service: &str, tally: Tally, arrived: bool| {
        let Tally { desired, running, healthy } = tally;
        progress(UpEvent::Service { service: service.to_string(), desired, running, healthy, arrived });
    };
    let services_s = converge(creator.engine, &specs.name, &goals, patience, &mut tell).await?;
    Ok((updated, services_s))
}

fn goal(plan: &ServicePlan, options: &UpOptions) -> Goal {
    let monitor_ns = plan.spec.update_config.as_ref().and_then(|update| update.monitor);
    let stable_s = monitor_ns.filter(|ns| *ns > 0).map_or(options.stable_s, |ns| ns as f64 / 1e9);
    Goal { full: plan.full.clone(), stable_s, updated: options.update, exact: false }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use std::path::Path;

    fn found(kind: ObjectKind, ours: bool) -> Labelled {
        Labelled {
            object: ObjectRef { kind, name: "lab_x".into() },
            id: "1".into(),
            stack: "lab".into(),
            ours,
            front: false,
        }
    }

    #[test]
    fn the_cause_of_a_failure_is_not_lost_behind_what_fails_after_it() {
        let volumes =
            || SwarmError::Engine { doing: "list volumes".into(), status: None, message: "x".into() };
        let code = |built: Result<u8, SwarmError>, seen: Result<(), SwarmError>| {
            first_failure(built, seen).map_err(|error| error.code().name())
        };
        assert_eq!(code(Ok(1), Ok(())), Ok(1));
        assert_eq!(code(Err(interrupted("x")), Ok(())), Err("interrupted"));
        assert_eq!(code(Err(interrupted("x")), Err(volumes())), Err("interrupted"));
        assert_eq!(code(Ok(1), Err(volumes())), Err("engine-error"));
    }

    #[test]
    fn only_volumes_outlive_a_stack() {
        let present = [found(ObjectKind::Network, true), found(ObjectKind::Volume, true)];
        assert_eq!(of_before(&present), [present[1].object.clone()]);
    }

    #[test]
    fn a_front_that_nobody_plans_any_more_does_not_keep_its_services_name() {
        let front = Labelled { front: true, ..found(ObjectKind::Service, true) };
        let with = |service: &str| {
            let nothing = |_: &Path| Err(std::io::ErrorKind::NotFound.into());
            let text = format!("services: {{ {service}: {{ image: i }} }}");
            let stack = swarmlab_stackfile::load(&text, Path::new("lab.yml"), &|_| None, &nothing).unwrap();
            swarmlab_stackfile::specs(&stack, "lab").unwrap()
        };
        let error = check_fronts(&with("web"), std::slice::from_ref(&front), false).unwrap_err();
        assert!(error.to_string().contains("lab_x") && error.help().contains("--observe"), "{error}");
        assert!(check_fronts(&with("web"), std::slice::from_ref(&front), true).is_ok());
        assert!(check_fronts(&with("web"), &[found(ObjectKind::Service, true)], false).is_ok());
        assert!(check_fronts(&with("x"), &[front], false).is_ok(), "it is planned");
    }

    #[test]
    fn what_is_there_decides_whether_a_stack_may_come_up() {
        let code = |present: &[Labelled], update| {
            check_existing("lab", present, update, false).map_err(|error| error.code().name())
        };
        assert_eq!(code(&[], false), Ok(()));
        assert_eq!(code(&[found(ObjectKind::Volume, true)], false), Ok(()));
        assert_eq!(code(&[found(ObjectKind::Network, true)], false), Err("stack-exists"));
        assert_eq!(code(&[found(ObjectKind::Service, true)], true), Ok(()));
        assert_eq!(code(&[found(ObjectKind::Service, false)], true), Err("foreign-stack"));
        assert_eq!(code(&[found(ObjectKind::Service, false)], false), Err("foreign-stack"));
        let theirs = [found(ObjectKind::Service, false)];
        assert!(check_existing("lab", &theirs, true, true).is_ok());
        assert!(check_existing("lab", &theirs, false, true).is_err());
    }
}
