//! What happens next: a slot for each source that has one next moment (a replica, the arrivals), and what happens once.
//!
//! A slot's moment moves with every request that comes and goes, so slots are a heap in which each knows its place; nothing
//! outdated stays behind.

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;

const NOWHERE: u32 = u32::MAX;

/// What is next.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Next<T> {
    /// A slot's moment.
    Slot(u32),
    /// Something that happens once.
    Once(T),
}

#[derive(Debug)]
struct Once<T> {
    at_s: f64,
    order: u64,
    what: T,
}

impl<T> PartialEq for Once<T> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl<T> Eq for Once<T> {}

impl<T> PartialOrd for Once<T> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<T> Ord for Once<T> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.at_s.total_cmp(&other.at_s).then(self.order.cmp(&other.order))
    }
}

/// Moments to come. Of the same moment, slots come first, by number; then what happens once, in the order it was asked for.
#[derive(Debug)]
pub(crate) struct Agenda<T> {
    /// Slots, the soonest first.
    heap: Vec<u32>,
    /// Moment of each slot.
    at_s: Vec<f64>,
    /// Place of each slot in the heap.
    place: Vec<u32>,
    once: BinaryHeap<Reverse<Once<T>>>,
    asked: u64,
}

impl<T: Copy> Agenda<T> {
    pub(crate) fn new() -> Self {
        Self { heap: Vec::new(), at_s: Vec::new(), place: Vec::new(), once: BinaryHeap::new(), asked: 0 }
    }

    /// Sets a slot's moment; an infinite one is none.
    pub(crate) fn set(&mut self, slot: u32, at_s: f64) {
        let index = slot as usize;
        if index >= self.place.len() {
            self.place.resize(index + 1, NOWHERE);
            self.at_s.resize(index + 1, f64::INFINITY);
        }
        self.at_s[index] = at_s;
        match (self.place[index], at_s.is_finite()) {
            (NOWHERE, false) => {}
            (NOWHERE, true) => {
                self.place[index] = self.heap.len() as u32;
                self.heap.push(slot);
                self.up(self.heap.len() - 1);
            }
            (place, true) => {
                let place = self.up(place as usize);
                self.down(place);
            }
            (place, false) => self.remove(place as usize),
        }
    }

    /// Adds something that happens once.
    pub(crate) fn once(&mut self, at_s: f64, what: T) {
        self.asked += 1;
        self.once.push(Reverse(Once { at_s, order: self.asked, what }));
    }

    /// Takes back what was to happen once. Looks at everything: for what is seldom.
    pub(crate) fn forget(&mut self, mut is_it: impl FnMut(&T) -> bool) {
        self.once.retain(|Reverse(o)| !is_it(&o.what));
    }

    /// What is next before `end_s`, and when. A slot stays as it is until it is set; what happens once is taken.
    pub(crate) fn next_before(&mut self, end_s: f64) -> Option<(f64, Next<T>)> {
        let slot = self.heap.first().map(|s| (self.at_s[*s as usize], *s));
        let once_s = self.once.peek().map_or(f64::INFINITY, |Reverse(o)| o.at_s);
        match slot {
            Some((at_s, slot)) if at_s <= once_s => (at_s < end_s).then_some((at_s, Next::Slot(slot))),
            _ if once_s < end_s => self.once.pop().map(|Reverse(o)| (o.at_s, Next::Once(o.what))),
            _ => None,
        }
    }

    fn before(&self, a: u32, b: u32) -> bool {
        let (at, bt) = (self.at_s[a as usize], self.at_s[b as usize]);
        at < bt || (at == bt && a < b)
    }

    fn put(&mut self, place: usize, slot: u32) {
        self.heap[place] = slot;
        self.place[slot as usize] = place as u32;
    }

    fn up(&mut self, mut place: usize) -> usize {
        let slot = self.heap[place];
        while place > 0 {
            let above = (place - 1) / 2;
            if !self.before(slot, self.heap[above]) {
                break;
            }
            self.put(place, self.heap[above]);
            place = above;
        }
        self.put(place, slot);
        place
    }

    fn down(&mut self, mut place: usize) {
        let slot = self.heap[place];
        loop {
            let mut below = 2 * place + 1;
            if below >= self.heap.len() {
                break;
            }
            if below + 1 < self.heap.len() && self.before(self.heap[below + 1], self.heap[below]) {
                below += 1;
            }
            if !self.before(self.heap[below], slot) {
                break;
            }
            self.put(place, self.heap[below]);
            place = below;
        }
        self.put(place, slot);
    }

    fn remove(&mut self, place: usize) {
        let gone = self.heap[place];
        self.place[gone as usize] = NOWHERE;
        let Some(last) = self.heap.pop() else { return };
        if last != gone {
            self.put(place, last);
            let place = self.up(place);
            self.down(place);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn slots_come_in_the_order_of_their_moments(
            sets in proptest::collection::vec((0_u32..12, proptest::option::of(0_u8..20)), 1..200)
        ) {
            let mut agenda: Agenda<u8> = Agenda::new();
            let mut known = [f64::INFINITY; 12];
            for (slot, at) in sets {
                let at = at.map_or(f64::INFINITY, f64::from);
                agenda.set(slot, at);
                known[slot as usize] = at;
                let least = known.iter().copied().fold(f64::INFINITY, f64::min);
                let expected = least.is_finite().then(|| {
                    (least, Next::Slot(known.iter().position(|k| *k == least).map_or(0, |p| p as u32)))
                });
                prop_assert_eq!(agenda.next_before(1e9), expected);
            }
        }
    }

    #[test]
    fn what_happens_once_comes_in_the_order_it_was_asked_for_and_after_slots() {
        let mut agenda = Agenda::new();
        agenda.once(2.0, 'b');
        agenda.once(1.0, 'a');
        agenda.once(2.0, 'c');
        agenda.set(0, 2.0);
        assert_eq!(agenda.next_before(2.0), Some((1.0, Next::Once('a'))));
        assert_eq!(agenda.next_before(2.0), None);
        assert_eq!(agenda.next_before(3.0), Some((2.0, Next::Slot(0))));
        agenda.set(0, f64::INFINITY);
        assert_eq!(agenda.next_before(3.0), Some((2.0, Next::Once('b'))));
        assert_eq!(agenda.next_before(3.0), Some((2.0, Next::Once('c'))));
        assert_eq!(agenda.next_before(3.0), None);
    }
}
