//! The arrivals of one thread, whose level can be changed while they come.

use super::walk::Walk;
use crate::shape::Integral;

/// The part of a [`Schedule`](super::Schedule) that falls to one thread.
///
/// A change of the level stretches what is left of the gap under way, as a change of the shape would: in units of
/// expected arrivals the gaps are the same as without it. All threads that are told of the same changes still walk
/// the same sequence.
#[derive(Debug, Clone)]
pub struct ThreadSchedule {
    integral: Integral,
    now: Place,
    /// Where it stood before the arrival that it gave last: what a change goes on from.
    before: Place,
    others: usize,
}

/// A place in the sequence of all threads.
#[derive(Debug, Clone)]
struct Place {
    walk: Walk,
    /// How many arrivals of other threads come before the next one of this thread.
    skip: usize,
}

impl ThreadSchedule {
    pub(super) fn new(integral: Integral, walk: Walk, thread: usize, threads: usize) -> Self {
        let now = Place { walk, skip: thread };
        Self { integral, before: now.clone(), now, others: threads - 1 }
    }

    /// From `at_s` on the rate is `level` (requests per second) until the end of the shape, which stays where it is.
    /// The arrival that was given last must not have come yet by then, and is taken back: the next one given is the
    /// same arrival at its new time, if it still comes.
    pub fn set_level(&mut self, at_s: f64, level: f64) {
        self.integral.set_level(at_s, level);
        self.now.clone_from(&self.before);
        self.now.walk.follow(&self.integral);
    }
}

impl Iterator for ThreadSchedule {
    type Item = f64;

    fn next(&mut self) -> Option<f64> {
        self.before.clone_from(&self.now);
        let Self { integral, now: Place { walk, skip }, .. } = self;
        let mut left = *skip;
        loop {
            match walk.next(integral) {
                Some(t_s) if left == 0 => {
                    self.now.skip = self.others;
                    return Some(t_s);
                }
                Some(_) => left -= 1,
                None => {
                    // A later change may bring more.
                    self.now.clone_from(&self.before);
                    return None;
                }
            }
        }
    }
}
