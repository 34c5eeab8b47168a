//! Which tasks of a service there were at a moment.

use std::collections::BTreeMap;

use swarmlab_control::{Replicas, Task, TaskReading, TaskState};
use swarmlab_record::topology::TaskLife;

/// What a task uses, and what it is promised, by metric.
pub(super) type Uses = (BTreeMap<String, TaskReading>, BTreeMap<String, f64>);

/// The tasks that lived at a moment (Unix seconds), the oldest first, each with what `uses` says of it. None where the
/// orchestrator told of more or fewer than ran.
pub(super) fn tasks(
    lives: &[TaskLife],
    service: &str,
    t_unix_s: f64,
    replicas: Replicas,
    uses: impl Fn(&TaskLife) -> Uses,
) -> Vec<Task> {
    let mut own: Vec<&TaskLife> = lives
        .iter()
        .filter(|l| l.service == service)
        .filter(|l| l.born_unix_s.is_some_and(|b| b <= t_unix_s))
        .filter(|l| l.died_unix_s.is_none_or(|d| d > t_unix_s))
        .collect();
    if own.len() as u64 != replicas.running {
        return Vec::new();
    }
    own.sort_by(|a, b| {
        (a.born_unix_s.unwrap_or(0.0).total_cmp(&b.born_unix_s.unwrap_or(0.0))).then(a.task.cmp(&b.task))
    });
    let task = |(i, life): (usize, &TaskLife)| {
        let (usage, requests) = uses(life);
        Task {
            id: life.task.clone(),
            state: TaskState::Running,
            // Which of them are not ready is not told: those that came last.
            ready: Some((i as u64) < replicas.ready),
            started_s: life.born_unix_s,
            ready_changed_s: None,
            usage,
            requests,
        }
    };
    own.into_iter().enumerate().map(task).collect()
}
