//! What the three services have in common: health, metrics, proof, the configured demand, the counting.

use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::body::Incoming;
use hyper::header::{AUTHORIZATION, COOKIE, HeaderValue};
use hyper::{Method, Request, Response, StatusCode, Uri};
use prometheus_client::registry::Registry;
use tokio::net::TcpListener;

use crate::demand::DemandConfig;
use crate::endpoint::Endpoint;
use crate::error::DemoError;
use crate::metrics::service::ServiceMetrics;
use crate::metrics::{InFlight, exposition};
use crate::reply::Reply;
use crate::server;
use crate::station::Station;

/// Longest request body that is read, in bytes.
const MAX_BODY_BYTES: usize = 64 << 10;

/// What a role does itself.
pub(crate) trait Application: Send + Sync + 'static {
    /// Whether requests can be answered now; the reason if not. Asked by each health check.
    fn ready(&self) -> impl Future<Output = Result<(), String>> + Send;

    /// Touches everything this service depends on, through the configured addresses.
    fn proof(&self) -> impl Future<Output = Vec<Proof>> + Send;

    /// The name under which a request is counted.
    fn endpoint(&self, method: &Method, path: &str) -> Endpoint {
        Endpoint::of(method, path)
    }

    /// Which of the role's demands a request causes: its place in the list given to [`serve_classes`].
    fn demand_class(&self, _request: &AppRequest) -> usize {
        0
    }

    /// Adds what this role counts beside the common metrics.
    fn register(&self, _registry: &mut Registry) {}

    /// Answers one application request, after its CPU demand was burned.
    fn handle(&self, request: AppRequest) -> impl Future<Output = Reply> + Send;
}

/// An application request with its body read.
pub(crate) struct AppRequest {
    pub(crate) endpoint: Endpoint,
    pub(crate) uri: Uri,
    pub(crate) authorization: Option<HeaderValue>,
    pub(crate) cookie: Option<HeaderValue>,
    pub(crate) body: Bytes,
}

/// Whether one dependency answered.
#[derive(Debug, serde::Serialize)]
pub(crate) struct Proof {
    /// The address that was asked.
    pub(crate) target: String,
    /// `null` when it answered as it should.
    pub(crate) error: Option<String>,
}

struct Service<A> {
    application: A,
    station: Arc<Station>,
    metrics: ServiceMetrics,
}

/// Serves one role on `listener` until `shutdown`; every request has the same demand.
pub(crate) async fn serve<A: Application>(
    application: A,
    demand: &DemandConfig,
    listener: TcpListener,
    shutdown: impl Future<Output = ()>,
) -> Result<(), DemoError> {
    serve_classes(application, demand, &[demand.mean_ms], listener, shutdown).await
}

/// [`serve`] with one mean demand (milliseconds of CPU) for each class of requests; `demand.mean_ms` is not
/// used. All classes share one queue and its threads.
pub(crate) async fn serve_classes<A: Application>(
    application: A,
    demand: &DemandConfig,
    class_means_ms: &[f64],
    listener: TcpListener,
    shutdown: impl Future<Output = ()>,
) -> Result<(), DemoError> {
    let station = Arc::new(Station::start(demand, class_means_ms)?);
    let mut metrics = ServiceMetrics::new(&station);
    application.register(metrics.registry_mut());
    let service = Arc::new(Service { application, station, metrics });
    let handler = move |request| Arc::clone(&service).answer(request);
    server::serve(listener, true, handler, shutdown).await;
    Ok(())
}

impl<A: Application> Service<A> {
    async fn answer(self: Arc<Self>, request: Request<Incoming>) -> Response<Full<Bytes>> {
        match (request.method(), request.uri().path()) {
            (&Method::GET, "/metrics") => exposition(self.metrics.registry()),
            (&Method::GET, "/healthz") => self.health().await.into_response(),
            (&Method::GET, "/proof") => self.proof().await.into_response(),
            _ => {
                // A task of its own: a client that leaves does not take back the CPU demand it caused, so
                // what is burned and what is counted stay equal.
                let answer = tokio::spawn(self.application_request(request)).await;
                let failed = |_| Reply::error(StatusCode::INTERNAL_SERVER_ERROR, "the request failed");
                answer.unwrap_or_else(failed).into_response()
            }
        }
    }

    async fn application_request(self: Arc<Self>, request: Request<Incoming>) -> Reply {
        let started = Instant::now();
        let _in_flight = InFlight::enter(&self.metrics.in_flight);
        let (head, body) = request.into_parts();
        let endpoint = self.application.endpoint(&head.method, head.uri.path());
        let authorization = head.headers.get(AUTHORIZATION).cloned();
        let cookie = head.headers.get(COOKIE).cloned();
        let reply = match Limited::new(body, MAX_BODY_BYTES).collect().await {
            Ok(body) => {
                let (uri, body) = (head.uri, body.to_bytes());
                let request = AppRequest { endpoint, uri, authorization, cookie, body };
                self.station.serve(self.application.demand_class(&request)).await;
                self.application.handle(request).await
            }
            // A request that cannot be read is a request: it costs what the first class costs.
            Err(error) => {
                self.station.serve(0).await;
                match error.is::<LengthLimitError>() {
                    true => {
                        let reason = format!("more than {MAX_BODY_BYTES} bytes");
                        Reply::error(StatusCode::PAYLOAD_TOO_LARGE, &reason)
                    }
                    false => Reply::error(StatusCode::BAD_REQUEST, "the request's body broke off"),
                }
            }
        };
        self.metrics.answered(endpoint, &head.method, reply.status, started.elapsed());
        reply
    }

    async fn health(&self) -> Reply {
        match self.application.ready().await {
            Ok(()) => Reply::json(StatusCode::OK, &serde_json::json!({ "status": "ok" })),
            Err(reason) => Reply::error(StatusCode::SERVICE_UNAVAILABLE, &reason),
        }
    }

    async fn proof(&self) -> Reply {
        self.metrics.proofs.inc();
        let proofs = self.application.proof().await;
        let status = match proofs.iter().all(|proof| proof.error.is_none()) {
            true => StatusCode::OK,
            false => StatusCode::BAD_GATEWAY,
        };
        Reply::json(status, &serde_json::json!({ "touched": proofs }))
    }
}
