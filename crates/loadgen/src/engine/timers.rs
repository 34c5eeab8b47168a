//! Two heaps of moments: when users wake, and when requests have taken too long.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// Moments with a number and its version; entries of old versions are left in place and skipped.
#[derive(Debug, Default)]
pub(crate) struct Timers {
    heap: BinaryHeap<Reverse<(u64, u32, u32)>>,
}

impl Timers {
    pub fn add(&mut self, at_ns: u64, number: u32, version: u32) {
        self.heap.push(Reverse((at_ns, number, version)));
    }

    /// The earliest moment; `u64::MAX` if there is none.
    pub fn next_ns(&self) -> u64 {
        self.heap.peek().map_or(u64::MAX, |Reverse((at_ns, ..))| *at_ns)
    }

    /// Takes the earliest entry if it is due.
    pub fn pop_due(&mut self, now_ns: u64) -> Option<(u64, u32, u32)> {
        if self.next_ns() > now_ns {
            return None;
        }
        self.heap.pop().map(|Reverse(entry)| entry)
    }

    #[cfg(test)]
    pub fn len(&self) -> usize {
        self.heap.len()
    }
}

/// The lazy time limit of one place for a connection: at most one entry in the heap per place as long as the
/// limits do not shrink, whatever the number of requests, and of connections that take the place one after the
/// other. A request only stores its deadline; the entry, when it comes up early, is set again.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Deadline {
    /// When the request under way has taken too long; `u64::MAX`: none is under way.
    pub due_ns: u64,
    /// The earliest valid entry in the heap.
    entry_ns: u64,
}

impl Default for Deadline {
    fn default() -> Self {
        Self { due_ns: u64::MAX, entry_ns: u64::MAX }
    }
}

impl Deadline {
    /// A request starts.
    pub fn set(&mut self, due_ns: u64, timers: &mut Timers, number: u32) {
        self.due_ns = due_ns;
        if due_ns < self.entry_ns {
            self.entry_ns = due_ns;
            timers.add(due_ns, number, 0);
        }
    }

    /// A request has ended.
    pub fn clear(&mut self) {
        self.due_ns = u64::MAX;
    }

    /// An entry came up. Whether the request under way has taken too long.
    pub fn is_expired(&mut self, at_ns: u64, now_ns: u64, timers: &mut Timers, number: u32) -> bool {
        if at_ns != self.entry_ns {
            return false;
        }
        self.entry_ns = u64::MAX;
        if self.due_ns <= now_ns {
            return true;
        }
        if self.due_ns != u64::MAX {
            let due_ns = self.due_ns;
            self.set(due_ns, timers, number);
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_busy_connection_keeps_one_entry() {
        let mut timers = Timers::default();
        let mut deadline = Deadline::default();
        for start in 0..1000 {
            deadline.set(start + 5000, &mut timers, 1);
            deadline.clear();
        }
        deadline.set(6500, &mut timers, 1);
        assert_eq!(timers.len(), 1);
        let (at_ns, ..) = timers.pop_due(5000).unwrap_or_default();
        assert!(!deadline.is_expired(at_ns, 5000, &mut timers, 1));
        assert_eq!((timers.len(), timers.next_ns()), (1, 6500));
        let (at_ns, ..) = timers.pop_due(6600).unwrap_or_default();
        assert!(deadline.is_expired(at_ns, 6600, &mut timers, 1));
    }

    #[test]
    fn a_shorter_limit_is_not_overlooked() {
        let mut timers = Timers::default();
        let mut deadline = Deadline::default();
        deadline.set(9000, &mut timers, 1);
        deadline.set(100, &mut timers, 1);
        let (at_ns, ..) = timers.pop_due(100).unwrap_or_default();
        assert!(deadline.is_expired(at_ns, 100, &mut timers, 1));
        let (at_ns, ..) = timers.pop_due(9000).unwrap_or_default();
        assert!(!deadline.is_expired(at_ns, 9000, &mut timers, 1));
        assert_eq!(timers.next_ns(), u64::MAX);
    }
}
