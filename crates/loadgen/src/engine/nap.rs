//! When a thread that waits for a due moment stops sleeping and watches the clock instead.

/// Longest time of watching, where nothing is said: about what a wake-up takes.
const MOST_NS: u64 = 25_000;
/// Waits below this are slept through to the end.
const SHORTEST_WAIT_NS: u64 = 100_000;
/// The part of a wait that may be watched.
const PART: u64 = 8;

/// The due moment that is waited for. Decided once for each: answers that come meanwhile interrupt the sleep, and a timer
/// that were set anew each time would cost more than it saves.
#[derive(Debug, Default)]
pub(crate) struct Nap {
    due_ns: u64,
    until_ns: u64,
}

impl Nap {
    /// When to wake up for what is due, `u64::MAX` for never; `spin_s` as in [`LoadSpec`](crate::LoadSpec).
    pub fn until(&mut self, spin_s: Option<f64>, now_ns: u64, due_ns: u64) -> u64 {
        if due_ns != self.due_ns {
            let spin_ns = match spin_s {
                _ if due_ns == u64::MAX => 0,
                Some(spin_s) => (spin_s * 1e9) as u64,
                None => match due_ns.saturating_sub(now_ns) {
                    ..SHORTEST_WAIT_NS => 0,
                    wait_ns => (wait_ns / PART).min(MOST_NS),
                },
            };
            *self = Self { due_ns, until_ns: due_ns.saturating_sub(spin_ns) };
        }
        self.until_ns
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn at_most_an_eighth_of_a_wait_is_watched_and_it_is_decided_once() {
        let mut nap = Nap::default();
        let until = |now_ns, due_ns| Nap::default().until(None, now_ns, due_ns);
        assert_eq!(until(0, 1_000_000), 975_000);
        assert_eq!(until(0, 160_000), 140_000);
        assert_eq!(until(0, 99_999), 99_999);
        assert_eq!(until(500, 0), 0);
        assert_eq!(until(0, u64::MAX), u64::MAX);
        assert_eq!(nap.until(None, 0, 200_000), 175_000);
        assert_eq!(nap.until(None, 150_000, 200_000), 175_000);
        assert_eq!(nap.until(None, 150_000, 350_000), 325_000);
        assert_eq!(nap.until(Some(50e-6), 0, 90_000), 40_000);
        assert_eq!(nap.until(Some(0.0), 0, 80_000), 80_000);
    }
}
