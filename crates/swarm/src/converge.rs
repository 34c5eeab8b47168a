//! The wait until services are up, judged as the docker command line judges it: enough tasks of the
//! newest specification run (and are healthy), and go on to for a while.

use crate::connect::Engine;
use crate::diagnose::{NotConverged, diagnose};
use crate::error::{PortClash, SwarmError};
use crate::judge::{
    CRASH_LOOP, Hopeless, Tally, arrived, crashes, hopeless, is_port_error, leaving, port_in, tally,
};
use crate::labels::short_name;
use crate::listing::health_of;
use crate::model::{ContainerView, Health, ServiceView, TaskView};
use bollard::models::ServiceUpdateStatusStateEnum as UpdateState;
use std::collections::{BTreeMap, HashMap};
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;

const POLL: Duration = Duration::from_millis(150);

/// A service that is to come up.
#[derive(Debug, Clone)]
pub(crate) struct Goal {
    /// Full name.
    pub full: String,
    /// How long all its replicas must stay up, in seconds.
    pub stable_s: f64,
    /// True if it was updated just now, so that a paused or rolled back update is a failure of ours.
    pub updated: bool,
    /// True if what is too many or outdated must be gone, too, containers included: the end of a scale-in or an update.
    pub exact: bool,
}

/// What a wait may cost, and who may end it.
pub(crate) struct Patience<'a> {
    pub wait_s: f64,
    pub cancel: &'a CancellationToken,
}

/// Progress of one service: its short name and numbers, told when they change.
pub(crate) type Tell<'a> = dyn FnMut(&str, Tally, bool) + Send + 'a;

struct Progress {
    tally: Option<Tally>,
    arrived_at: Option<Instant>,
    hopeless: Option<(Instant, Hopeless)>,
}

/// Waits until every goal is reached. Returns for each service (short name) how long that took, in
/// seconds, the time of proving stable not counted.
pub(crate) async fn converge(
    engine: &Engine,
    stack: &str,
    goals: &[Goal],
    patience: Patience<'_>,
    tell: &mut Tell<'_>,
) -> Result<BTreeMap<String, f64>, SwarmError> {
    let started = Instant::now();
    // Since when only services that crash are missing: before that, they may be waiting for one of the others.
    let mut only_crashers_since: Option<Instant> = None;
    let mut progress: HashMap<&str, Progress> = goals
        .iter()
        .map(|goal| (goal.full.as_str(), Progress { tally: None, arrived_at: None, hopeless: None }))
        .collect();
    loop {
        let seen = look(engine, stack, goals.iter().any(|goal| goal.exact)).await?;
        let now = Instant::now();
        let mut pending = Vec::new();
        for goal in goals {
            let Some(state) = progress.get_mut(goal.full.as_str()) else { continue };
            let Some(service) = seen.services.iter().find(|service| service.full == goal.full) else {
                return Err(SwarmError::Engine {
                    doing: format!("wait for service {}", goal.full),
                    status: None,
                    message: "somebody has removed it meanwhile".into(),
                });
            };
            let counted = tally(service, &seen.tasks, &seen.health);
            let gone = !goal.exact || leaving(&service.id, &seen.all_tasks, &seen.containers) == 0;
            let here = arrived(service, counted) && gone;
            state.arrived_at = if here { state.arrived_at.or(Some(now)) } else { None };
            if state.tally != Some(counted) {
                tell(&short_name(stack, &goal.full), counted, here);
                state.tally = Some(counted);
            }
            let before = state.hopeless.take().filter(|(_, why)| *why != Hopeless::CrashLoop);
            state.hopeless = hopeless(service, &seen.tasks)
                .filter(|_| !here)
                .map(|why| (before.map_or(now, |(since, _)| since), why));
            if goal.updated {
                check_update(service)?;
            }
            let stable = state.arrived_at.is_some_and(|at| (now - at).as_secs_f64() >= goal.stable_s);
            if !stable {
                pending.push(service.clone());
            }
        }
        if pending.is_empty() {
            let took_s = |state: &Progress| state.arrived_at.map_or(0.0, |at| (at - started).as_secs_f64());
            return Ok(progress
                .iter()
                .map(|(full, state)| (short_name(stack, full), took_s(state)))
                .collect());
        }
        let crashing = |full: &str| {
            let service = seen.services.iter().find(|service| service.full == full);
            service.map_or(0, |service| crashes(service, &seen.tasks))
        };
        let absent = |s: &&ServiceView| progress.get(s.full.as_str()).is_some_and(|p| p.arrived_at.is_none());
        // One that has crashed is not taken for there because it runs for a moment.
        let awaited = || pending.iter().filter(|s| absent(s) || crashing(&s.full) > 0);
        let only_crashers = awaited().next().is_some() && awaited().all(|s| crashing(&s.full) > 0);
        only_crashers_since = if only_crashers { only_crashers_since.or(Some(now)) } else { None };
        let is_loop = |s: &&ServiceView| only_crashers && absent(s) && crashing(&s.full) >= CRASH_LOOP;
        let loops: Vec<String> = pending.iter().filter(is_loop).map(|s| s.full.clone()).collect();
        for (full, state) in &mut progress {
            if state.hopeless.is_none() && loops.iter().any(|looping| looping == full) {
                state.hopeless = Some((only_crashers_since.unwrap_or(now), Hopeless::CrashLoop));
            }
        }
        let lost = progress.values().any(|state| {
            let since = state.hopeless.as_ref();
            since.is_some_and(|(since, why)| (now - *since).as_secs_f64() >= why.patience_s())
        });
        if lost || started.elapsed().as_secs_f64() >= patience.wait_s {
            let why =
                |full: &str| progress.get(full).and_then(|p| p.hopeless.as_ref()).map(|(_, why)| why.clone());
            // Those that only still have to prove stable are not to blame, unless there are no others.
            let absent: Vec<ServiceView> = pending
                .iter()
                .filter(|s| progress.get(s.full.as_str()).is_some_and(|p| p.arrived_at.is_none()))
                .cloned()
                .collect();
            let blamed = if absent.is_empty() { pending } else { absent };
            return Err(explain(engine, stack, started, &blamed, &seen, &why).await);
        }
        tokio::select! {
            () = patience.cancel.cancelled() => {
                return Err(SwarmError::Interrupted { doing: format!("waiting for the services of {stack:?}") });
            }
            () = tokio::time::sleep(POLL) => {}
        }
    }
}

