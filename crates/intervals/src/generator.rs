//! How the generator itself fared over an interval.

use crate::{Histogram, new_histogram};

/// How the generator itself fared.
#[derive(Debug, Clone)]
pub struct SelfMetrics {
    /// One entry a thread.
    pub threads: Vec<ThreadMetrics>,
    /// How long after its due moment each intent was noticed by its thread: the part of the lateness that is
    /// the generator's own, without waiting for connections. A request that a user sends right after an
    /// answer has no due moment to be noticed and is left out; in the closed model the ticks that set the
    /// number of users, 50 a second and thread, are in it, so that there always is something to judge by.
    pub pickup: Histogram,
    /// How long after its due moment each request was sent; of one for which a connection had to be opened,
    /// until that began. So it is the pickup and the wait for a free connection or slot.
    pub waited: Histogram,
    /// Time by which users' think times came out too long because their ends were noticed late, seconds,
    /// summed over the users; `None` in the open model.
    pub overslept_s: Option<f64>,
    /// Intents due for 10 ms or more that still waited at the end of the interval.
    pub overdue_end: u64,
    /// What the machine did to the generator.
    pub machine: MachineMetrics,
}

impl Default for SelfMetrics {
    fn default() -> Self {
        Self {
            threads: Vec::new(),
            pickup: new_histogram(),
            waited: new_histogram(),
            overslept_s: None,
            overdue_end: 0,
            machine: MachineMetrics::default(),
        }
    }
}

impl SelfMetrics {
    /// Highest CPU use of a thread, cores.
    pub fn worst_cpu_cores(&self) -> f64 {
        self.threads.iter().fold(0.0, |worst, thread| worst.max(thread.cpu_cores))
    }

    /// Longest time a thread was ready to run but had no core, as a fraction of the interval; `None` where the
    /// kernel does not tell.
    pub fn worst_run_queue_fraction(&self) -> Option<f64> {
        self.threads.iter().filter_map(|thread| thread.run_queue_fraction).reduce(f64::max)
    }
}

/// One thread of the generator over one interval.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct ThreadMetrics {
    /// CPU time per second, cores.
    pub cpu_cores: f64,
    /// Time ready to run but without a core, seconds (`/proc/<pid>/task/<tid>/schedstat`, second field);
    /// `None` where the kernel does not tell.
    pub run_queue_wait_s: Option<f64>,
    /// The same as a fraction of the interval's length.
    pub run_queue_fraction: Option<f64>,
}

/// What the machine kept from the generator. Each is `None` where the kernel does not tell.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct MachineMetrics {
    /// Share of the time that the hypervisor took from the machine's CPUs (steal, `/proc/stat`).
    pub steal_fraction: Option<f64>,
    /// The same for the CPUs that a thread of the generator may run on; of the worst thread.
    pub thread_steal_fraction: Option<f64>,
    /// Chance that every CPU that a thread of the generator may run on is busy with anything else than the
    /// generator's threads, so that what wakes up finds no free core: the share of such work in the CPUs' time,
    /// to the power of their number (as if they were busy independently); of the worst thread.
    pub crowded_chance: Option<f64>,
    /// Periods in which a CPU quota of the generator's control groups ran out.
    pub throttled_periods: Option<u64>,
    /// Time for which such quotas held work back, seconds, summed over CPUs.
    pub throttled_s: Option<f64>,
    /// The same per second.
    pub throttled_fraction: Option<f64>,
}
