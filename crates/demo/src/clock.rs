//! CPU clocks with nanoseconds, not scheduler ticks.

use rustix::time::{ClockId, Timespec, clock_gettime};

/// CPU time of the calling thread since it started, in nanoseconds (user and system).
pub(crate) fn thread_cpu_ns() -> u64 {
    nanoseconds(clock_gettime(ClockId::ThreadCPUTime))
}

/// CPU time of all threads of this process, dead ones included, in nanoseconds (user and system).
pub(crate) fn process_cpu_ns() -> u64 {
    nanoseconds(clock_gettime(ClockId::ProcessCPUTime))
}

/// Seconds since 1970 on the wall clock.
pub(crate) fn unix_time_s() -> u64 {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

fn nanoseconds(time: Timespec) -> u64 {
    // CPU clocks count up from zero, so neither part is negative.
    u64::try_from(time.tv_sec).unwrap_or(0) * 1_000_000_000 + u64::try_from(time.tv_nsec).unwrap_or(0)
}
