//! Which tasks count: ready, unready, without metrics, not there any more.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::calculator::Samples;
use crate::observation::{Task, TaskState};

/// Usage of one task.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sample {
    /// In thousandths.
    pub milli: i64,
    /// When it was measured (the end of its window).
    pub at_s: f64,
    /// Over how long.
    pub window_s: f64,
}

/// When the CPU of a young task is trusted.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Timing {
    /// So long after its start a task's CPU counts only if it is ready and was for a whole window
    /// (`--horizontal-pod-autoscaler-cpu-initialization-period`).
    pub cpu_initialization_s: f64,
    /// A task that is not ready, and last changed so soon after its start, was never ready
    /// (`--horizontal-pod-autoscaler-initial-readiness-delay`).
    pub initial_readiness_delay_s: f64,
}

impl Default for Timing {
    fn default() -> Self {
        Self { cpu_initialization_s: 300.0, initial_readiness_delay_s: 30.0 }
    }
}

/// The tasks by what is known of them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Groups {
    /// How many count as they are.
    pub ready: usize,
    /// Not to be believed yet.
    pub unready: BTreeSet<String>,
    /// Without usage.
    pub missing: BTreeSet<String>,
    /// Failed or stopping.
    pub ignored: BTreeSet<String>,
}

impl Groups {
    /// Fills in usage that is not known, so that it speaks against the change: `missing` per task on the way down, nothing
    /// on the way up. False if nothing had to be filled in.
    pub fn rebalance(&self, samples: &mut Samples, ratio: f64, missing: impl Fn(&str) -> i64) -> bool {
        let up_with_unready = !self.unready.is_empty() && ratio > 1.0;
        if !up_with_unready && self.missing.is_empty() {
            return false;
        }
        let sample = |milli| Sample { milli, at_s: 0.0, window_s: 0.0 };
        for id in &self.missing {
            if ratio < 1.0 {
                samples.insert(id.clone(), sample(missing(id)));
            } else if ratio > 1.0 {
                samples.insert(id.clone(), sample(0));
            }
        }
        if up_with_unready {
            samples.extend(self.unready.iter().map(|id| (id.clone(), sample(0))));
        }
        true
    }
}

/// Sorts tasks.
pub fn group(tasks: &[Task], samples: &Samples, is_cpu: bool, timing: &Timing, now_s: f64) -> Groups {
    let mut groups = Groups::default();
    for task in tasks {
        let set = match task.state {
            TaskState::Failed | TaskState::Stopping => &mut groups.ignored,
            TaskState::Pending => &mut groups.unready,
            TaskState::Running => match samples.get(&task.id) {
                None => &mut groups.missing,
                Some(sample) if is_cpu && young(task, sample, timing, now_s) => &mut groups.unready,
                Some(_) => {
                    groups.ready += 1;
                    continue;
                }
            },
        };
        set.insert(task.id.clone());
    }
    groups
}

/// True if the task's CPU may be that of its start.
fn young(task: &Task, sample: &Sample, timing: &Timing, now_s: f64) -> bool {
    let (Some(ready), Some(started_s)) = (task.ready, task.started_s) else {
        return true;
    };
    // A task whose health never changed is what it is since ever.
    let changed_s = task.ready_changed_s.unwrap_or(f64::NEG_INFINITY);
    if started_s + timing.cpu_initialization_s > now_s {
        !ready || sample.at_s < changed_s + sample.window_s
    } else {
        !ready && started_s + timing.initial_readiness_delay_s > changed_s
    }
}
