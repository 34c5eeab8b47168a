//! The engine's clock: nanoseconds since the start of the load, on the monotonic clock.

use rustix::time::{ClockId, Timespec, clock_gettime};

/// Moments are nanoseconds since the load's start; before it, 0.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Clock {
    origin_ns: u64,
}

impl Clock {
    /// A clock whose zero lies `delay_s` seconds ahead (behind, if negative).
    pub fn starting_in(delay_s: f64) -> Self {
        let now_ns = to_ns(clock_gettime(ClockId::Monotonic));
        Self { origin_ns: now_ns.saturating_add_signed((delay_s * 1e9) as i64) }
    }

    /// The present moment; 0 before the start.
    pub fn now(&self) -> u64 {
        to_ns(clock_gettime(ClockId::Monotonic)).saturating_sub(self.origin_ns)
    }

    /// How long until zero, nanoseconds.
    pub fn until_start_ns(&self) -> u64 {
        self.origin_ns.saturating_sub(to_ns(clock_gettime(ClockId::Monotonic)))
    }

    /// A moment on the system's monotonic clock.
    pub fn to_monotonic(self, at_ns: u64) -> Timespec {
        let ns = self.origin_ns.saturating_add(at_ns);
        Timespec { tv_sec: (ns / 1_000_000_000) as i64, tv_nsec: (ns % 1_000_000_000) as i64 }
    }
}

/// CPU time of the calling thread, nanoseconds.
pub(crate) fn thread_cpu_ns() -> u64 {
    to_ns(clock_gettime(ClockId::ThreadCPUTime))
}

/// Seconds since the Unix epoch.
pub(crate) fn unix_now_s() -> f64 {
    let now = clock_gettime(ClockId::Realtime);
    now.tv_sec as f64 + now.tv_nsec as f64 / 1e9
}

fn to_ns(time: Timespec) -> u64 {
    (time.tv_sec as u64).saturating_mul(1_000_000_000) + time.tv_nsec as u64
}
