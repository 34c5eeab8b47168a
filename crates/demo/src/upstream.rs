//! One service called by another: small JSON requests with a deadline.

use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HOST, HeaderValue};
use hyper::{Method, Request, StatusCode};

use crate::base_url::BaseUrl;
use crate::pool::{ConnectError, Pool, SendError};
use crate::reply::{JSON, Reply};

/// Longest answer that is read, in bytes.
const MAX_ANSWER_BYTES: usize = 4 << 20;
/// A service on the same network that takes longer to accept is down.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);

/// A service and the connections to it.
pub(crate) struct Upstream {
    name: &'static str,
    base: BaseUrl,
    host: HeaderValue,
    pool: Pool<Full<Bytes>>,
    timeout: Duration,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CallError {
    #[error("cannot connect: {0}")]
    Connect(#[from] ConnectError),
    #[error("the connection broke: {0}")]
    Broken(Box<dyn std::error::Error + Send + Sync>),
    #[error("no answer within {} ms", .0.as_millis())]
    TimedOut(Duration),
}

impl CallError {
    /// What the caller's own client is told.
    fn status(&self) -> StatusCode {
        match self {
            Self::Connect(_) => StatusCode::SERVICE_UNAVAILABLE,
            Self::Broken(_) => StatusCode::BAD_GATEWAY,
            Self::TimedOut(_) => StatusCode::GATEWAY_TIMEOUT,
        }
    }
}

impl Upstream {
    pub(crate) fn new(
        name: &'static str,
        base: BaseUrl,
        timeout: Duration,
    ) -> Result<Self, crate::DemoError> {
        let host = HeaderValue::from_str(base.authority())
            .map_err(|_| crate::DemoError::Config(format!("`{base}` is no address of {name}")))?;
        let pool = Pool::new(base.host(), base.port(), CONNECT_TIMEOUT);
        Ok(Self { name, base, host, pool, timeout })
    }

    pub(crate) fn base(&self) -> &BaseUrl {
        &self.base
    }

    /// Calls and translates: what the service says about the request (2xx, 4xx) is passed on as it is;
    /// what is wrong with the service becomes 502, 503 or 504 with the reason.
    pub(crate) async fn relay(
        &self,
        method: Method,
        path: &'static str,
        authorization: Option<HeaderValue>,
        body: Bytes,
    ) -> Reply {
        let reply = match self.call(method, path, authorization, body).await {
            Ok(reply) => reply,
            Err(error) => return Reply::error(error.status(), &format!("{}: {error}", self.name)),
        };
        match reply.status {
            StatusCode::BAD_GATEWAY | StatusCode::SERVICE_UNAVAILABLE | StatusCode::GATEWAY_TIMEOUT => {
                Reply::error(reply.status, &format!("{} answered {}", self.name, reply.status))
            }
            status if status.is_success() => reply,
            // A proxy on the way refuses in plain text; clients are promised JSON.
            status if status.is_client_error() && !is_json(&reply.body) => {
                Reply::error(status, &format!("{} answered {status}", self.name))
            }
            status if status.is_client_error() => reply,
            status => Reply::error(StatusCode::BAD_GATEWAY, &format!("{} answered {status}", self.name)),
        }
    }

    /// Sends one request. It is sent again only when its connection was found closed before anything was
    /// written, so the other side counts it once at most.
    pub(crate) async fn call(
        &self,
        method: Method,
        path: &'static str,
        authorization: Option<HeaderValue>,
        body: Bytes,
    ) -> Result<Reply, CallError> {
        let mut request = Request::builder().method(method).uri(path).header(HOST, self.host.clone());
        if let Some(authorization) = authorization {
            request = request.header(AUTHORIZATION, authorization);
        }
        if !body.is_empty() {
            request = request.header(CONTENT_TYPE, JSON);
        }
        let request = request.body(Full::new(body)).map_err(|error| CallError::Broken(error.into()))?;
        let exchange = tokio::time::timeout(self.timeout, self.exchange(request));
        exchange.await.map_err(|_| CallError::TimedOut(self.timeout))?
    }

    async fn exchange(&self, mut request: Request<Full<Bytes>>) -> Result<Reply, CallError> {
        loop {
            let mut connection = self.pool.take().await?;
            match connection.send(request).await {
                Ok(response) => {
                    let (head, body) = response.into_parts();
                    let body = Limited::new(body, MAX_ANSWER_BYTES).collect().await;
                    let body = body.map_err(CallError::Broken)?.to_bytes();
                    self.pool.put_back(connection);
                    return Ok(Reply { status: head.status, body, cookie: None });
                }
                Err(SendError::Unsent(back)) if !connection.is_fresh() => request = *back,
                Err(SendError::Unsent(_)) => {
                    return Err(CallError::Broken("closed before the request was sent".into()));
                }
                Err(SendError::Broken(error)) => return Err(CallError::Broken(error.into())),
            }
        }
    }
}

fn is_json(body: &[u8]) -> bool {
    serde_json::from_slice::<serde::de::IgnoredAny>(body).is_ok()
}
