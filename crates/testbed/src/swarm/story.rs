//! What the engine's watcher sees, in the words of a run: counts, lives, and a warning for each end that nobody ordered.

use swarmlab_record::topology::{Ailment, Trouble};
use swarmlab_swarm::{
    Cause, Engine, Health, TaskEvent, TaskPhase, TaskState, WatchEvent, WatchOptions, watch_into,
};
use tokio::sync::mpsc;

use crate::observation::Observation;
use crate::seam::Out;
use crate::{ReplicaEvent, TaskLife};

/// Events that may wait for the observer.
const EVENTS_WAITING: usize = 64;

/// Watches a stack and tells it, until nobody listens or the caller drops it.
pub async fn tell(engine: Engine, stack: String, out: Out) {
    let (events, mut seen) = mpsc::channel(EVENTS_WAITING);
    let pass_on = async {
        let mut teller = Teller { here: engine.info().node_id.clone(), begun: false };
        while let Some(event) = seen.recv().await {
            for observation in teller.tell(event) {
                if out.send(observation).await.is_err() {
                    return;
                }
            }
        }
    };
    let options = WatchOptions::default();
    tokio::select! {
        () = pass_on => {}
        ended = watch_into(&engine, &stack, &options, &events) => {
            if let Err(e) = ended {
                // Nobody to tell it to is nobody who needs it.
                let _ = out.send(Observation::Broken(e.into())).await;
            }
        }
    }
}

/// Turns events into observations.
#[derive(Default)]
struct Teller {
    /// Id of the engine's own node: of its containers the start is told, of those elsewhere only what the Swarm says.
    here: String,
    /// Whether what was there at the beginning is told: ends of before are no news.
    begun: bool,
}

impl Teller {
    fn tell(&mut self, event: WatchEvent) -> Vec<Observation> {
        match event {
            WatchEvent::Replicas(e) => {
                self.begun = true;
                vec![Observation::Replicas(ReplicaEvent {
                    t_unix_s: e.t_unix_s,
                    service: e.service,
                    desired: e.desired,
                    running: e.running,
                    healthy: e.healthy,
                    health_checked: Some(e.health_checked),
                    cause: cause(&e.cause),
                })]
            }
            WatchEvent::Task(e) => {
                let news = match trouble(&e) {
                    Some(trouble) => Some(Observation::Trouble(trouble)),
                    None => ended(&e).map(Observation::Warning),
                };
                let news = news.filter(|_| self.begun);
                self.life(e).map(Observation::Task).into_iter().chain(news).collect()
            }
            WatchEvent::Gap { from_t_unix_s, to_t_unix_s, why } => vec![Observation::Warning(format!(
                "replica events are missing for {:.1} s: {why}",
                to_t_unix_s - from_t_unix_s
            ))],
        }
    }

    /// The beginning or the end of a task.
    fn life(&self, e: TaskEvent) -> Option<TaskLife> {
        // With a health check it is called running only once it is healthy, and uses CPU before.
        let is_elsewhere = e.node_id.as_ref().is_some_and(|node| *node != self.here);
        let (born_unix_s, died_unix_s) = match e.phase {
            TaskPhase::ContainerStarted | TaskPhase::State(TaskState::Running) => (Some(e.t_unix_s), None),
            TaskPhase::State(TaskState::Starting) if is_elsewhere => (Some(e.t_unix_s), None),
            TaskPhase::ContainerDied { .. } | TaskPhase::Gone => (None, Some(e.t_unix_s)),
            TaskPhase::State(s) if s > TaskState::Running => (None, Some(e.t_unix_s)),
            _ => return None,
        };
        Some(TaskLife { service: e.service, task: e.task_id, born_unix_s, died_unix_s })
    }
}

/// What need not end a task.
fn trouble(e: &TaskEvent) -> Option<Trouble> {
    let what = match &e.phase {
        TaskPhase::OutOfMemory => Ailment::OutOfMemory,
        TaskPhase::ContainerHealth(Health::Unhealthy) => Ailment::Unhealthy,
        _ => return None,
    };
    let (service, task) = (e.service.clone(), e.task_id.clone());
    Some(Trouble { t_unix_s: e.t_unix_s, service, task, what })
}

/// The end of a task that nobody had asked for: one that is asked to end shuts down, it does not fail; one of a job is
/// meant to complete.
fn ended(e: &TaskEvent) -> Option<String> {
    let what = match &e.phase {
        TaskPhase::State(TaskState::Complete) if e.desired == Some(TaskState::Complete) => return None,
        TaskPhase::State(
            state @ (TaskState::Complete | TaskState::Failed | TaskState::Rejected | TaskState::Orphaned),
        ) => format!("ended by itself ({state})"),
        _ => return None,
    };
    let replica = e.slot.map(|slot| format!(".{slot}")).unwrap_or_default();
    let why = e.error.as_ref().map(|error| format!(": {error}")).unwrap_or_default();
    Some(format!("{}{replica} (task {}) {what}{why}", e.service, e.task_id))
}

