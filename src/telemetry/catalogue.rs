//! The closed list of what is collected: raw name, kind, unit, and what it means.
//!
//! A new metric is one row here; a new meaning is one variant and one place in the `assemble` room.

/// What a raw metric says about a task, whatever its source calls it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Meaning {
    /// CPU seconds used by the task (user and system).
    Cpu,
    /// Memory the task cannot give back: working set (cgroup) or resident set (process).
    Memory,
    /// Bytes received by the task's network interfaces.
    NetworkReceived,
    /// Bytes sent by the task's network interfaces.
    NetworkSent,
    /// Seconds the task was runnable but held back by its CPU limit.
    CpuThrottled,
    /// Requests a proxy accepted from its clients.
    ProxyDownstream,
    /// Requests a proxy sent to the service behind it.
    ProxyUpstream,
    /// Responses of the service behind a proxy, by class.
    ProxyResponses,
    /// Time from the proxy's request to the end of the response, cumulative buckets by `le`, milliseconds or
    /// seconds as the source has it (see [`Metric::le_to_ms`]).
    ProxyUpstreamTime,
    /// Application requests the service itself counted.
    ApplicationRequests,
    /// CPU seconds the service itself accounts for its process.
    ApplicationCpu,
    /// CPU seconds the sample application burned on purpose.
    ApplicationBurned,
}

/// Counter (only grows, resets with its task) or gauge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Monotone except for resets.
    Counter,
    /// Any value at any time.
    Gauge,
}

/// Where a metric comes from, which decides how its labels name service and task.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// cAdvisor, through Prometheus.
    Cadvisor,
    /// Envoy's own statistics, through Prometheus.
    Envoy,
    /// The sample application's `/metrics`.
    Application,
    /// `/proc` of a child process (embedded testbed).
    Process,
    /// The embedded testbed's built-in proxy.
    BuiltinProxy,
}

/// One row of the catalogue.
#[derive(Debug, Clone, Copy)]
pub struct Metric {
    /// Name at the source.
    pub raw: &'static str,
    /// What it says.
    pub meaning: Meaning,
    /// Counter or gauge.
    pub kind: Kind,
    /// Unit of the raw value.
    pub unit: &'static str,
    /// Who exports it.
    pub origin: Origin,
    /// Factor from the source's `le` bounds to milliseconds (histograms only, else 1).
    pub le_to_ms: f64,
}

const fn row(
    raw: &'static str,
    meaning: Meaning,
    kind: Kind,
    unit: &'static str,
    origin: Origin,
    le_to_ms: f64,
) -> Metric {
    Metric { raw, meaning, kind, unit, origin, le_to_ms }
}

/// All metrics that are collected.
pub const METRICS: &[Metric] = {
    use Kind::{Counter, Gauge};
    use Meaning::*;
    use Origin::*;
    &[
        row("container_cpu_usage_seconds_total", Cpu, Counter, "s", Cadvisor, 1.0),
        row("container_cpu_cfs_throttled_seconds_total", CpuThrottled, Counter, "s", Cadvisor, 1.0),
        row("container_memory_working_set_bytes", Memory, Gauge, "bytes", Cadvisor, 1.0),
        row("container_network_receive_bytes_total", NetworkReceived, Counter, "bytes", Cadvisor, 1.0),
        row("container_network_transmit_bytes_total", NetworkSent, Counter, "bytes", Cadvisor, 1.0),
        row("envoy_http_downstream_rq_total", ProxyDownstream, Counter, "requests", Envoy, 1.0),
        row("envoy_cluster_upstream_rq_total", ProxyUpstream, Counter, "requests", Envoy, 1.0),
        row("envoy_cluster_upstream_rq_xx", ProxyResponses, Counter, "responses", Envoy, 1.0),
        row("envoy_cluster_upstream_rq_time_bucket", ProxyUpstreamTime, Counter, "requests", Envoy, 1.0),
        row("demo_requests_total", ApplicationRequests, Counter, "requests", Application, 1.0),
        row("demo_cpu_burned_seconds_total", ApplicationBurned, Counter, "s", Application, 1.0),
        row("process_cpu_seconds_total", ApplicationCpu, Counter, "s", Application, 1.0),
        row("proc_cpu_seconds_total", Cpu, Counter, "s", Process, 1.0),
        row("proc_resident_memory_bytes", Memory, Gauge, "bytes", Process, 1.0),
        row(
            "swarmlab_proxy_downstream_requests_total",
            ProxyDownstream,
            Counter,
            "requests",
            BuiltinProxy,
            1.0,
        ),
        row("swarmlab_proxy_upstream_requests_total", ProxyUpstream, Counter, "requests", BuiltinProxy, 1.0),
        row(
            "swarmlab_proxy_upstream_responses_total",
            ProxyResponses,
            Counter,
            "responses",
            BuiltinProxy,
            1.0,
        ),
        row(
            "swarmlab_proxy_upstream_seconds_bucket",
            ProxyUpstreamTime,
            Counter,
            "requests",
            BuiltinProxy,
            1000.0,
        ),
    ]
};

/// The row of a raw metric name.
pub fn find(raw: &str) -> Option<&'static Metric> {
    METRICS.iter().find(|m| m.raw == raw)
}

/// The metrics that Prometheus is asked for.
pub fn in_prometheus() -> impl Iterator<Item = &'static Metric> {
    METRICS.iter().filter(|m| matches!(m.origin, Origin::Cadvisor | Origin::Envoy | Origin::Application))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn raw_names_are_unique() {
        let mut names: Vec<_> = METRICS.iter().map(|m| m.raw).collect();
        names.sort_unstable();
        let before = names.len();
        names.dedup();
        assert_eq!(names.len(), before);
    }

    #[test]
    fn lookup_is_exact() {
        assert!(find("container_cpu_usage_seconds_total").is_some());
        assert!(find("container_cpu_usage_seconds").is_none());
    }
}
