//! Pure judgement on a service's tasks: how many there are, whether that is enough, whether it ever can be.

use crate::model::{ContainerView, Health, ServiceMode, ServiceView, TaskState, TaskView};
use std::collections::HashMap;

/// How many replicas of a service there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Tally {
    /// Wanted by the specification; for global services: tasks the Swarm means to run.
    pub desired: u64,
    /// In state running and meant to run.
    pub running: u64,
    /// Of those running, the ones without a failing or undecided health check.
    pub healthy: u64,
}

/// Counts a service's replicas. `tasks` may hold those of other services. A container whose health is
/// unknown (it is on another node) counts as healthy: a Swarm moves a task with a health check to
/// `running` only once it is healthy, and ends it when it turns unhealthy.
pub(crate) fn tally(service: &ServiceView, tasks: &[TaskView], health: &HashMap<String, Health>) -> Tally {
    let own = || tasks.iter().filter(|task| task.service_id == service.id);
    let meant = own().filter(|task| task.is_meant_to_run()).count() as u64;
    let ended = own().filter(|task| task.state == TaskState::Complete).count() as u64;
    let serves = |task: &&TaskView| health.get(&task.container_id).copied().unwrap_or(Health::None).serves();
    let running = own().filter(|task| task.runs()).count() as u64;
    let healthy = own().filter(|task| task.runs()).filter(serves).count() as u64;
    match service.mode {
        ServiceMode::Replicated(desired) => Tally { desired, running, healthy },
        ServiceMode::Global => Tally { desired: meant, running, healthy },
        // A job has arrived when its runs have ended well.
        ServiceMode::Job(desired) => Tally { desired, running: ended, healthy: ended },
        ServiceMode::GlobalJob => Tally { desired: meant.max(ended), running: ended, healthy: ended },
    }
}

/// True if a service is all there. A global service has arrived with at least one task: directly after
/// its creation it has none yet, and none are wanted either.
pub(crate) fn arrived(service: &ServiceView, tally: Tally) -> bool {
    let enough = tally.running == tally.desired && tally.healthy == tally.desired;
    let global = matches!(service.mode, ServiceMode::Global | ServiceMode::GlobalJob);
    enough && !(global && tally.desired == 0)
}

/// How many of a service's tasks and containers are still there although they are not meant to run: what a scale-in has
/// not finished with. A task that the Swarm still lists after its end is history, and no longer there.
pub(crate) fn leaving(service_id: &str, tasks: &[TaskView], containers: &[ContainerView]) -> usize {
    let own = || tasks.iter().filter(|task| task.service_id == service_id);
    let tasks_leaving = own().filter(|task| !task.is_meant_to_run() && task.state <= TaskState::Running);
    let meant = |id: &str| own().any(|task| task.is_meant_to_run() && task.container_id == id);
    let of_leaving = |id: &str| {
        own().any(|task| {
            !task.is_meant_to_run() && task.state <= TaskState::Running && task.container_id == id
        })
    };
    let containers_leaving = containers
        .iter()
        .filter(|c| c.service_id == service_id && c.running && !meant(&c.id) && !of_leaving(&c.id));
    tasks_leaving.count() + containers_leaving.count()
}

/// How often a service's tasks have ended by themselves, as far as the Swarm remembers (five for each replica).
pub(crate) fn crashes(service: &ServiceView, tasks: &[TaskView]) -> usize {
    match service.mode {
        // A job ends by itself when it has done its work.
        ServiceMode::Job(_) | ServiceMode::GlobalJob => 0,
        ServiceMode::Replicated(_) | ServiceMode::Global => {
            let own = tasks.iter().filter(|task| task.service_id == service.id);
            own.filter(|task| task.failed() || task.state == TaskState::Complete).count()
        }
    }
}

/// Why a service will not come up, however long one waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Hopeless {
    /// Tasks ended, and the restart policy starts no others.
    NotRestarted,
    /// No node fits, in the scheduler's words.
    NoNode(String),
    /// A published port is taken, in the engine's words.
    PortTaken(String),
    /// It ended by itself again and again, with nothing left that it could be waiting for.
    CrashLoop,
}

/// So many ends are a loop and no accident.
pub(crate) const CRASH_LOOP: usize = 3;
/// How long nothing else must be on its way before a loop is believed, in seconds: services that need each other crash
/// until what they need is there, and a database may be running a while before it answers.
const CRASH_LOOP_S: f64 = 15.0;

