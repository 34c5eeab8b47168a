//! Names to addresses.

use std::fmt;
use std::io;
use std::net::{SocketAddr, ToSocketAddrs};

/// Turns a name into addresses. Called on a thread of its own, never on one that sends load, so it may block.
pub trait Resolve: fmt::Debug + Send + Sync {
    /// All addresses of `host` with `port`; connections are spread over all of them.
    ///
    /// # Errors
    /// Why there is no answer.
    fn resolve(&self, host: &str, port: u16) -> io::Result<Vec<SocketAddr>>;
}

/// The system's name service (`getaddrinfo`). Of a name with addresses of both families only those of IPv4
/// are used: where one family has no route, half of all connections would fail otherwise, and the engine,
/// unlike a browser (RFC 8305), must not hide a target that fails behind another one.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemResolver;

impl Resolve for SystemResolver {
    fn resolve(&self, host: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
        let mut addresses: Vec<SocketAddr> = (host, port).to_socket_addrs()?.collect();
        if addresses.iter().any(SocketAddr::is_ipv4) {
            addresses.retain(SocketAddr::is_ipv4);
        }
        Ok(addresses)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn one_family_is_used() {
        let addresses = SystemResolver.resolve("localhost", 80).unwrap();
        assert!(addresses.contains(&"127.0.0.1:80".parse().unwrap()), "{addresses:?}");
        assert!(addresses.iter().all(SocketAddr::is_ipv4));
        assert!(SystemResolver.resolve("no-such-name.invalid", 80).is_err());
    }
}
