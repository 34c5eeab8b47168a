//! What the roles publish about themselves, in the OpenMetrics text format that Prometheus reads.

pub(crate) mod buckets;
pub(crate) mod process;
pub(crate) mod service;

use http_body_util::Full;
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::{Response, StatusCode};
use prometheus_client::registry::Registry;

use crate::reply::Reply;

/// The answer to `GET /metrics`.
pub(crate) fn exposition(registry: &Registry) -> Response<Full<bytes::Bytes>> {
    const OPEN_METRICS: HeaderValue =
        HeaderValue::from_static("application/openmetrics-text; version=1.0.0; charset=utf-8");
    let mut text = String::with_capacity(16 << 10);
    if prometheus_client::encoding::text::encode(&mut text, registry).is_err() {
        let reason = "the metrics cannot be written";
        return Reply::error(StatusCode::INTERNAL_SERVER_ERROR, reason).into_response();
    }
    let mut response = Response::new(Full::new(text.into()));
    response.headers_mut().insert(CONTENT_TYPE, OPEN_METRICS);
    response
}

/// Counts what is going on; counted down when dropped, however the request ends.
pub(crate) struct InFlight(prometheus_client::metrics::gauge::Gauge);

impl InFlight {
    pub(crate) fn enter(gauge: &prometheus_client::metrics::gauge::Gauge) -> Self {
        gauge.inc();
        Self(gauge.clone())
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.dec();
    }
}
