//! What is due but has no connection yet, and how much is under way.

use std::collections::VecDeque;

use super::conn::Job;

/// A request that is due: by which user (closed), or by whichever session is free (open).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Intent {
    pub intended_ns: u64,
    pub actor: Option<u32>,
    /// Index of the step, if there is an actor.
    pub step: u32,
    /// Whether the values of the request have been computed: it had its turn before.
    pub is_computed: bool,
}

impl Intent {
    /// An arrival, which is nobody's yet.
    pub fn arrival(intended_ns: u64) -> Self {
        Self { intended_ns, actor: None, step: 0, is_computed: false }
    }

    /// A request that had its turn and waits again.
    pub fn again(job: &Job) -> Self {
        Self { intended_ns: job.intended_ns, actor: Some(job.actor), step: job.step, is_computed: true }
    }
}

/// The queue of one thread, oldest first, and the count of requests that hold a connection: established or being
/// established.
#[derive(Debug)]
pub(crate) struct Backlog {
    waiting: VecDeque<Intent>,
    max_waiting: usize,
    under_way: usize,
    max_under_way: usize,
}

impl Backlog {
    pub fn new(max_under_way: usize, max_waiting: usize) -> Self {
        Self { waiting: VecDeque::new(), max_waiting, under_way: 0, max_under_way }
    }

    pub fn push(&mut self, intent: Intent) {
        self.waiting.push_back(intent);
    }

    /// An intent that had its turn and found no connection goes back to the head.
    pub fn push_front(&mut self, intent: Intent) {
        self.waiting.push_front(intent);
    }

    pub fn pop(&mut self) -> Option<Intent> {
        self.waiting.pop_front()
    }

    /// Takes out the oldest intent that is such a one.
    pub fn take_first(&mut self, is_one: impl FnMut(&Intent) -> bool) -> Option<Intent> {
        let at = self.waiting.iter().position(is_one)?;
        self.waiting.remove(at)
    }

    pub fn len(&self) -> usize {
        self.waiting.len()
    }

    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Whether nothing waits and nothing is under way.
    pub fn is_over(&self) -> bool {
        self.under_way == 0 && self.waiting.is_empty()
    }

    /// Takes away the youngest arrival if more wait than may. Whether there was one.
    pub fn drop_surplus(&mut self) -> bool {
        let is_surplus =
            self.waiting.len() > self.max_waiting && self.waiting.back().is_some_and(|i| i.actor.is_none());
        is_surplus && self.waiting.pop_back().is_some()
    }

    /// How many wait since a moment that is overdue.
    pub fn overdue(&self, is_overdue: impl Fn(u64) -> bool) -> usize {
        self.waiting.partition_point(|intent| is_overdue(intent.intended_ns))
    }

    /// Whether another request may hold a connection.
    pub fn has_slot(&self) -> bool {
        self.under_way < self.max_under_way
    }

    /// A request gets a connection, if only one that is being opened for it.
    pub fn begin(&mut self) {
        self.under_way += 1;
    }

    /// A request holds no connection any more.
    pub fn end(&mut self) {
        self.under_way -= 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn surplus_arrivals_go_but_never_what_belongs_to_a_user() {
        let mut backlog = Backlog::new(1, 1);
        for (intended_ns, actor) in [(1, None), (2, None), (3, Some(7)), (4, None)] {
            backlog.push(Intent { actor, ..Intent::arrival(intended_ns) });
        }
        assert_eq!(backlog.overdue(|intended_ns| intended_ns <= 2), 2);
        assert!(backlog.drop_surplus() && !backlog.drop_surplus());
        assert_eq!((backlog.len(), backlog.pop().map(|i| i.intended_ns)), (3, Some(1)));
        backlog.begin();
        assert!(!backlog.has_slot() && !backlog.is_over());
        backlog.end();
        assert!(backlog.has_slot());
    }
}
