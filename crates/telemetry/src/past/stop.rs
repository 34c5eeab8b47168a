//! The wish of somebody outside that all of this end early.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use super::PastError;

/// How often whoever waits looks whether it still should.
pub(super) const LOOK: Duration = Duration::from_millis(100);

/// Told once, heard by whoever asks, waits or reads.
#[derive(Debug, Clone, Default)]
pub struct Stop(Arc<AtomicBool>);

impl Stop {
    /// From now on nothing is begun, and what is under way ends.
    pub fn now(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    pub(super) fn is_wanted(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// Whether to go on.
    ///
    /// # Errors
    /// [`PastError::Interrupted`]: no.
    pub fn check(&self) -> Result<(), PastError> {
        if self.is_wanted() { Err(PastError::Interrupted) } else { Ok(()) }
    }

    /// Waits, unless it is told to stop.
    ///
    /// # Errors
    /// [`PastError::Interrupted`].
    pub(super) fn sleep(&self, wait: Duration) -> Result<(), PastError> {
        let begun = Instant::now();
        loop {
            self.check()?;
            let left = wait.saturating_sub(begun.elapsed());
            if left.is_zero() {
                return Ok(());
            }
            thread::sleep(left.min(LOOK));
        }
    }
}