impl Hopeless {
    /// How long it must look hopeless before it is believed, in seconds: a restart takes a moment to be
    /// planned, and what holds a port or a node's capacity may just be going.
    pub fn patience_s(&self) -> f64 {
        match self {
            Self::NotRestarted => 2.0,
            Self::NoNode(_) => 10.0,
            Self::PortTaken(_) => 4.0,
            Self::CrashLoop => CRASH_LOOP_S,
        }
    }
}

/// Sees whether a service that has not arrived ever will.
pub(crate) fn hopeless(service: &ServiceView, tasks: &[TaskView]) -> Option<Hopeless> {
    let own = || tasks.iter().filter(|task| task.service_id == service.id);
    let waiting = own().find(|task| task.is_meant_to_run() && task.error.starts_with("no suitable node"));
    if let Some(task) = waiting {
        let error = task.error.clone();
        let port = is_port_error(&error);
        return Some(if port { Hopeless::PortTaken(error) } else { Hopeless::NoNode(error) });
    }
    if let Some(task) = own().find(|task| task.failed() && is_port_error(&task.error)) {
        return Some(Hopeless::PortTaken(task.error.clone()));
    }
    let meant = own().filter(|task| task.is_meant_to_run()).count() as u64;
    let wanted = match service.mode {
        ServiceMode::Replicated(desired) => desired,
        ServiceMode::Global => 1,
        ServiceMode::Job(_) | ServiceMode::GlobalJob => return None,
    };
    (own().next().is_some() && meant < wanted).then_some(Hopeless::NotRestarted)
}

/// True if the engine's words are about a port that somebody holds.
pub(crate) fn is_port_error(error: &str) -> bool {
    ["port is already allocated", "port already in use", "address already in use"]
        .iter()
        .any(|words| error.contains(words))
}

