//! The addresses behind the proxy, taken in turn.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError, RwLock, Weak};
use std::time::Duration;

use hyper::body::Incoming;

use crate::pool::Pool;

/// Between two looks at requests that are waited for.
const LOOK_AGAIN: Duration = Duration::from_millis(5);

/// One address and the connections kept to it.
pub(super) struct Upstream {
    pub(super) address: SocketAddr,
    pub(super) pool: Pool<Incoming>,
}

/// The list of a proxy; clones are the same list.
#[derive(Clone)]
pub struct UpstreamsHandle {
    list: Arc<RwLock<Arc<[Arc<Upstream>]>>>,
    turn: Arc<AtomicUsize>,
    connect_timeout: Duration,
}

impl UpstreamsHandle {
    pub(super) fn new(addresses: &[SocketAddr], connect_timeout: Duration) -> Self {
        let handle = Self { list: Arc::new(RwLock::new([].into())), turn: Arc::default(), connect_timeout };
        handle.replace(addresses);
        handle
    }

    /// The new list, in force for the next request. Addresses that stay keep their connections; requests in
    /// flight to an address that goes are still answered: [`Draining`] tells when all are.
    pub fn replace(&self, addresses: &[SocketAddr]) -> Draining {
        let mut list = self.list.write().unwrap_or_else(PoisonError::into_inner);
        let known = Arc::clone(&list);
        let upstream = |address: &SocketAddr| {
            let kept = known.iter().find(|upstream| upstream.address == *address);
            kept.cloned().unwrap_or_else(|| {
                let pool = Pool::new(address.ip().to_string(), address.port(), self.connect_timeout);
                Arc::new(Upstream { address: *address, pool })
            })
        };
        *list = addresses.iter().map(upstream).collect();
        let stays = |upstream: &&Arc<Upstream>| addresses.contains(&upstream.address);
        let gone = known.iter().filter(|upstream| !stays(upstream)).map(Arc::downgrade).collect();
        Draining { gone }
    }

    /// The list as it is.
    pub fn addresses(&self) -> Vec<SocketAddr> {
        self.snapshot().iter().map(|upstream| upstream.address).collect()
    }

    /// All addresses, each once, beginning with the one whose turn it is.
    pub(super) fn in_turn(&self) -> impl Iterator<Item = Arc<Upstream>> + Send + use<> {
        let list = self.snapshot();
        let first = self.turn.fetch_add(1, Ordering::Relaxed);
        (0..list.len()).map(move |n| Arc::clone(&list[first.wrapping_add(n) % list.len()]))
    }

    fn snapshot(&self) -> Arc<[Arc<Upstream>]> {
        Arc::clone(&self.list.read().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Addresses that were taken off the list and may still have requests under way.
pub struct Draining {
    /// A request holds the list that it chooses from until the head of its answer is there, and with it each upstream;
    /// then the one that answers, until the body is complete.
    gone: Vec<Weak<Upstream>>,
}

impl Draining {
    /// Whether no request can reach an address any more that is not on the list.
    pub fn is_over(&self) -> bool {
        self.gone.iter().all(|upstream| upstream.strong_count() == 0)
    }

    /// Waits until then, for at most `bound`; false if it is not over then.
    pub async fn over_within(self, bound: Duration) -> bool {
        let wait = async {
            while !self.is_over() {
                tokio::time::sleep(LOOK_AGAIN).await;
            }
        };
        tokio::time::timeout(bound, wait).await.is_ok()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn addresses(ports: &[u16]) -> Vec<SocketAddr> {
        ports.iter().map(|port| ([127, 0, 0, 1], *port).into()).collect()
    }

    fn turn(handle: &UpstreamsHandle) -> Vec<u16> {
        handle.in_turn().map(|upstream| upstream.address.port()).collect()
    }

    #[test]
    fn each_request_begins_with_the_next_address() {
        let handle = UpstreamsHandle::new(&addresses(&[1, 2, 3]), Duration::from_secs(1));
        assert_eq!(turn(&handle), [1, 2, 3]);
        assert_eq!(turn(&handle), [2, 3, 1]);
        assert_eq!(turn(&handle), [3, 1, 2]);
        assert_eq!(turn(&handle), [1, 2, 3]);
    }

    #[test]
    fn an_address_that_stays_keeps_its_connections() {
        let handle = UpstreamsHandle::new(&addresses(&[1, 2]), Duration::from_secs(1));
        let before = handle.snapshot();
        handle.clone().replace(&addresses(&[2, 3]));
        let after = handle.snapshot();
        assert_eq!(handle.addresses(), addresses(&[2, 3]));
        assert!(Arc::ptr_eq(&before[1], &after[0]));
    }

    #[test]
    fn an_address_is_drained_once_no_request_holds_it() {
        let handle = UpstreamsHandle::new(&addresses(&[1, 2]), Duration::from_secs(1));
        assert!(handle.replace(&addresses(&[1, 2, 3])).is_over(), "nothing goes");
        // A request that has its list but no connection yet, and one whose answer's body is under way.
        let choosing = handle.in_turn();
        let answering = handle.in_turn().find(|upstream| upstream.address.port() == 3);
        let draining = handle.replace(&addresses(&[1]));
        assert!(!draining.is_over());
        drop(choosing);
        assert!(!draining.is_over());
        drop(answering);
        assert!(draining.is_over());
    }

    #[test]
    fn an_empty_list_offers_nothing() {
        let handle = UpstreamsHandle::new(&[], Duration::from_secs(1));
        assert!(turn(&handle).is_empty());
    }
}
