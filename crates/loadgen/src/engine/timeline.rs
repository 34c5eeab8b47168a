//! Where a thread is in its load: under way, draining, closing; and until when it may sleep.

use super::nap::Nap;

/// The end of the load and what comes after it, as one thread sees it.
#[derive(Debug)]
pub(crate) struct Timeline {
    load_end_ns: u64,
    drain_ns: u64,
    drain_end_ns: u64,
    draining: bool,
    closing: bool,
    spin_s: Option<f64>,
    nap: Nap,
}

/// Until when a thread may sleep.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Sleep {
    /// Kept to by a timer.
    pub precise_ns: u64,
    /// Kept to within milliseconds.
    pub coarse_ns: u64,
}

impl Timeline {
    /// A load that ends at `load_end_ns` and may drain for `drain_s`; `spin_s` as in [`LoadSpec`](crate::LoadSpec).
    pub fn new(load_end_ns: u64, drain_s: f64, spin_s: Option<f64>) -> Self {
        Self {
            load_end_ns,
            drain_ns: (drain_s * 1e9) as u64,
            drain_end_ns: u64::MAX,
            draining: false,
            closing: false,
            spin_s,
            nap: Nap::default(),
        }
    }

    pub fn load_end_ns(&self) -> u64 {
        self.load_end_ns
    }

    /// Whether the load has ended and only what is under way is awaited.
    pub fn is_draining(&self) -> bool {
        self.draining
    }

    /// Whether nothing is begun any more, not even what users do at the stop.
    pub fn is_closing(&self) -> bool {
        self.closing
    }

    /// Whether patience with what is under way has come to its end.
    pub fn is_drained(&self, now_ns: u64) -> bool {
        self.draining && now_ns >= self.drain_end_ns
    }

    /// Ends the load now instead of later.
    pub fn stop(&mut self, now_ns: u64) {
        self.load_end_ns = self.load_end_ns.min(now_ns);
    }

    /// From now on nothing is begun.
    pub fn close(&mut self) {
        self.closing = true;
    }

    /// Everything due up to `until_ns` has been admitted: the drain time begins if the load ends by then.
    pub fn reach(&mut self, until_ns: u64) {
        if until_ns >= self.load_end_ns {
            self.draining = true;
            self.drain_end_ns = self.load_end_ns.saturating_add(self.drain_ns);
        }
    }

    /// Until when to sleep, if the next request is due at `due_ns` and something else at `other_ns`.
    pub fn sleep(&mut self, now_ns: u64, due_ns: u64, other_ns: u64) -> Sleep {
        let (due_ns, end_ns) = match self.draining {
            true => (u64::MAX, self.drain_end_ns),
            false => (due_ns, self.load_end_ns),
        };
        Sleep { precise_ns: self.nap.until(self.spin_s, now_ns, due_ns), coarse_ns: other_ns.min(end_ns) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_load_drains_from_its_end_on_and_an_earlier_stop_moves_both() {
        for (stop_ns, end_ns) in [(u64::MAX, 1000), (400, 400)] {
            let mut time = Timeline::new(1000, 1e-6, Some(0.0));
            time.stop(stop_ns);
            time.reach(end_ns - 1);
            assert!(!time.is_draining());
            assert_eq!(time.sleep(0, 300, 2000), Sleep { precise_ns: 300, coarse_ns: end_ns });
            time.reach(end_ns);
            assert!(time.is_draining() && !time.is_closing());
            assert!(!time.is_drained(end_ns + 999) && time.is_drained(end_ns + 1000));
            let asleep = time.sleep(end_ns, 300, u64::MAX);
            assert_eq!(asleep, Sleep { precise_ns: u64::MAX, coarse_ns: end_ns + 1000 });
        }
    }
}
