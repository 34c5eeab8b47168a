//! Why a service did not come up: its newest failure with error, exit code, health check and last lines.

use crate::connect::Engine;
use crate::judge::{Hopeless, Tally, is_port_error};
use crate::labels::short_name;
use crate::logs::last_lines;
use crate::model::{ServiceView, TaskState, TaskView};
use bollard::query_parameters::InspectContainerOptions;
use serde::Serialize;
use std::fmt;

/// How many lines of a failed task are shown.
const LOG_LINES: usize = 10;

/// Services that did not come up.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct NotConverged {
    /// The stack's name.
    pub stack: String,
    /// How long it was waited, in seconds.
    pub waited_s: f64,
    /// Each service that is not there.
    pub services: Vec<Unconverged>,
}

/// One service that did not come up.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Unconverged {
    /// The service's short name.
    pub service: String,
    /// Replicas wanted.
    pub desired: u64,
    /// Replicas that run.
    pub running: u64,
    /// Replicas that run and are healthy, or have no health check.
    pub healthy: u64,
    /// The newest task that ended or cannot be placed; else the newest; `None` if there is none at all.
    pub task: Option<TaskFailure>,
    /// What to do about it.
    pub advice: String,
}

/// What is known of a task that does not run as it should.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TaskFailure {
    /// The task's id.
    pub task_id: String,
    /// Number of the replica, from 1; `None` for global services.
    pub slot: Option<u64>,
    /// Id of the node it was on; empty if it never had one.
    pub node_id: String,
    /// Its state.
    pub state: TaskState,
    /// The engine's error text; may be empty.
    pub error: String,
    /// Exit code of its process, if it ended.
    pub exit_code: Option<i64>,
    /// What the last health check printed, if one failed and the container is on this engine.
    pub health_output: Option<String>,
    /// The last lines the task wrote, oldest first.
    pub log: Vec<String>,
}

impl fmt::Display for NotConverged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let n = self.services.len();
        let (services, verb) = if n == 1 { ("service", "is") } else { ("services", "are") };
        write!(f, "{n} {services} of the stack {:?} {verb} not up after {:.1} s", self.stack, self.waited_s)?;
        self.services.iter().try_for_each(|service| write!(f, "\n{service}"))
    }
}

impl fmt::Display for Unconverged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "  {}: {}/{} running", self.service, self.running, self.desired)?;
        if self.healthy != self.running {
            write!(f, ", {} healthy", self.healthy)?;
        }
        if let Some(task) = &self.task {
            write!(f, "\n    newest task: {}", task.state)?;
            if !task.error.is_empty() {
                write!(f, ": {}", task.error)?;
            }
            if let Some(code) = task.exit_code {
                write!(f, " [exit code {code}]")?;
            }
            if let Some(output) = &task.health_output {
                write!(f, "\n    health check says: {output}")?;
            }
            task.log.iter().try_for_each(|line| write!(f, "\n    | {line}"))?;
        }
        write!(f, "\n    -> {}", self.advice)
    }
}

/// Gathers what can be known about a service that did not come up.
pub(crate) async fn diagnose(
    engine: &Engine,
    stack: &str,
    service: &ServiceView,
    tally: Tally,
    tasks: &[TaskView],
    hopeless: Option<&Hopeless>,
) -> Unconverged {
    let task = telling_task(&service.id, tasks);
    let failure = match task {
        Some(task) => Some(TaskFailure {
            task_id: task.id.clone(),
            slot: task.slot,
            node_id: task.node_id.clone(),
            state: task.state,
            error: task.error.clone(),
            exit_code: task.exit_code.filter(|_| task.state > TaskState::Running),
            health_output: health_output(engine, task).await,
            log: last_lines(engine, task, LOG_LINES).await,
        }),
        None => None,
    };
    let short = short_name(stack, &service.full);
    let advice = advice(failure.as_ref(), hopeless, (stack, &short));
    let (desired, running, healthy) = (tally.desired, tally.running, tally.healthy);
    Unconverged { service: short, desired, running, healthy, task: failure, advice }
}

/// The task that tells most: the newest that ended by itself or cannot be placed, else the newest that does
/// not run, else the newest. (A task that its health check ended, and that took it well, has ended without
/// an error: state `complete`, exit code 0.)
fn telling_task<'a>(service_id: &str, tasks: &'a [TaskView]) -> Option<&'a TaskView> {
    let ended = |task: &TaskView| task.failed() || task.state == TaskState::Complete;
    let rank = |task: &TaskView| (ended(task) || !task.error.is_empty(), !task.runs());
    tasks.iter().filter(|task| task.service_id == service_id).max_by(|a, b| {
        rank(a)
            .cmp(&rank(b))
            .then(a.created_t_unix_s.unwrap_or(0.0).total_cmp(&b.created_t_unix_s.unwrap_or(0.0)))
    })
}

async fn health_output(engine: &Engine, task: &TaskView) -> Option<String> {
    if task.container_id.is_empty() {
        return None;
    }
    let container =
        engine.docker().inspect_container(&task.container_id, None::<InspectContainerOptions>).await;
    let probes = container.ok()?.state?.health?.log?;
    let last = probes.into_iter().next_back().filter(|probe| probe.exit_code != Some(0))?;
    let output = last.output.unwrap_or_default();
    let output: String = output.trim().chars().take(300).collect();
    Some(if output.is_empty() {
        format!("(nothing; exit code {})", last.exit_code.unwrap_or(-1))
    } else {
        output
    })
}

