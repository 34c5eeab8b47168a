//! The metrics that swarmlab fills into an observation. Names, units, meaning: one list for readers of files, for
//! `docs/autoscaling.md` and for those who observe.

/// A metric of an observation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Metric {
    /// Its name in files and observations.
    pub name: &'static str,
    /// Its unit.
    pub unit: &'static str,
    /// What it is.
    pub what: &'static str,
}

/// CPU that all tasks use together.
pub const CPU: &str = "cpu";
/// CPU used over CPU limits of the running tasks.
pub const CPU_UTILIZATION: &str = "cpu_utilization";
/// Memory that all tasks use together.
pub const MEMORY: &str = "memory";
/// Memory used over memory limits.
pub const MEMORY_UTILIZATION: &str = "memory_utilization";
/// Requests a second that reach the service.
pub const REQUEST_RATE: &str = "request_rate";
/// Share of requests that failed.
pub const ERROR_RATE: &str = "error_rate";
/// Median of the response time.
pub const P50: &str = "p50";
/// 95th percentile of the response time.
pub const P95: &str = "p95";
/// 99th percentile of the response time.
pub const P99: &str = "p99";
/// Mean of the response time.
pub const RESPONSE_TIME: &str = "response_time";
/// Requests that are in the service.
pub const IN_FLIGHT: &str = "in_flight";
/// Users of the load's closed model.
pub const USERS: &str = "users";

/// All of them.
pub const ALL: [Metric; 12] = [
    Metric { name: CPU, unit: "cores", what: "CPU that all tasks use together" },
    Metric {
        name: CPU_UTILIZATION,
        unit: "fraction",
        what: "CPU used over the CPU limits of the running tasks",
    },
    Metric { name: MEMORY, unit: "bytes", what: "memory that all tasks use together" },
    Metric { name: MEMORY_UTILIZATION, unit: "fraction", what: "memory used over the memory limits" },
    Metric { name: REQUEST_RATE, unit: "requests/s", what: "requests that reach the service" },
    Metric { name: ERROR_RATE, unit: "fraction", what: "requests that failed" },
    Metric { name: P50, unit: "s", what: "median of the response time" },
    Metric { name: P95, unit: "s", what: "95th percentile of the response time" },
    Metric { name: P99, unit: "s", what: "99th percentile of the response time" },
    Metric { name: RESPONSE_TIME, unit: "s", what: "mean of the response time" },
    Metric { name: IN_FLIGHT, unit: "requests", what: "requests that are in the service" },
    Metric { name: USERS, unit: "users", what: "users of the load, in the closed model" },
];

/// The metric of this name.
pub fn find(name: &str) -> Option<&'static Metric> {
    ALL.iter().find(|m| m.name == name)
}
