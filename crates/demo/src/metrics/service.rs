//! The metrics every service of the sample application publishes.

use std::sync::Arc;
use std::time::Duration;

use hyper::{Method, StatusCode};
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeLabelSet};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

use super::buckets::geometric_s;
use super::process::{ProcessCollector, counter_f64, gauge};
use crate::endpoint::{Endpoint, MethodLabel};
use crate::station::Station;

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RequestLabels {
    endpoint: Endpoint,
    method: MethodLabel,
    code: u16,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct EndpointLabel {
    endpoint: Endpoint,
}

/// Counters and histograms of one service.
pub(crate) struct ServiceMetrics {
    registry: Registry,
    requests: Family<RequestLabels, Counter>,
    seconds: Family<EndpointLabel, Histogram, fn() -> Histogram>,
    pub(crate) in_flight: Gauge,
    pub(crate) proofs: Counter,
}

impl ServiceMetrics {
    pub(crate) fn new(station: &Arc<Station>) -> Self {
        let requests = Family::default();
        let seconds = Family::new_with_constructor(histogram as fn() -> Histogram);
        let (in_flight, proofs) = (Gauge::default(), Counter::default());
        let mut registry = Registry::default();
        registry.register("demo_requests", "Application requests answered", requests.clone());
        registry.register("demo_request_seconds", "Time from head to answer", seconds.clone());
        registry.register("demo_in_flight", "Application requests being worked on", in_flight.clone());
        registry.register("demo_proof_requests", "Requests to /proof", proofs.clone());
        registry.register_collector(Box::new(StationCollector(Arc::clone(station))));
        registry.register_collector(Box::new(ProcessCollector));
        Self { registry, requests, seconds, in_flight, proofs }
    }

    /// Counts one answered application request.
    pub(crate) fn answered(&self, endpoint: Endpoint, method: &Method, status: StatusCode, took: Duration) {
        let labels = RequestLabels { endpoint, method: MethodLabel::of(method), code: status.as_u16() };
        self.requests.get_or_create(&labels).inc();
        self.seconds.get_or_create(&EndpointLabel { endpoint }).observe(took.as_secs_f64());
    }

    pub(crate) fn registry_mut(&mut self) -> &mut Registry {
        &mut self.registry
    }

    pub(crate) fn registry(&self) -> &Registry {
        &self.registry
    }
}

fn histogram() -> Histogram {
    Histogram::new(geometric_s(5e-4, 60.0, 1.25))
}

struct StationCollector(Arc<Station>);

impl std::fmt::Debug for StationCollector {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("StationCollector")
    }
}

impl Collector for StationCollector {
    fn encode(&self, mut encoder: DescriptorEncoder) -> Result<(), std::fmt::Error> {
        let (demanded_s, burned_s) = (self.0.demanded_s(), self.0.burned_s());
        let queued = i64::try_from(self.0.queue_length()).unwrap_or(i64::MAX);
        counter_f64(&mut encoder, "demo_cpu_burned_seconds", "CPU burned for requests", burned_s)?;
        counter_f64(&mut encoder, "demo_cpu_demanded_seconds", "Sum of the demands drawn", demanded_s)?;
        gauge(&mut encoder, "demo_queue_length", "Requests waiting for a thread that burns", queued)
    }
}
