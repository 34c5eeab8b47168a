//! How long a connection is used.

use crate::target::ConnectionLifetime;

/// The bounds of a target's connections; the highest number stands for none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Lifetime {
    max_age_ns: u64,
    max_idle_ns: u64,
    /// Requests that a connection carries.
    pub max_requests: u64,
}

/// Which bound a connection has come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Bound {
    Age,
    Requests,
    Idle,
}

impl Lifetime {
    pub fn new(lifetime: &ConnectionLifetime) -> Self {
        let ns = |s: Option<f64>| s.map_or(u64::MAX, |s| (s * 1e9) as u64);
        Self {
            max_age_ns: ns(lifetime.max_age_s),
            max_idle_ns: ns(lifetime.max_idle_s),
            max_requests: lifetime.max_requests.unwrap_or(u64::MAX),
        }
    }

    /// What lets a connection established at `opened_ns` that has carried `served` requests carry no other one.
    #[inline]
    pub fn over(&self, opened_ns: u64, served: u64, now_ns: u64) -> Option<Bound> {
        if served >= self.max_requests {
            return Some(Bound::Requests);
        }
        (now_ns.saturating_sub(opened_ns) >= self.max_age_ns).then_some(Bound::Age)
    }

    /// When such a connection, which carries nothing from now on, is to end; `u64::MAX` for never.
    #[inline]
    pub fn ends_ns(&self, opened_ns: u64, now_ns: u64) -> u64 {
        opened_ns.saturating_add(self.max_age_ns).min(now_ns.saturating_add(self.max_idle_ns))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_bound_ends_a_connection_and_none_ends_none() {
        let none = Lifetime::new(&ConnectionLifetime::default());
        assert_eq!(none.over(0, u64::MAX - 1, u64::MAX - 1), None);
        assert_eq!(none.ends_ns(5, 7), u64::MAX);
        let all = Lifetime::new(&ConnectionLifetime {
            max_age_s: Some(1e-6),
            max_requests: Some(3),
            max_idle_s: Some(1e-7),
        });
        assert_eq!(all.over(500, 2, 1499), None);
        assert_eq!(
            (all.over(500, 3, 600), all.over(500, 0, 1500)),
            (Some(Bound::Requests), Some(Bound::Age))
        );
        assert_eq!((all.ends_ns(500, 600), all.ends_ns(500, 1450)), (700, 1500));
    }
}