fn advice(task: Option<&TaskFailure>, hopeless: Option<&Hopeless>, (stack, short): (&str, &str)) -> String {
    let error = task.map(|task| task.error.as_str()).unwrap_or_default();
    let says = |words: &str| error.contains(words);
    if is_port_error(error) {
        "stop what holds the port, or publish another one".into()
    } else if says("insufficient resources") {
        "no node has that much CPU or memory left: lower deploy.resources.reservations".into()
    } else if says("scheduling constraints") {
        "no node meets deploy.placement.constraints: see docker node inspect, or change them".into()
    } else if says("no suitable node") {
        "no node can take it: see docker node ls".into()
    } else if says("No such image") {
        "the image is missing on that node: swarmlab images build, or pull it there".into()
    } else if says("bind source path does not exist") {
        "create that file or folder on the node (a Swarm does not, as plain docker does), or correct `volumes`".into()
    } else if says("executable file not found") || says("no such file or directory") {
        "the image lacks that command: check `command`/`entrypoint`, or the image".into()
    } else if says("unhealthy") || task.is_some_and(|task| task.health_output.is_some()) {
        "the health check fails: run its `test` by hand in the container, or give it more start_period".into()
    } else if task.is_some_and(|task| task.exit_code == Some(137)) {
        "it was killed: probably out of memory, raise deploy.resources.limits.memory".into()
    } else if hopeless == Some(&Hopeless::NotRestarted) {
        "it ended, and its restart policy starts no other; its last lines above say why".into()
    } else if hopeless == Some(&Hopeless::CrashLoop) {
        format!(
            "it crashes each time, with all others up: its last lines above say why (all: swarmlab logs {stack} {short})"
        )
    } else if task.is_some_and(|task| task.state == TaskState::Rejected) {
        "its node could not start it, for the reason above".into()
    } else if task.is_some_and(|task| task.exit_code.is_some()) {
        format!(
            "the program ended by itself; its last lines above say why (all: swarmlab logs {stack} {short})"
        )
    } else if task.is_some_and(|task| task.state <= TaskState::Starting) {
        "it was still on its way: wait longer (--wait)".into()
    } else {
        format!("see what becomes of its tasks: swarmlab ps {stack}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge::tests::task;

    #[test]
    fn the_newest_failure_tells_most() {
        let newest_failure =
            TaskView { created_t_unix_s: Some(5.0), ..task("b", TaskState::Failed, TaskState::Shutdown) };
        let tasks = [
            TaskView { created_t_unix_s: Some(1.0), ..task("a", TaskState::Failed, TaskState::Shutdown) },
            newest_failure,
            TaskView { created_t_unix_s: Some(9.0), ..task("c", TaskState::Ready, TaskState::Ready) },
            TaskView { created_t_unix_s: Some(9.5), ..task("d", TaskState::Running, TaskState::Running) },
        ];
        assert_eq!(telling_task("s", &tasks).map(|task| task.id.as_str()), Some("b"));
        assert_eq!(telling_task("s", &tasks[2..]).map(|task| task.id.as_str()), Some("c"));
        assert_eq!(telling_task("none", &tasks), None);
    }

    #[test]
    fn a_task_that_took_its_end_well_tells_more_than_the_next_one() {
        let tasks = [
            TaskView { created_t_unix_s: Some(1.0), ..task("a", TaskState::Complete, TaskState::Shutdown) },
            TaskView { created_t_unix_s: Some(2.0), ..task("b", TaskState::Ready, TaskState::Ready) },
        ];
        assert_eq!(telling_task("s", &tasks).map(|task| task.id.as_str()), Some("a"));
    }

    #[test]
    fn a_task_that_its_node_refused_did_not_end_by_itself() {
        let refused = |error: &str| TaskFailure {
            task_id: "t".into(),
            slot: Some(1),
            node_id: "n".into(),
            state: TaskState::Rejected,
            error: error.into(),
            exit_code: Some(0),
            health_output: None,
            log: vec![],
        };
        let advice = |error: &str| advice(Some(&refused(error)), None, ("lab", "web"));
        let bind = "invalid mount config for type \"bind\": bind source path does not exist: /nowhere";
        assert!(advice(bind).starts_with("create that file or folder on the node"), "{}", advice(bind));
        assert_eq!(advice("something else"), "its node could not start it, for the reason above");
    }

    #[test]
    fn the_text_holds_all_that_helps() {
        let failure = TaskFailure {
            task_id: "t".into(),
            slot: Some(1),
            node_id: "n".into(),
            state: TaskState::Failed,
            error: "task: non-zero exit (3)".into(),
            exit_code: Some(3),
            health_output: None,
            log: vec!["boom".into()],
        };
        let advice = advice(Some(&failure), None, ("lab", "web"));
        let service = Unconverged {
            service: "web".into(),
            desired: 2,
            running: 0,
            healthy: 0,
            task: Some(failure),
            advice,
        };
        let text = NotConverged { stack: "lab".into(), waited_s: 5.0, services: vec![service] }.to_string();
        assert_eq!(
            text,
            "1 service of the stack \"lab\" is not up after 5.0 s\n  web: 0/2 running\n    newest task: failed: \
             task: non-zero exit (3) [exit code 3]\n    | boom\n    -> the program ended by itself; its last lines \
             above say why (all: swarmlab logs lab web)"
        );
    }
}
