//! The gateway: the one service clients talk to. Each request becomes exactly one request to a service
//! behind it, so the counts on both sides can be compared.

use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use hyper::{Method, StatusCode};
use tokio::net::TcpListener;

use crate::base_url::BaseUrl;
use crate::demand::DemandConfig;
use crate::endpoint::Endpoint;
use crate::error::{DemoError, listen};
use crate::reply::Reply;
use crate::service::{self, AppRequest, Application, Proof};
use crate::upstream::Upstream;

/// Settings of the gateway.
#[derive(Debug, Clone)]
pub struct GatewayConfig {
    /// Where to listen; in a container `0.0.0.0:8080`.
    pub listen: SocketAddr,
    /// CPU demand of one request.
    pub demand: DemandConfig,
    /// Where `ms-exercise`, or the proxy before it, is.
    pub ms_exercise: BaseUrl,
    /// Where `ms-other`, or the proxy before it, is.
    pub ms_other: BaseUrl,
    /// How long one call may take from connecting to the end of the answer; then the client gets 504.
    pub upstream_timeout: Duration,
}

/// Serves until `shutdown` resolves, then answers what is in flight.
///
/// # Errors
/// The address cannot be bound, or a setting cannot work.
pub async fn run(config: GatewayConfig, shutdown: impl Future<Output = ()>) -> Result<(), DemoError> {
    let listener = listen(config.listen).await?;
    serve_on(listener, config, shutdown).await
}

/// [`run`] on a listener that is bound already (`config.listen` is not used).
///
/// # Errors
/// A setting cannot work.
pub async fn serve_on(
    listener: TcpListener,
    config: GatewayConfig,
    shutdown: impl Future<Output = ()>,
) -> Result<(), DemoError> {
    let gateway = Gateway {
        ms_exercise: Upstream::new("ms-exercise", config.ms_exercise, config.upstream_timeout)?,
        ms_other: Upstream::new("ms-other", config.ms_other, config.upstream_timeout)?,
    };
    service::serve(gateway, &config.demand, listener, shutdown).await
}

struct Gateway {
    ms_exercise: Upstream,
    ms_other: Upstream,
}

impl Application for Gateway {
    async fn ready(&self) -> Result<(), String> {
        Ok(())
    }

    async fn proof(&self) -> Vec<Proof> {
        let (exercise, other) = tokio::join!(touch(&self.ms_exercise), touch(&self.ms_other));
        vec![exercise, other]
    }

    async fn handle(&self, request: AppRequest) -> Reply {
        let (service, method, path) = match request.endpoint {
            Endpoint::login => (&self.ms_other, Method::POST, "/login"),
            Endpoint::verify => (&self.ms_other, Method::GET, "/verify"),
            Endpoint::logout => (&self.ms_other, Method::POST, "/logout"),
            Endpoint::create_exercise => (&self.ms_exercise, Method::POST, "/exercises"),
            Endpoint::list_exercises => (&self.ms_exercise, Method::GET, "/exercises"),
            _ => return Reply::error(StatusCode::NOT_FOUND, "no such endpoint"),
        };
        let body = if method == Method::POST { request.body } else { Bytes::new() };
        service.relay(method, path, request.authorization, body).await
    }
}

async fn touch(service: &Upstream) -> Proof {
    let answer = service.call(Method::GET, "/healthz", None, Bytes::new()).await;
    let error = match answer {
        Ok(reply) if reply.status == StatusCode::OK => None,
        Ok(reply) => Some(format!("/healthz answered {}", reply.status)),
        Err(error) => Some(error.to_string()),
    };
    Proof { target: service.base().to_string(), error }
}
