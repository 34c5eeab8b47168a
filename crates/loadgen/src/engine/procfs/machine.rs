//! What the machine did to the generator between two moments.

use std::collections::BTreeSet;
use std::path::PathBuf;

use super::cgroup::{Throttled, stat_files, throttled};
use super::cpus::{Cpus, Shares, allowed_cpus, cpus, shares};
use swarmlab_intervals::MachineMetrics;

/// Counters of the machine at a moment.
#[derive(Debug, Clone)]
struct Reading {
    at_ns: u64,
    /// CPU time of the generator's own threads so far, nanoseconds.
    own_ns: u64,
    cpus: Option<Cpus>,
    throttled: Option<Throttled>,
}

/// Reads the machine's counters at the ends of intervals.
#[derive(Debug, Default)]
pub(crate) struct Machine {
    files: BTreeSet<PathBuf>,
    /// Of each thread, where known, the CPUs that it may run on.
    allowed: Vec<BTreeSet<usize>>,
    first: Option<Reading>,
    last: Option<Reading>,
    latest: MachineMetrics,
}

impl Machine {
    /// A thread of the generator has begun its load.
    pub fn begin(&mut self, thread_id: i32, at_ns: u64) {
        self.files.extend(stat_files(thread_id));
        self.allowed.extend(allowed_cpus(thread_id));
        let reading = self.read(at_ns, 0);
        // A quota's file may have come with this thread: the sum then starts anew.
        (self.first, self.last) = (Some(reading.clone()), Some(reading));
    }

    /// What happened since the last call; the generator's own threads have used `own_ns` of CPU since they began. When less than `least_ns` has passed (several intervals that come at
    /// once, as after a pause of the whole process) the last answer still is what is known.
    pub fn since_last(&mut self, at_ns: u64, own_ns: u64, least_ns: u64) -> MachineMetrics {
        let Some(last) = &self.last else { return MachineMetrics::default() };
        if at_ns.saturating_sub(last.at_ns) >= least_ns {
            let now = self.read(at_ns, own_ns);
            self.latest = self.between(last, &now);
            self.last = Some(now);
        }
        self.latest
    }

    /// What happened since all threads had begun.
    pub fn since_first(&self, at_ns: u64, own_ns: u64) -> MachineMetrics {
        match &self.first {
            Some(first) => self.between(first, &self.read(at_ns, own_ns)),
            None => MachineMetrics::default(),
        }
    }

    fn read(&self, at_ns: u64, own_ns: u64) -> Reading {
        Reading { at_ns, own_ns, cpus: cpus(), throttled: throttled(&self.files) }
    }

    fn between(&self, before: &Reading, after: &Reading) -> MachineMetrics {
        let elapsed_s = after.at_ns.saturating_sub(before.at_ns) as f64 / 1e9;
        let throttled = match (before.throttled, after.throttled) {
            (Some(before), Some(after)) if elapsed_s > 0.0 => Some(Throttled {
                periods: after.periods.saturating_sub(before.periods),
                ns: after.ns.saturating_sub(before.ns),
            }),
            _ => None,
        };
        let shares = |of| match (&before.cpus, &after.cpus) {
            (Some(before), Some(after)) => shares(before, after, of),
            _ => None,
        };
        let threads: Vec<Shares> = self.allowed.iter().filter_map(|of| shares(Some(of))).collect();
        let worst = |of: &dyn Fn(&Shares) -> f64| threads.iter().map(of).reduce(f64::max);
        let own_cores = after.own_ns.saturating_sub(before.own_ns) as f64 / 1e9 / elapsed_s;
        MachineMetrics {
            steal_fraction: shares(None).map(|all| all.steal),
            thread_steal_fraction: worst(&|of| of.steal),
            crowded_chance: worst(&|of| {
                (of.busy - own_cores / of.cpus as f64).clamp(0.0, 1.0).powi(of.cpus as i32)
            }),
            throttled_periods: throttled.map(|throttled| throttled.periods),
            throttled_s: throttled.map(|throttled| throttled.ns as f64 / 1e9),
            throttled_fraction: throttled.map(|throttled| throttled.ns as f64 / 1e9 / elapsed_s),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reading(at_ns: u64, throttled: Option<Throttled>) -> Reading {
        Reading { at_ns, own_ns: 0, cpus: None, throttled }
    }

    #[test]
    fn what_is_absent_is_unknown_and_never_nothing() {
        let machine = Machine::default();
        let (before, after) = (reading(0, None), reading(1_000_000_000, Some(Throttled::default())));
        assert_eq!(machine.between(&before, &after), MachineMetrics::default());
        assert_eq!(MachineMetrics::default().throttled_fraction, None);
    }

    #[test]
    fn shares_are_of_the_time_that_really_passed() {
        let machine = Machine::default();
        let throttled = |periods, ns| Some(Throttled { periods, ns });
        let before = reading(1_000_000_000, throttled(10, 7));
        let after = reading(3_000_000_000, throttled(12, 500_000_007));
        let metrics = machine.between(&before, &after);
        assert_eq!((metrics.throttled_periods, metrics.throttled_s), (Some(2), Some(0.5)));
        assert_eq!(metrics.throttled_fraction, Some(0.25));
    }

    #[test]
    fn intervals_at_once_share_one_answer() {
        let mut machine = Machine::default();
        machine.begin(rustix::thread::gettid().as_raw_nonzero().get(), 0);
        let first = machine.since_last(1_000_000_000, 0, 500_000_000);
        assert_eq!(machine.since_last(1_000_001_000, 0, 500_000_000), first);
    }
}
