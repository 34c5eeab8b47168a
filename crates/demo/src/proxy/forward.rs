//! The way of one request through the proxy.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http_body_util::{Either, Full};
use hyper::body::Incoming;
use hyper::header::{HOST, HeaderValue};
use hyper::{Method, Request, Response, StatusCode, Uri, Version};

use super::body::{ForwardedBody, Pending};
use super::hop;
use super::metrics::{Failure, ProxyMetrics};
use super::upstreams::{Upstream, UpstreamsHandle};
use crate::metrics::InFlight;
use crate::pool::{ConnectError, Connection, SendError};
use crate::reply::Reply;

/// An upstream's body, or the proxy's own words.
pub(super) type ProxyBody = Either<ForwardedBody, Full<Bytes>>;

/// Everything a request needs on its way.
pub(super) struct Forwarder {
    pub(super) upstreams: UpstreamsHandle,
    pub(super) metrics: ProxyMetrics,
    response_timeout: Option<Duration>,
}

/// How one attempt with one upstream ended without an answer.
enum Failed {
    /// Nothing was written: another address may be tried with the request.
    Unsent(Box<Request<Incoming>>),
    /// The request may have been received; the client is told.
    Sent(StatusCode, &'static str),
}

/// The head of an answer, and the connection on which the body is to come.
struct Answer {
    response: Response<Incoming>,
    connection: Connection<Incoming>,
    sent: Instant,
}

impl Forwarder {
    pub(super) fn new(upstreams: UpstreamsHandle, response_timeout: Option<Duration>) -> Self {
        Self { upstreams, metrics: ProxyMetrics::new(), response_timeout }
    }

    pub(super) async fn forward(self: Arc<Self>, request: Request<Incoming>) -> Response<ProxyBody> {
        self.metrics.downstream_requests.inc();
        let in_flight = InFlight::enter(&self.metrics.in_flight);
        let response = match outgoing(request) {
            Ok(request) => self.try_in_turn(request, in_flight).await,
            Err(reply) => own_words(reply),
        };
        self.metrics.downstream_answered(response.status());
        response
    }

    async fn try_in_turn(
        self: &Arc<Self>,
        mut request: Request<Incoming>,
        in_flight: InFlight,
    ) -> Response<ProxyBody> {
        for upstream in self.upstreams.in_turn() {
            match self.attempt(&upstream, request).await {
                Ok(Answer { response, connection, sent }) => {
                    let (mut head, body) = response.into_parts();
                    hop::strip(&mut head.headers);
                    head.version = Version::HTTP_11;
                    let forwarder = Arc::clone(self);
                    let pending = Pending { forwarder, upstream, connection, sent, in_flight };
                    return Response::from_parts(head, Either::Left(ForwardedBody::new(body, pending)));
                }
                Err(Failed::Unsent(back)) => request = *back,
                Err(Failed::Sent(status, reason)) => return own_words(Reply::error(status, reason)),
            }
        }
        self.metrics.failed(Failure::no_upstream);
        own_words(Reply::error(StatusCode::SERVICE_UNAVAILABLE, "no upstream accepts connections"))
    }

    /// Tries one upstream, on kept connections and in the end on a new one.
    async fn attempt(&self, upstream: &Upstream, mut request: Request<Incoming>) -> Result<Answer, Failed> {
        if !request.headers().contains_key(HOST) {
            // Only an HTTP/1.0 client may leave it out, and HTTP/1.1 must have it.
            if let Ok(host) = HeaderValue::from_str(&upstream.address.to_string()) {
                request.headers_mut().insert(HOST, host);
            }
        }
        loop {
            let mut connection = match upstream.pool.take().await {
                Ok(connection) => connection,
                Err(error) => {
                    self.metrics.failed(match error {
                        ConnectError::Refused(_) => Failure::connect,
                        ConnectError::TimedOut(_) => Failure::connect_timeout,
                    });
                    return Err(Failed::Unsent(Box::new(request)));
                }
            };
            let sent = Instant::now();
            let mut outcome = Outcome { metrics: &self.metrics, failure: Some(Failure::client_left) };
            match self.within_response_timeout(connection.send(request)).await {
                Some(Ok(response)) => {
                    outcome.failure = None;
                    self.metrics.upstream_answered(response.status());
                    return Ok(Answer { response, connection, sent });
                }
                Some(Err(SendError::Unsent(back))) => {
                    outcome.not_written();
                    if connection.is_fresh() {
                        self.metrics.failed(Failure::closed);
                        return Err(Failed::Unsent(back));
                    }
                    request = *back;
                }
                Some(Err(SendError::Broken(error))) => {
                    tracing::debug!(%error, address = %upstream.address, "upstream connection broke");
                    outcome.failure = Some(Failure::reset);
                    return Err(Failed::Sent(StatusCode::BAD_GATEWAY, "the upstream connection broke"));
                }
                None => {
                    outcome.failure = Some(Failure::response_timeout);
                    return Err(Failed::Sent(StatusCode::GATEWAY_TIMEOUT, "the upstream took too long"));
                }
            }
        }
    }

    async fn within_response_timeout<F: Future>(&self, answer: F) -> Option<F::Output> {
        match self.response_timeout {
            Some(bound) => tokio::time::timeout(bound, answer).await.ok(),
            None => Some(answer.await),
        }
    }
}

/// Counts a request that was written, when its outcome is known; also when the client leaves meanwhile and
/// the whole attempt is dropped.
struct Outcome<'a> {
    metrics: &'a ProxyMetrics,
    failure: Option<Failure>,
}

impl Outcome<'_> {
    fn not_written(self) {
        std::mem::forget(self);
    }
}

impl Drop for Outcome<'_> {
    fn drop(&mut self) {
        self.metrics.upstream_requests.inc();
        if let Some(failure) = self.failure {
            self.metrics.failed(failure);
        }
    }
}

/// The request as the upstream shall see it: path and query only, HTTP/1.1, without what belongs to the
/// client's hop.
fn outgoing(mut request: Request<Incoming>) -> Result<Request<Incoming>, Reply> {
    if request.method() == Method::CONNECT {
        return Err(Reply::error(StatusCode::NOT_IMPLEMENTED, "CONNECT is not supported"));
    }
    if request.uri().authority().is_some() {
        let path = request.uri().path_and_query().cloned();
        *request.uri_mut() = path.map_or(Uri::from_static("/"), Uri::from);
    }
    *request.version_mut() = Version::HTTP_11;
    hop::strip(request.headers_mut());
    Ok(request)
}

fn own_words(reply: Reply) -> Response<ProxyBody> {
    reply.into_response().map(Either::Right)
}
