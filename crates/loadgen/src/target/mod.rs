//! Where a load goes: scheme, host, endpoint, protocol, reuse of connections, and TLS.

mod check;
mod parse;
mod resolve;
mod tls;

#[cfg(test)]
mod tests;

use std::net::SocketAddr;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

pub use parse::TargetError;
pub use resolve::{Resolve, SystemResolver};
pub use tls::{Secret, TlsOptions};

/// How long an answer of the name service is used, seconds, unless a target says otherwise.
const RESOLVE_EVERY_S: f64 = 10.0;
/// Requests on one connection of HTTP/2, unless a target says otherwise.
const STREAMS: usize = 100;

/// One thing that is loaded. A load may have several; a step names the one it goes to.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LoadTarget {
    /// Name by which steps refer to it, and which messages show; unique within a load.
    pub name: String,
    /// What is spoken, and whether under TLS.
    pub scheme: Scheme,
    /// Value of the `Host` header (`:authority` in HTTP/2).
    pub host: String,
    /// Put before the path of each step: empty, or `/…` without a slash at its end.
    pub base_path: String,
    /// Where connections go.
    pub endpoint: Endpoint,
    /// Version of HTTP; without meaning for Redis.
    pub http: HttpVersion,
    /// Whether connections are used again.
    pub connections: Reuse,
    /// How long a connection is used.
    pub lifetime: ConnectionLifetime,
    /// Requests that may share a connection of HTTP/2; the target may allow fewer. Each goes to the connection
    /// that was last used and has room, so fewer make more connections.
    pub streams: usize,
    /// Certificates and names; without meaning unless the scheme is [`Scheme::Https`].
    pub tls: TlsOptions,
    /// How often the name of an [`Endpoint::Name`] is resolved again, seconds; 0: only at the start.
    pub resolve_every_s: f64,
    /// Who authenticates to Redis.
    pub credentials: Option<Credentials>,
}

/// What is spoken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scheme {
    /// HTTP without TLS.
    Http,
    /// HTTP under TLS.
    Https,
    /// Redis (RESP) without TLS.
    Redis,
}

/// Where connections go.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Endpoint {
    /// Addresses that never change; connections are spread over all of them in turn.
    Addresses(Vec<SocketAddr>),
    /// A name, resolved at the start and every [`LoadTarget::resolve_every_s`]; connections are spread over all
    /// addresses of the newest answer in turn.
    Name {
        /// The name.
        host: String,
        /// The TCP port.
        port: u16,
    },
    /// A Unix stream socket.
    Unix(PathBuf),
}

/// Version of HTTP.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HttpVersion {
    /// HTTP/1.1; under TLS ALPN offers `http/1.1`.
    #[default]
    Http1,
    /// HTTP/2 with prior knowledge; under TLS ALPN offers `h2` and the target must choose it.
    Http2,
    /// What ALPN agrees on: offers `h2` and `http/1.1`. Without TLS it is HTTP/1.1.
    Negotiate,
}

/// Whether connections are used again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reuse {
    /// A connection is kept as long as both sides allow.
    #[default]
    KeepAlive,
    /// A new connection for each request, which says `Connection: close`.
    PerRequest,
}

/// How long a connection is used. What exceeds a bound ends between two requests, never under one; the next request opens
/// another connection. Behind a proxy or balancer that chooses where each connection goes, this spreads the load anew.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ConnectionLifetime {
    /// Since it was established, seconds.
    pub max_age_s: Option<f64>,
    /// Requests that it carries.
    pub max_requests: Option<u64>,
    /// Without a request, seconds.
    pub max_idle_s: Option<f64>,
}

/// Who authenticates to Redis (`AUTH`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Credentials {
    /// User of an ACL; `None`: the default user.
    pub user: Option<String>,
    /// Its password.
    pub password: Secret,
}

impl LoadTarget {
    /// A target of plain HTTP/1.1 at fixed addresses.
    pub fn plain(addresses: Vec<SocketAddr>, host: impl Into<String>) -> Self {
        let host = host.into();
        Self::new(Scheme::Http, host, Endpoint::Addresses(addresses))
    }

    /// A target with the usual settings, named after its host.
    pub fn new(scheme: Scheme, host: impl Into<String>, endpoint: Endpoint) -> Self {
        let host = host.into();
        Self {
            name: host.clone(),
            scheme,
            host,
            base_path: String::new(),
            endpoint,
            http: HttpVersion::default(),
            connections: Reuse::default(),
            lifetime: ConnectionLifetime::default(),
            streams: STREAMS,
            tls: TlsOptions::default(),
            resolve_every_s: RESOLVE_EVERY_S,
            credentials: None,
        }
    }

    /// Whether connections are under TLS.
    pub fn is_tls(&self) -> bool {
        self.scheme == Scheme::Https
    }
}
