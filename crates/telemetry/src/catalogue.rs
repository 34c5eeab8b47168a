//! What is collected, by its raw name.

/// Names that Prometheus is asked for.
pub const IN_PROMETHEUS: &[&str] = &[
    "container_cpu_usage_seconds_total",
    "container_cpu_cfs_throttled_seconds_total",
    "container_memory_working_set_bytes",
    "container_network_receive_bytes_total",
    "container_network_transmit_bytes_total",
    "envoy_http_downstream_rq_total",
    "envoy_cluster_upstream_rq_total",
    "envoy_cluster_upstream_rq_xx",
    "envoy_cluster_upstream_rq_time_bucket",
    "demo_requests_total",
    "demo_cpu_burned_seconds_total",
    "process_cpu_seconds_total",
];
