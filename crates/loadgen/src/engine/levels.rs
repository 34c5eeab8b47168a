//! Changes of the level while a load runs: from whoever steers it to its threads.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::clock::Clock;

/// How long after it was asked for a change holds, nanoseconds: half of the users' tick. By then every thread has been
/// told of it, so that all change at the same moment and their parts add up.
const NOTICE_NS: u64 = 10_000_000;

/// From some moment on the level is another one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Change {
    pub at_ns: u64,
    /// Users, or requests per second, over all threads.
    pub level: f64,
}

/// All changes so far, in order. Threads look at their number, and take the lock only if that has grown.
#[derive(Debug, Default)]
pub(crate) struct Levels {
    count: AtomicUsize,
    changes: Mutex<Vec<Change>>,
}

impl Levels {
    /// The level shall be `level`. From when on it is.
    pub fn change(&self, clock: &Clock, level: f64) -> u64 {
        let mut changes = self.lock();
        let at_ns = match clock.until_start_ns() {
            left_ns if left_ns > NOTICE_NS => 0,
            _ => clock.now() + NOTICE_NS,
        };
        let at_ns = at_ns.max(changes.last().map_or(0, |last| last.at_ns));
        changes.push(Change { at_ns, level });
        self.count.store(changes.len(), Ordering::SeqCst);
        at_ns
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Change>> {
        // What is in there is whole after every step.
        self.changes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One thread's way to the changes.
#[derive(Debug)]
pub(crate) struct Mailbox<'a> {
    levels: &'a Levels,
    taken: usize,
}

impl<'a> Mailbox<'a> {
    pub fn new(levels: &'a Levels) -> Self {
        Self { levels, taken: 0 }
    }

    /// The next change that this thread has not taken yet.
    #[inline]
    pub fn next(&mut self) -> Option<Change> {
        if self.levels.count.load(Ordering::Acquire) == self.taken { None } else { self.take() }
    }

    #[cold]
    fn take(&mut self) -> Option<Change> {
        let change = self.levels.lock().get(self.taken).copied();
        self.taken += usize::from(change.is_some());
        change
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_thread_takes_each_change_once_and_in_order() {
        let levels = Levels::default();
        let mut mailboxes = [Mailbox::new(&levels), Mailbox::new(&levels)];
        assert_eq!(mailboxes[0].next(), None);
        let soon = Clock::starting_in(3600.0);
        assert_eq!(levels.change(&soon, 1.0), 0, "not begun yet");
        let begun = Clock::starting_in(-5.0);
        let at_ns = levels.change(&begun, 2.0);
        assert!((NOTICE_NS..).contains(&(at_ns - 5_000_000_000)));
        // An older clock does not turn the order round.
        assert_eq!(levels.change(&Clock::starting_in(-1.0), 3.0), at_ns);
        for mailbox in &mut mailboxes {
            let taken: Vec<Change> = std::iter::from_fn(|| mailbox.next()).collect();
            assert_eq!(taken.iter().map(|change| change.level).collect::<Vec<_>>(), [1.0, 2.0, 3.0]);
            assert_eq!(mailbox.next(), None);
        }
    }
}
