//! How late this machine wakes a thread that sleeps: what no generator on it can do better than.

use std::time::{Duration, Instant};

use crate::engine::PRIORITY;

/// Sleeps so often, in a row.
const COUNT: u32 = 250;
/// Each so long.
const WAIT: Duration = Duration::from_millis(2);

/// The lateness of a thread's wake-ups, p99 of half a second of them, seconds. The thread has the priority of the
/// engine's own. Blocks.
pub fn lateness_p99_s() -> f64 {
    let sleeps = || {
        let _ = rustix::process::setpriority_process(None, PRIORITY);
        let mut late_s: Vec<f64> = (0..COUNT)
            .map(|_| {
                let due = Instant::now() + WAIT;
                std::thread::sleep(WAIT);
                due.elapsed().as_secs_f64()
            })
            .collect();
        p99(&mut late_s)
    };
    // A thread of its own: the priority is the thread's.
    std::thread::scope(|scope| scope.spawn(sleeps).join()).unwrap_or(f64::NAN)
}

/// The smallest value that at least 99 % are not above.
fn p99(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    let rank = (values.len() * 99).div_ceil(100);
    values.get(rank.saturating_sub(1)).copied().unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_p99_of_250_is_the_third_largest() {
        let mut values: Vec<f64> = (1..=250).rev().map(f64::from).collect();
        assert!((p99(&mut values) - 248.0).abs() < 1e-9);
        assert!(p99(&mut []).is_nan());
    }

    #[test]
    fn a_sleep_is_late_and_not_by_seconds() {
        let late_s = lateness_p99_s();
        assert!(late_s > 0.0 && late_s < 1.0, "{late_s}");
    }
}
