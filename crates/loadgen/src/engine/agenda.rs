//! What the connections of one thread still have to do: time limits, reads to go on with, output to write.

use super::timers::{Deadline, Timers};

/// Three lists of connections that need attention though no event tells of them.
#[derive(Debug, Default)]
pub(crate) struct Agenda {
    timeouts: Timers,
    /// Connections with more to read than one turn allows, and whether they are read to the end.
    unfinished: Vec<(u64, bool)>,
    /// A list for the next ones.
    spare: Vec<(u64, bool)>,
    /// Shared connections with something to write, and their versions.
    dirty: Vec<(u32, u32)>,
}

impl Agenda {
    /// The connection at place `index` shall have done its work by `due_ns`.
    #[inline]
    pub fn limit(&mut self, deadline: &mut Deadline, due_ns: u64, index: u32) {
        deadline.set(due_ns, &mut self.timeouts, index);
    }

    /// The next entry of the time limits that came up: its moment and the place of its connection.
    pub fn pop_due(&mut self, now_ns: u64) -> Option<(u64, u32)> {
        self.timeouts.pop_due(now_ns).map(|(at_ns, index, _)| (at_ns, index))
    }

    /// Whether an entry that came up means that time is over.
    pub fn is_expired(&mut self, deadline: &mut Deadline, at_ns: u64, now_ns: u64, index: u32) -> bool {
        deadline.is_expired(at_ns, now_ns, &mut self.timeouts, index)
    }

    /// When there is something to do without an event; now, if reads are to be gone on with.
    pub fn next_ns(&self, now_ns: u64) -> u64 {
        if self.unfinished.is_empty() { self.timeouts.next_ns() } else { now_ns }
    }

    /// The connection of this token is to be read further, after the others had their turn.
    pub fn read_later(&mut self, token: u64, to_the_end: bool) {
        self.unfinished.push((token, to_the_end));
    }

    /// All that is to be read further, once; to be given back.
    pub fn take_unfinished(&mut self) -> Vec<(u64, bool)> {
        std::mem::replace(&mut self.unfinished, std::mem::take(&mut self.spare))
    }

    /// All of a list was gone through; it is used again.
    pub fn give_back(&mut self, mut list: Vec<(u64, bool)>) {
        list.clear();
        self.spare = list;
    }

    /// A shared connection has output.
    #[inline]
    pub fn write_later(&mut self, connection: (u32, u32)) {
        self.dirty.push(connection);
    }

    /// The next shared connection with output.
    #[inline]
    pub fn next_to_write(&mut self) -> Option<(u32, u32)> {
        self.dirty.pop()
    }
}
