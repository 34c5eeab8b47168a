//! Addresses for children that are yet to start.
//!
//! A port that the kernel chose for a moment (bind to 0, close) is soon given to somebody else: to an outgoing
//! connection, or to the next that binds to 0. One start in some twenty failed by that. So ports are taken from below
//! the range from which the kernel chooses, each only once.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::Mutex;
use std::sync::PoisonError;

/// Below are the ports of well-known services.
const LOWEST: u16 = 10_000;
/// Where the kernel's own choice begins if it does not say.
const EPHEMERAL: u16 = 32_768;

/// Gives out addresses on loopback.
#[derive(Debug)]
pub struct Ports {
    /// Ports from [`LOWEST`] on; none where the kernel chooses from almost everything.
    count: u16,
    /// The offset of the next candidate.
    next: Mutex<u16>,
}

impl Ports {
    /// From a place of its own in the range, so that two runs at once seldom try the same.
    pub fn new() -> Self {
        let range = std::fs::read_to_string("/proc/sys/net/ipv4/ip_local_port_range").unwrap_or_default();
        Self::starting_at(below(&range), RandomState::new().build_hasher().finish())
    }

    fn starting_at(count: u16, place: u64) -> Self {
        let next = if count == 0 { 0 } else { place % u64::from(count) };
        Self { count, next: Mutex::new(u16::try_from(next).unwrap_or_default()) }
    }

    /// An address that nobody listens on now, and that is not given out again before all others were.
    ///
    /// # Errors
    /// A system without a free port.
    pub fn free(&self) -> io::Result<SocketAddr> {
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        for _ in 0..self.count {
            let candidate = (Ipv4Addr::LOCALHOST, LOWEST + *next);
            *next = (*next + 1) % self.count;
            if TcpListener::bind(candidate).is_ok() {
                return Ok(candidate.into());
            }
        }
        TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()
    }
}

/// How many ports there are from [`LOWEST`] up to the kernel's own range (`ip_local_port_range`: "32768\t60999").
fn below(range: &str) -> u16 {
    let first = range.split_whitespace().next().and_then(|text| text.parse().ok()).unwrap_or(EPHEMERAL);
    first.saturating_sub(LOWEST)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_kernels_own_range_is_left_alone() {
        assert_eq!(below("32768\t60999\n"), 22_768);
        assert_eq!(below("1024 65535"), 0);
        assert_eq!(below(""), 22_768);
    }

    #[test]
    fn each_port_once_and_none_that_somebody_listens_on() {
        let ports = Ports::starting_at(40, 7);
        let first = ports.free().unwrap();
        // Held, and so passed over when its turn comes again.
        let _held = TcpListener::bind(first).unwrap();
        let mut seen = std::collections::BTreeSet::from([first.port()]);
        for _ in 0..5 {
            assert!(seen.insert(ports.free().unwrap().port()));
        }
        for _ in 0..100 {
            assert_ne!(ports.free().unwrap(), first);
        }
        assert!(seen.iter().all(|port| (LOWEST..LOWEST + 40).contains(port)), "{seen:?}");
    }

    #[test]
    fn where_the_kernel_chooses_from_everything_it_chooses() {
        assert_ne!(Ports::starting_at(0, 3).free().unwrap().port(), 0);
    }
}
