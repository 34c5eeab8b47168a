//! From usage and target to a count: Kubernetes' replica calculator. Amounts are whole thousandths, divisions are whole
//! where it divides whole numbers; that is why 10.9 % of 10 % is no change.

use std::collections::BTreeMap;

use super::behavior::Tolerances;
use super::pods::{self, Groups, Sample, Timing};
use crate::hold::Hold;
use crate::observation::{Task, TaskState};

/// Usage by task, in thousandths.
pub type Samples = BTreeMap<String, Sample>;

/// A count, and what it was made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Count {
    /// Replicas.
    pub replicas: i64,
    /// Utilisation in percent, or usage in thousandths: of each replica, or of the whole where the target is one.
    pub usage: i64,
}

/// A quantity in whole thousandths, rounded up as Kubernetes' quantities are. Beyond what fits it is the greatest.
pub fn milli(value: f64) -> i64 {
    // A hair of binary fraction is no thousandth: 0.3 * 1000 is to be 300, not 301.
    let scaled = value * 1000.0;
    let nearest = scaled.round();
    if (scaled - nearest).abs() < 1e-6 { nearest as i64 } else { scaled.ceil() as i64 }
}

/// What every calculation over tasks is given.
#[derive(Debug, Clone, Copy)]
pub struct Tasks<'a> {
    /// The tasks.
    pub tasks: &'a [Task],
    /// True for CPU: young tasks are then not trusted.
    pub is_cpu: bool,
    /// When they are.
    pub timing: &'a Timing,
    /// Seconds.
    pub now_s: f64,
}

impl Tasks<'_> {
    fn sort(&self, samples: &mut Samples) -> Result<Groups, Hold> {
        if self.tasks.is_empty() {
            return Err(Hold::NoTasks);
        }
        let groups = pods::group(self.tasks, samples, self.is_cpu, self.timing, self.now_s);
        samples.retain(|id, _| !groups.ignored.contains(id) && !groups.unready.contains(id));
        if samples.is_empty() { Err(Hold::NoTasks) } else { Ok(groups) }
    }

    /// Tasks that run and are ready.
    pub fn ready(&self) -> i64 {
        let ready = self.tasks.iter().filter(|t| t.state == TaskState::Running && t.ready == Some(true));
        i64::try_from(ready.count()).unwrap_or(i64::MAX)
    }
}

/// By utilisation: usage over requests, in percent.
///
/// # Errors
/// No task can be judged; a request is missing (`metric` names it).
pub fn by_utilization(
    current: i64,
    target_percent: i32,
    mut samples: Samples,
    requests: &BTreeMap<String, i64>,
    tasks: &Tasks<'_>,
    tolerances: &Tolerances,
) -> Result<Count, Hold> {
    let groups = tasks.sort(&mut samples)?;
    let ratio = |samples: &Samples| -> Result<(f64, i64), Hold> {
        let known = samples.iter().filter_map(|(id, s)| requests.get(id).map(|r| (s.milli, *r)));
        let (used, requested) =
            known.fold((0i64, 0i64), |(u, r), (a, b)| (u.saturating_add(a), r.saturating_add(b)));
        if requested == 0 {
            return Err(Hold::Undefined { what: "no usage belongs to a known task with a request".into() });
        }
        let percent = used.saturating_mul(100) / requested;
        Ok((percent as f64 / f64::from(target_percent), percent))
    };
    let (first, percent) = ratio(&samples)?;
    let count = |replicas| Ok(Count { replicas, usage: percent });
    let fill = i64::from(target_percent.max(100));
    let missing = |id: &str| requests.get(id).copied().unwrap_or(0).saturating_mul(fill) / 100;
    if !groups.rebalance(&mut samples, first, missing) {
        return count(if tolerances.within(first) { current } else { ceil(first * groups.ready as f64) });
    }
    let (again, _) = ratio(&samples)?;
    count(rebalanced(current, first, again, samples.len(), tolerances))
}

/// By usage per task.
///
/// # Errors
/// No task can be judged.
pub fn by_average(
    current: i64,
    target_milli: i64,
    mut samples: Samples,
    tasks: &Tasks<'_>,
    tolerances: &Tolerances,
) -> Result<Count, Hold> {
    let groups = tasks.sort(&mut samples)?;
    let ratio = |samples: &Samples| {
        let used = samples.values().fold(0i64, |sum, s| sum.saturating_add(s.milli));
        let average = used / i64::try_from(samples.len()).unwrap_or(i64::MAX).max(1);
        (average as f64 / target_milli as f64, average)
    };
    let (first, average) = ratio(&samples);
    let count = |replicas| Ok(Count { replicas, usage: average });
    if !groups.rebalance(&mut samples, first, |_| target_milli) {
        return count(if tolerances.within(first) { current } else { ceil(first * groups.ready as f64) });
    }
    let (again, _) = ratio(&samples);
    count(rebalanced(current, first, again, samples.len(), tolerances))
}

/// By one figure for the whole service, held at a value.
///
/// # Errors
/// No task is known, where there should be some.
pub fn by_value(
    current: i64,
    target_milli: i64,
    usage_milli: i64,
    tasks: &Tasks<'_>,
    tolerances: &Tolerances,
) -> Result<Count, Hold> {
    let ratio = usage_milli as f64 / target_milli as f64;
    let replicas = if current == 0 {
        ceil(ratio)
    } else if tolerances.within(ratio) {
        current
    } else if tasks.tasks.is_empty() {
        return Err(Hold::NoTasks);
    } else {
        ceil(ratio * tasks.ready() as f64)
    };
    Ok(Count { replicas, usage: usage_milli })
}

/// By one figure for the whole service, so much of it per replica; `running` is how many there are.
pub fn by_value_per_replica(
    running: i64,
    target_milli: i64,
    usage_milli: i64,
    tolerances: &Tolerances,
) -> Count {
    let ratio = usage_milli as f64 / (target_milli as f64 * running as f64);
    let replicas =
        if tolerances.within(ratio) { running } else { ceil(usage_milli as f64 / target_milli as f64) };
    // Not a count: bytes in thousandths are more than 32 bits hold.
    Count { replicas, usage: (usage_milli as f64 / running as f64).ceil() as i64 }
}

/// The count after missing and unready tasks were guessed: none if that turned the direction.
fn rebalanced(current: i64, first: f64, again: f64, tasks: usize, tolerances: &Tolerances) -> i64 {
    if tolerances.within(again) || (first < 1.0 && again > 1.0) || (first > 1.0 && again < 1.0) {
        return current;
    }
    let replicas = ceil(again * tasks as f64);
    if (again < 1.0 && replicas > current) || (again > 1.0 && replicas < current) {
        current
    } else {
        replicas
    }
}

/// Rounded up, within what Kubernetes' 32 bits hold.
fn ceil(count: f64) -> i64 {
    i64::from(count.ceil() as i32)
}