fn cause(cause: &Cause) -> String {
    match cause {
        Cause::Snapshot => "as found".to_owned(),
        Cause::Order => "replicas ordered".to_owned(),
        Cause::Removal => "service removed".to_owned(),
        Cause::Task { task_id, state: Some(state) } => format!("task {task_id} {state}"),
        Cause::Task { task_id, state: None } => format!("task {task_id} gone"),
        Cause::Health { container_id, health } => format!("container {container_id} {health:?}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn task(phase: TaskPhase, error: Option<&str>) -> WatchEvent {
        WatchEvent::Task(TaskEvent {
            t_unix_s: 5.0,
            service: "web".into(),
            task_id: "t1".into(),
            slot: Some(2),
            container_id: None,
            node_id: Some("n1".into()),
            desired: Some(TaskState::Running),
            phase,
            error: error.map(str::to_owned),
        })
    }

    fn begun() -> Teller {
        Teller { here: "n1".into(), begun: true }
    }

    fn warnings(told: &[Observation]) -> Vec<&str> {
        let text = |o: &'_ Observation| matches!(o, Observation::Warning(_));
        told.iter()
            .filter(|o| text(o))
            .map(|o| if let Observation::Warning(w) = o { w } else { "" })
            .collect()
    }

    #[test]
    fn an_end_that_nobody_ordered_is_a_death_and_a_warning_that_names_it() {
        let failed = task(TaskPhase::State(TaskState::Failed), Some("task: non-zero exit (3)"));
        let told = begun().tell(failed);
        assert!(matches!(&told[0], Observation::Task(life) if life.died_unix_s == Some(5.0)));
        assert_eq!(warnings(&told), ["web.2 (task t1) ended by itself (failed): task: non-zero exit (3)"]);
    }

    #[test]
    fn what_a_task_outlives_is_trouble_once_the_beginning_is_told() {
        let unhealthy = TaskPhase::ContainerHealth(Health::Unhealthy);
        for (phase, what) in [(TaskPhase::OutOfMemory, Ailment::OutOfMemory), (unhealthy, Ailment::Unhealthy)]
        {
            let told = begun().tell(task(phase.clone(), None));
            let is = |t: &Trouble| (t.t_unix_s, t.task.as_str(), t.what) == (5.0, "t1", what);
            assert!(matches!(&told[..], [Observation::Trouble(t)] if is(t)), "{told:?}");
            assert!(Teller::default().tell(task(phase, None)).is_empty());
        }
        assert!(begun().tell(task(TaskPhase::ContainerHealth(Health::Healthy), None)).is_empty());
    }

    #[test]
    fn an_ordered_end_and_ends_of_before_are_no_warnings() {
        let died = TaskPhase::ContainerDied { exit_code: Some(0) };
        assert!(warnings(&begun().tell(task(died, None))).is_empty());
        assert!(warnings(&begun().tell(task(TaskPhase::State(TaskState::Shutdown), None))).is_empty());
        let old = Teller::default().tell(task(TaskPhase::State(TaskState::Failed), Some("x")));
        assert_eq!(old.len(), 1, "its death is known, and no news");
    }

    #[test]
    fn a_job_that_is_done_is_no_warning_and_one_that_fails_is() {
        let of_job = |state| match task(TaskPhase::State(state), None) {
            WatchEvent::Task(e) => WatchEvent::Task(TaskEvent { desired: Some(TaskState::Complete), ..e }),
            other => other,
        };
        let done = begun().tell(of_job(TaskState::Complete));
        assert!(matches!(&done[..], [Observation::Task(life)] if life.died_unix_s == Some(5.0)), "{done:?}");
        assert_eq!(warnings(&begun().tell(of_job(TaskState::Failed))).len(), 1);
        assert_eq!(warnings(&begun().tell(task(TaskPhase::State(TaskState::Complete), None))).len(), 1);
    }

    #[test]
    fn on_another_node_a_task_is_born_when_it_starts_and_here_when_its_container_does() {
        let starting = || task(TaskPhase::State(TaskState::Starting), None);
        assert!(begun().tell(starting()).is_empty());
        let elsewhere = Teller { here: "n2".into(), begun: true }.tell(starting());
        assert!(matches!(&elsewhere[..], [Observation::Task(life)] if life.born_unix_s == Some(5.0)));
        let here = begun().tell(task(TaskPhase::ContainerStarted, None));
        assert!(matches!(&here[..], [Observation::Task(life)] if life.born_unix_s == Some(5.0)));
    }
}
