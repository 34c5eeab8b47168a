//! Burning CPU: a loop of arithmetic that looks at the thread's CPU clock every few microseconds.

use std::hint::black_box;
use std::sync::atomic::{AtomicBool, Ordering};

/// CPU time aimed at between two looks at the clock. A look costs a system call of a few hundred
/// nanoseconds: shorter chunks would burn mostly system time, longer ones would overshoot more.
const CHUNK_NS: u64 = 5_000;

/// One thread's way to burn, with what it owes from the last time.
pub(crate) struct Burner {
    steps: u32,
    overshoot_ns: u64,
    state: u64,
}

impl Burner {
    pub(crate) fn new() -> Self {
        Self { steps: 64, overshoot_ns: 0, state: 0x9E37_79B9_7F4A_7C15 }
    }

    /// Burns `demand_ns` by `clock_ns` (the calling thread's CPU clock), less what was burned too much
    /// before, and gives back what was really burned. Leaves early when `stop` is raised.
    pub(crate) fn burn(
        &mut self,
        demand_ns: u64,
        mut clock_ns: impl FnMut() -> u64,
        stop: &AtomicBool,
    ) -> u64 {
        let Some(target_ns) = demand_ns.checked_sub(self.overshoot_ns) else {
            self.overshoot_ns -= demand_ns;
            return 0;
        };
        self.overshoot_ns = 0;
        let start_ns = clock_ns();
        let mut burned_ns = 0;
        while burned_ns < target_ns && !stop.load(Ordering::Relaxed) {
            self.work();
            let now_ns = clock_ns().saturating_sub(start_ns);
            self.adapt(now_ns - burned_ns);
            burned_ns = now_ns;
        }
        self.overshoot_ns = burned_ns.saturating_sub(target_ns);
        burned_ns
    }

    fn work(&mut self) {
        for _ in 0..self.steps {
            self.state ^= self.state << 13;
            self.state ^= self.state >> 7;
            self.state ^= self.state << 17;
        }
        self.state = black_box(self.state);
    }

    /// Keeps a chunk near [`CHUNK_NS`] on any machine, optimised build or not.
    fn adapt(&mut self, chunk_ns: u64) {
        if chunk_ns > CHUNK_NS * 3 / 2 {
            self.steps = (self.steps / 2).max(16);
        } else if chunk_ns < CHUNK_NS * 2 / 3 {
            self.steps = (self.steps * 2).min(1 << 20);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::thread_cpu_ns;

    /// A clock that advances by `tick_ns` at each look.
    fn ticking(tick_ns: u64) -> impl FnMut() -> u64 {
        let mut now_ns = 0;
        move || {
            now_ns += tick_ns;
            now_ns
        }
    }

    #[test]
    fn overshoot_is_taken_from_the_next_draw() {
        let (mut burner, stop) = (Burner::new(), AtomicBool::new(false));
        let mut clock = ticking(7_000);
        assert_eq!(burner.burn(10_000, &mut clock, &stop), 14_000);
        assert_eq!(burner.burn(10_000, &mut clock, &stop), 7_000, "4 us were owed");
        assert_eq!(burner.burn(10_000, &mut clock, &stop), 14_000, "1 us was owed");
    }

    #[test]
    fn a_demand_below_what_is_owed_burns_nothing() {
        let (mut burner, stop) = (Burner::new(), AtomicBool::new(false));
        let mut clock = ticking(7_000);
        assert_eq!(burner.burn(1_000, &mut clock, &stop), 7_000);
        assert_eq!(burner.burn(4_000, &mut clock, &stop), 0);
        assert_eq!(burner.burn(2_500, &mut clock, &stop), 7_000, "2 us were left to owe");
    }

    #[test]
    fn the_sum_of_many_burns_is_the_sum_of_demands() {
        let (mut burner, stop) = (Burner::new(), AtomicBool::new(false));
        let mut clock = ticking(3_333);
        let burned_ns: u64 = (0..10_000).map(|_| burner.burn(15_001, &mut clock, &stop)).sum();
        assert!(burned_ns.abs_diff(150_010_000) <= 3_333, "{burned_ns}");
    }

    #[test]
    fn stop_ends_a_long_burn() {
        let (mut burner, stop) = (Burner::new(), AtomicBool::new(true));
        assert_eq!(burner.burn(60_000_000_000, ticking(1), &stop), 0);
    }

    #[test]
    fn on_the_real_clock_chunks_stay_below_20_us() {
        let (mut burner, stop) = (Burner::new(), AtomicBool::new(false));
        let (mut last_ns, mut chunks_ns) = (thread_cpu_ns(), Vec::new());
        let clock = || {
            let now_ns = thread_cpu_ns();
            chunks_ns.push(now_ns - last_ns);
            last_ns = now_ns;
            now_ns
        };
        let burned_ns = burner.burn(20_000_000, clock, &stop);
        assert!(burned_ns >= 20_000_000);
        // Interrupts are charged to whoever runs: judge the bulk, not the odd one.
        chunks_ns.sort_unstable();
        let p95_ns = chunks_ns[chunks_ns.len() * 95 / 100];
        assert!(p95_ns < 20_000, "{p95_ns} ns between two looks");
    }
}
