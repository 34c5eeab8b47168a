//! The way to each target, as one thread knows it.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use rustix::net::SocketAddrUnix;
use rustls::ClientConfig;
use rustls::client::Resumption;
use rustls::pki_types::ServerName;

use super::resolver::{AddressBook, Answers};
use super::socket::Address;
use super::tls::TlsStream;
use super::tls_config::TlsClient;
use super::wire::Wire;
use crate::engine::lifetime::Lifetime;
use crate::target::{Endpoint, HttpVersion, LoadTarget, Reuse};

/// TLS sessions a thread remembers per target, to resume them.
const SESSIONS: usize = 256;

/// The way to one target.
#[derive(Debug)]
pub(crate) struct Route {
    book: Arc<AddressBook>,
    addresses: Arc<[SocketAddr]>,
    unix: Option<SocketAddrUnix>,
    /// Which address is next.
    turn: usize,
    tls: Option<(Arc<ClientConfig>, ServerName<'static>)>,
    /// Whether each connection carries one request only.
    pub is_single_use: bool,
    /// How long a connection is used.
    pub lifetime: Lifetime,
    /// Whether requests share connections. Where the target has the choice: whether it chose so last, and true
    /// until it has chosen.
    pub is_shared: bool,
}

/// The ways to all targets, in their order.
#[derive(Debug)]
pub(crate) struct Routes {
    routes: Vec<Route>,
    /// Which answers of the name service they follow.
    generation: u64,
}

impl Routes {
    pub fn new(routes: Vec<Route>) -> Self {
        Self { routes, generation: 0 }
    }

    /// The way to a target.
    #[inline]
    pub fn to(&mut self, target: usize) -> &mut Route {
        &mut self.routes[target]
    }

    /// Whether requests may share connections, to some target.
    pub fn is_any_shared(&self) -> bool {
        self.routes.iter().any(|route| route.is_shared)
    }

    /// Takes what the name service has answered since. Whether any address changed.
    pub fn follow(&mut self, answers: &Answers) -> bool {
        let generation = answers.generation.load(Ordering::Acquire);
        if generation == self.generation {
            return false;
        }
        self.generation = generation;
        // Each is asked, whatever the others say.
        self.routes.iter_mut().filter_map(|route| route.refresh().then_some(())).count() > 0
    }
}

impl Route {
    /// `turn`: which address is first; threads begin at different ones.
    pub fn new(target: &LoadTarget, book: &Arc<AddressBook>, tls: Option<&TlsClient>, turn: usize) -> Self {
        let tls = tls.map(|(config, name)| {
            // A store of its own: threads share no lock, and each resumes what it began.
            let mut config = config.clone();
            config.resumption = Resumption::in_memory_sessions(SESSIONS);
            (Arc::new(config), name.clone())
        });
        let unix = match &target.endpoint {
            // Checked before; a path that is none after all fails as a connection.
            Endpoint::Unix(path) => SocketAddrUnix::new(path.as_path()).ok(),
            _ => None,
        };
        Self {
            addresses: book.current(),
            book: Arc::clone(book),
            unix,
            turn,
            tls,
            is_shared: match target.http {
                HttpVersion::Http1 => false,
                HttpVersion::Http2 => true,
                HttpVersion::Negotiate => target.is_tls() && target.connections == Reuse::KeepAlive,
            },
            is_single_use: target.connections == Reuse::PerRequest,
            lifetime: Lifetime::new(&target.lifetime),
        }
    }

    /// Where the next connection goes.
    pub fn next_address(&mut self) -> Option<Address> {
        if let Some(unix) = &self.unix {
            return Some(Address::Unix(unix.clone()));
        }
        let address = *self.addresses.get(self.turn % self.addresses.len().max(1))?;
        self.turn = self.turn.wrapping_add(1);
        Some(Address::Inet(address))
    }

    /// Takes the newest addresses. Whether they changed.
    fn refresh(&mut self) -> bool {
        let newest = self.book.current();
        let changed = newest != self.addresses;
        self.addresses = newest;
        changed
    }

    /// Whether connections to `address` shall stay.
    pub fn has(&self, address: &SocketAddr) -> bool {
        self.addresses.contains(address)
    }

    /// What a new connection speaks through.
    pub fn wire(&self) -> Result<Wire, rustls::Error> {
        match &self.tls {
            None => Ok(Wire::Plain),
            Some((config, name)) => Ok(Wire::Tls(Box::new(TlsStream::new(config, name)?))),
        }
    }
}
