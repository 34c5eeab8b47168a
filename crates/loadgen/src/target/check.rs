//! Whether a target can be used, before the first connection.

use super::parse::{MAXIMUM_SOCKET_PATH_BYTES, is_host_name};
use super::{Endpoint, HttpVersion, LoadTarget, Reuse, Scheme, TargetError};

/// Most requests at once on one connection.
const MAXIMUM_STREAMS: usize = 10_000;

impl LoadTarget {
    /// Checks every field but the certificates and the presence of addresses.
    pub(crate) fn check(&self) -> Result<(), TargetError> {
        if self.host.is_empty() || !self.host.bytes().all(|b| (0x21..0x7f).contains(&b)) {
            return Err(TargetError::HostHeader(self.host.clone()));
        }
        self.check_base_path()?;
        match &self.endpoint {
            Endpoint::Addresses(_) => {}
            Endpoint::Name { host, .. } if !is_host_name(host) => {
                return Err(TargetError::Host { host: host.clone() });
            }
            Endpoint::Name { .. } => {}
            Endpoint::Unix(_) => self.check_socket_path()?,
        }
        let every_s = self.resolve_every_s;
        if every_s != 0.0 && !(0.01..=86_400.0).contains(&every_s) {
            return Err(TargetError::ResolveEvery(every_s.to_string()));
        }
        if self.connections == Reuse::PerRequest && self.scheme == Scheme::Redis {
            return Err(TargetError::Combination(
                "a Redis subscription cannot have a connection per request",
            ));
        }
        if self.connections == Reuse::PerRequest && self.http == HttpVersion::Http2 {
            return Err(TargetError::Combination("HTTP/2 has no connection per request: use HTTP/1.1"));
        }
        let lifetime = &self.lifetime;
        let is_time = |s: Option<f64>| s.is_none_or(|s| (0.001..=1e6).contains(&s));
        if !is_time(lifetime.max_age_s) || !is_time(lifetime.max_idle_s) || lifetime.max_requests == Some(0) {
            return Err(TargetError::Lifetime(
                "a connection's max_age and max_idle must be 0.001 to 1e6 seconds, its max_requests at least 1",
            ));
        }
        if !(1..=MAXIMUM_STREAMS).contains(&self.streams) {
            return Err(TargetError::Streams(self.streams));
        }
        let tls = &self.tls;
        if tls.client_cert_pem.is_some() != tls.client_key_pem.is_some() {
            return Err(TargetError::Combination(
                "a client certificate needs its private key, and the key it",
            ));
        }
        if tls.insecure && tls.ca_pem.is_some() {
            return Err(TargetError::Combination("a CA is of no use where any certificate is accepted"));
        }
        Ok(())
    }

    pub(super) fn check_base_path(&self) -> Result<(), TargetError> {
        let path = &self.base_path;
        let is_base = path.is_empty()
            || (path.starts_with('/')
                && !path.ends_with('/')
                && path.bytes().all(|b| (0x21..0x7f).contains(&b) && !matches!(b, b'?' | b'#')));
        if is_base { Ok(()) } else { Err(TargetError::BasePath { path: path.clone() }) }
    }

    pub(super) fn check_socket_path(&self) -> Result<(), TargetError> {
        let Endpoint::Unix(path) = &self.endpoint else { return Ok(()) };
        let bytes = path.as_os_str().as_encoded_bytes();
        if path.is_absolute() && bytes.len() <= MAXIMUM_SOCKET_PATH_BYTES && !bytes.contains(&0) {
            return Ok(());
        }
        Err(TargetError::SocketPath { path: path.to_string_lossy().into_owned() })
    }
}