/// The port an engine's error is about: the number after the address in `Bind for 0.0.0.0:9090 failed`
/// or `listen tcp4 0.0.0.0:9090: bind`.
pub(crate) fn port_in(error: &str) -> Option<u16> {
    error.split_whitespace().filter_map(|word| word.trim_end_matches(':').rsplit_once(':')).find_map(
        |(host, port)| {
            let looks_like_host = host.contains('.') || host.starts_with('[') || host.starts_with("::");
            looks_like_host.then(|| port.parse().ok()).flatten()
        },
    )
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn service(mode: ServiceMode) -> ServiceView {
        ServiceView {
            id: "s".into(),
            full: "lab_web".into(),
            stack: "lab".into(),
            ours: true,
            mode,
            health_check: false,
            changed_t_unix_s: Some(100.0),
            update: None,
        }
    }

    pub(crate) fn task(id: &str, state: TaskState, desired: TaskState) -> TaskView {
        TaskView {
            id: id.into(),
            service_id: "s".into(),
            slot: Some(1),
            node_id: "n".into(),
            state,
            desired,
            state_t_unix_s: Some(100.0),
            changed_t_unix_s: Some(100.0),
            created_t_unix_s: Some(99.0),
            error: String::new(),
            container_id: format!("c-{id}"),
            exit_code: None,
        }
    }

    use TaskState::{Complete, Failed, Pending, Ready, Running, Shutdown, Starting};

    #[test]
    fn running_means_meant_to_run_and_healthy_means_no_bad_news() {
        let tasks = [
            task("a", Running, Running),
            task("b", Running, Running),
            task("c", Running, Shutdown),
            task("d", Starting, Running),
            TaskView { service_id: "other".into(), ..task("e", Running, Running) },
        ];
        let health =
            HashMap::from([("c-a".to_string(), Health::Unhealthy), ("c-b".to_string(), Health::Healthy)]);
        let tally = tally(&service(ServiceMode::Replicated(3)), &tasks, &health);
        assert_eq!(tally, Tally { desired: 3, running: 2, healthy: 1 });
    }

    #[test]
    fn too_many_running_is_not_arrival_either() {
        let four = service(ServiceMode::Replicated(1));
        let tasks = [task("a", Running, Running), task("b", Running, Running)];
        assert!(!arrived(&four, tally(&four, &tasks, &HashMap::new())));
        assert!(arrived(&four, tally(&four, &tasks[..1], &HashMap::new())));
    }

    #[test]
    fn a_global_service_without_tasks_has_not_arrived_but_zero_replicas_have() {
        let global = service(ServiceMode::Global);
        assert!(!arrived(&global, tally(&global, &[], &HashMap::new())));
        assert!(arrived(&global, tally(&global, &[task("a", Running, Running)], &HashMap::new())));
        let none = service(ServiceMode::Replicated(0));
        assert!(arrived(&none, tally(&none, &[], &HashMap::new())));
    }

    #[test]
    fn a_job_arrives_by_ending_well() {
        let job = service(ServiceMode::Job(2));
        let tasks = [task("a", Complete, Complete), task("b", Running, Complete)];
        assert!(!arrived(&job, tally(&job, &tasks, &HashMap::new())));
        let tasks = [task("a", Complete, Complete), task("b", Complete, Complete)];
        assert!(arrived(&job, tally(&job, &tasks, &HashMap::new())));
    }

    #[test]
    fn a_crash_loop_is_not_hopeless_but_a_restart_policy_at_its_end_is() {
        let web = service(ServiceMode::Replicated(1));
        assert_eq!(hopeless(&web, &[]), None);
        let looping = [task("a", Failed, Shutdown), task("b", Ready, Ready)];
        assert_eq!(hopeless(&web, &looping), None);
        assert_eq!(hopeless(&web, &looping[..1]), Some(Hopeless::NotRestarted));
    }

    #[test]
    fn what_is_leaving_is_counted_once_until_its_container_is_gone() {
        let container = |id: &str, running| ContainerView {
            id: id.into(),
            name: id.into(),
            service_id: "s".into(),
            stack: "lab".into(),
            running,
            health: Health::None,
            status: String::new(),
        };
        let tasks = [
            task("a", Running, Running),
            task("b", Running, TaskState::Remove),
            task("c", Shutdown, TaskState::Remove),
            task("d", Failed, Shutdown),
        ];
        let containers =
            [container("c-a", true), container("c-b", true), container("c-c", true), container("c-d", false)];
        // b as task and container is one; c's container still runs, whatever the Swarm says of its task.
        assert_eq!(leaving("s", &tasks, &containers), 2);
        assert_eq!(leaving("s", &tasks[2..], &containers[3..]), 0);
        assert_eq!(leaving("other", &tasks, &containers), 0);
        // A task that the Swarm has forgotten, and its container that still runs.
        assert_eq!(leaving("s", &tasks[..1], &[container("c-a", true), container("c-z", true)]), 1);
    }

    #[test]
    fn ends_are_counted_but_not_those_of_jobs() {
        let tasks = [
            task("a", Failed, Shutdown),
            task("b", Complete, Shutdown),
            task("c", Shutdown, Shutdown),
            task("d", Running, Running),
        ];
        assert_eq!(crashes(&service(ServiceMode::Replicated(1)), &tasks), 2);
        assert_eq!(crashes(&service(ServiceMode::Job(1)), &tasks), 0);
    }

    #[test]
    fn scheduler_and_engine_errors_are_told_apart() {
        let web = service(ServiceMode::Replicated(1));
        let pending = |error: &str| TaskView { error: error.into(), ..task("a", Pending, Running) };
        let cpu = "no suitable node (insufficient resources on 1 node)";
        assert_eq!(hopeless(&web, &[pending(cpu)]), Some(Hopeless::NoNode(cpu.into())));
        let port = "no suitable node (host-mode port already in use on 1 node)";
        assert_eq!(hopeless(&web, &[pending(port)]), Some(Hopeless::PortTaken(port.into())));
        let bind = "starting container failed: driver failed programming external connectivity on endpoint \
                    f.1.x (ce02): Bind for 0.0.0.0:9090 failed: port is already allocated";
        let failed = TaskView { error: bind.into(), ..task("a", Failed, Shutdown) };
        assert_eq!(
            hopeless(&web, &[failed, task("b", Ready, Ready)]),
            Some(Hopeless::PortTaken(bind.into()))
        );
    }

    #[test]
    fn ports_are_found_in_the_engines_words() {
        assert_eq!(port_in("Bind for 0.0.0.0:9090 failed: port is already allocated"), Some(9090));
        assert_eq!(port_in("listen tcp4 0.0.0.0:80: bind: address already in use"), Some(80));
        assert_eq!(port_in("listen tcp6 [::]:8080: bind: address already in use"), Some(8080));
        assert_eq!(port_in("no suitable node (host-mode port already in use on 1 node)"), None);
    }
}
