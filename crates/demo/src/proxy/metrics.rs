//! What the proxy counts, under names of its own: who reads them must not take them for Envoy's.

use hyper::StatusCode;
use prometheus_client::encoding::{EncodeLabelSet, EncodeLabelValue};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

use crate::metrics::buckets::geometric_s;
use crate::metrics::process::ProcessCollector;

/// Why an attempt to get an answer from an upstream failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, EncodeLabelValue)]
#[allow(non_camel_case_types, reason = "the names are the label's values")]
pub(super) enum Failure {
    /// An address refused the connection (the next address is tried).
    connect,
    /// An address did not accept in time (the next address is tried).
    connect_timeout,
    /// A new connection was closed before the request could be written (the next address is tried).
    closed,
    /// No address is left to try: the client got 503.
    no_upstream,
    /// The connection broke after the request was written: the client got 502.
    reset,
    /// The answer took too long: the client got 504.
    response_timeout,
    /// The answer's body broke off: the client's connection was broken off as well.
    body,
    /// The client left before the answer was complete.
    client_left,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct FailureLabel {
    reason: Failure,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ClassLabel {
    class: &'static str,
}

/// Counters and histogram of one proxy.
pub(super) struct ProxyMetrics {
    registry: Registry,
    pub(super) downstream_requests: Counter,
    downstream_responses: Family<ClassLabel, Counter>,
    pub(super) in_flight: Gauge,
    pub(super) upstream_requests: Counter,
    upstream_responses: Family<ClassLabel, Counter>,
    pub(super) upstream_seconds: Histogram,
    pub(super) upstream_members: Gauge,
    failures: Family<FailureLabel, Counter>,
}

impl ProxyMetrics {
    pub(super) fn new() -> Self {
        let mut registry = Registry::default();
        registry.register_collector(Box::new(ProcessCollector));
        let own = registry.sub_registry_with_prefix("swarmlab_proxy");

        let downstream_requests = Counter::default();
        own.register("downstream_requests", "Requests received from clients", downstream_requests.clone());
        let downstream_responses = Family::default();
        let help = "Answers begun towards clients, the proxy's own among them";
        own.register("downstream_responses", help, downstream_responses.clone());
        let in_flight = Gauge::default();
        own.register("in_flight", "Requests received and not answered yet", in_flight.clone());

        let upstream_requests = Counter::default();
        let help = "Requests written to upstreams, counted when their outcome is known";
        own.register("upstream_requests", help, upstream_requests.clone());
        let upstream_responses = Family::default();
        own.register("upstream_responses", "Answers begun by upstreams", upstream_responses.clone());
        let upstream_seconds = Histogram::new(geometric_s(1e-4, 60.0, 1.1));
        let help = "From handing over a request to the end of its answer";
        own.register("upstream_seconds", help, upstream_seconds.clone());
        let upstream_members = Gauge::default();
        own.register("upstream_members", "Addresses that requests go to", upstream_members.clone());
        let failures = Family::default();
        own.register("upstream_failures", "Attempts without a complete answer", failures.clone());

        Self {
            registry,
            downstream_requests,
            downstream_responses,
            in_flight,
            upstream_requests,
            upstream_responses,
            upstream_seconds,
            upstream_members,
            failures,
        }
    }

    pub(super) fn registry(&self) -> &Registry {
        &self.registry
    }

    pub(super) fn failed(&self, reason: Failure) {
        self.failures.get_or_create(&FailureLabel { reason }).inc();
    }

    pub(super) fn upstream_answered(&self, status: StatusCode) {
        self.upstream_responses.get_or_create(&ClassLabel { class: class(status) }).inc();
    }

    pub(super) fn downstream_answered(&self, status: StatusCode) {
        self.downstream_responses.get_or_create(&ClassLabel { class: class(status) }).inc();
    }
}

fn class(status: StatusCode) -> &'static str {
    match status.as_u16() / 100 {
        1 => "1xx",
        2 => "2xx",
        3 => "3xx",
        4 => "4xx",
        5 => "5xx",
        _ => "other",
    }
}