struct Seen {
    services: Vec<ServiceView>,
    /// Of the services' newest specifications.
    tasks: Vec<TaskView>,
    /// Of earlier ones, too; asked for only where somebody needs them.
    all_tasks: Vec<TaskView>,
    containers: Vec<ContainerView>,
    health: HashMap<String, Health>,
}

async fn look(engine: &Engine, stack: &str, exactly: bool) -> Result<Seen, SwarmError> {
    let all_tasks = async { if exactly { engine.stack_tasks(stack, false).await } else { Ok(Vec::new()) } };
    let (services, tasks, all_tasks, containers) = tokio::try_join!(
        engine.stack_services(stack),
        engine.stack_tasks(stack, true),
        all_tasks,
        engine.task_containers()
    )?;
    let health = health_of(&containers);
    Ok(Seen { services, tasks, all_tasks, containers, health })
}

fn check_update(service: &ServiceView) -> Result<(), SwarmError> {
    let stopped = |what: &str, words: &str| SwarmError::Engine {
        doing: format!("update service {}", service.full),
        status: None,
        message: format!("{what}: {words}"),
    };
    match &service.update {
        Some((UpdateState::PAUSED, words)) => Err(stopped("the update is paused", words)),
        Some((UpdateState::ROLLBACK_STARTED | UpdateState::ROLLBACK_COMPLETED, words)) => {
            Err(stopped("the update failed and is rolled back", words))
        }
        Some((UpdateState::ROLLBACK_PAUSED, words)) => {
            Err(stopped("the update failed, its rollback too", words))
        }
        _ => Ok(()),
    }
}

/// The error for services that did not come up; if all of them want a port that is taken, that one.
async fn explain(
    engine: &Engine,
    stack: &str,
    started: Instant,
    blamed: &[ServiceView],
    seen: &Seen,
    why: &(dyn Fn(&str) -> Option<Hopeless> + Sync),
) -> SwarmError {
    let waited_s = started.elapsed().as_secs_f64();
    let mut services = Vec::new();
    for service in blamed {
        let counted = tally(service, &seen.tasks, &seen.health);
        let hopeless = why(&service.full);
        services.push(diagnose(engine, stack, service, counted, &seen.tasks, hopeless.as_ref()).await);
    }
    let clashes: Vec<PortClash> = services
        .iter()
        .filter_map(|service| {
            Some((service, service.task.as_ref().filter(|task| is_port_error(&task.error))?))
        })
        .map(|(service, task)| PortClash {
            port: port_in(&task.error),
            protocol: "tcp".into(),
            service: service.service.clone(),
            holder: format!("something else ({})", task.error),
        })
        .collect();
    if !clashes.is_empty() && clashes.len() == services.len() {
        return SwarmError::PortTaken { clashes };
    }
    SwarmError::NotConverged(Box::new(NotConverged { stack: stack.to_string(), waited_s, services }))
}
