//! A reverse proxy before one service, for testbeds without Envoy.
//!
//! It forwards HTTP/1.1 to a list of addresses in turn, streams bodies, and takes away what belongs to one
//! hop only. What it counts and times it publishes on a listener of its own ([`ProxyConfig::admin`]):
//! `GET /metrics`, `GET /healthz`, `GET /upstreams` (the list, as JSON), `PUT /upstreams` (replaces it, on a
//! loopback listener only; with `?drain_s=SECONDS` the answer comes once no request is under way to an address that
//! went, so that its replica can be stopped without losing one).
//!
//! A request goes to another address, or again to the same one, only while nothing of it was written. So a
//! request that a client sent once never counts twice behind the proxy.

mod admin;
mod body;
mod forward;
mod hop;
mod metrics;
mod upstreams;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::oneshot;

use crate::error::{DemoError, listen};
use crate::server;

pub use upstreams::{Draining, UpstreamsHandle};

/// Settings of the proxy.
#[derive(Debug, Clone)]
pub struct ProxyConfig {
    /// Where clients connect.
    pub listen: SocketAddr,
    /// Where metrics are read and the list of addresses is set; best on loopback, for whoever reaches it
    /// may set the list.
    pub admin: SocketAddr,
    /// The replicas of the service; may be empty at first (then the answer is 503).
    pub upstreams: Vec<SocketAddr>,
    /// How long an address may take to accept a connection before the next one is tried.
    pub connect_timeout: Duration,
    /// How long an answer's head may take after the request was sent; then the client gets 504. `None`
    /// waits as long as the client does.
    pub response_timeout: Option<Duration>,
}

/// Serves until `shutdown` resolves, then answers what is in flight.
///
/// # Errors
/// One of the two addresses cannot be bound.
pub async fn run(config: ProxyConfig, shutdown: impl Future<Output = ()>) -> Result<(), DemoError> {
    let listener = listen(config.listen).await?;
    let admin = listen(config.admin).await?;
    Proxy::new(&config).serve_on(listener, admin, shutdown).await;
    Ok(())
}

/// A proxy that is set up and does not listen yet.
pub struct Proxy {
    forwarder: Arc<forward::Forwarder>,
}

impl Proxy {
    /// Sets it up; `config.listen` and `config.admin` are for [`run`] alone.
    pub fn new(config: &ProxyConfig) -> Self {
        let upstreams = UpstreamsHandle::new(&config.upstreams, config.connect_timeout);
        Self { forwarder: Arc::new(forward::Forwarder::new(upstreams, config.response_timeout)) }
    }

    /// The way to replace the list of addresses while the proxy serves.
    pub fn upstreams(&self) -> UpstreamsHandle {
        self.forwarder.upstreams.clone()
    }

    /// Serves on listeners that are bound already, until `shutdown` resolves and what is in flight is
    /// answered. The admin listener is the last to stop, so the final counts can be read while draining.
    pub async fn serve_on(
        self,
        listener: TcpListener,
        admin: TcpListener,
        shutdown: impl Future<Output = ()>,
    ) {
        let forwarder = self.forwarder;
        let (stop_admin, admin_stops) = oneshot::channel::<()>();
        let for_admin = Arc::clone(&forwarder);
        let may_set = admin.local_addr().is_ok_and(|address| address.ip().is_loopback());
        let serve_admin = server::serve(
            admin,
            true,
            move |request| admin::answer(Arc::clone(&for_admin), may_set, request),
            async {
                let _ = admin_stops.await;
            },
        );
        let serve_clients = async {
            // No date header: the proxy adds nothing to an answer.
            server::serve(listener, false, move |request| Arc::clone(&forwarder).forward(request), shutdown)
                .await;
            drop(stop_admin);
        };
        tokio::join!(serve_clients, serve_admin);
    }
}
