//! The streams of a connection: places that are used again, and a table from identifiers to places.

/// One request and its answer.
#[derive(Debug, Default)]
pub(super) struct Stream {
    /// Identifier; 0: the place is free.
    pub id: u32,
    /// The answer to HEAD has no body, whatever length it tells.
    pub to_head: bool,
    /// Status of the final head; 0: it has not come.
    pub status: u16,
    /// Bytes of body that `content-length` still promises.
    pub promised: Option<u64>,
    pub body_bytes: u64,
    /// How much the other side may still send.
    pub receive_left: i64,
    /// How much may still be sent; may be negative after a change of settings.
    pub send_left: i64,
    /// Body that waits for a window, and where the rest of it begins.
    pub unsent: Vec<u8>,
    pub unsent_at: usize,
}

impl Stream {
    /// Whether some of the request's body has not been sent.
    pub fn has_unsent(&self) -> bool {
        self.unsent_at < self.unsent.len()
    }
}

/// Places by identifier: open addressing, since identifiers count up and so hardly ever collide.
#[derive(Debug, Default)]
pub(super) struct Table {
    /// Identifier (0: empty) and place. A power of two of entries, at most half of them taken.
    entries: Vec<(u32, u32)>,
    taken: usize,
}

impl Table {
    pub fn find(&self, id: u32) -> Option<u32> {
        if self.entries.is_empty() {
            return None;
        }
        let mut at = self.home(id);
        loop {
            match self.entries[at] {
                (0, _) => return None,
                (other, place) if other == id => return Some(place),
                _ => at = self.after(at),
            }
        }
    }

    pub fn insert(&mut self, id: u32, place: u32) {
        if (self.taken + 1) * 2 > self.entries.len() {
            let before = std::mem::take(&mut self.entries);
            self.entries = vec![(0, 0); (before.len() * 2).max(16)];
            for (id, place) in before.into_iter().filter(|(id, _)| *id != 0) {
                self.put(id, place);
            }
        }
        self.put(id, place);
        self.taken += 1;
    }

    pub fn remove(&mut self, id: u32) {
        if self.find(id).is_none() {
            return;
        }
        let mut gap = self.home(id);
        while self.entries[gap].0 != id {
            gap = self.after(gap);
        }
        // Entries behind the gap move up unless that would put them before their home.
        let mut at = self.after(gap);
        while self.entries[at].0 != 0 {
            let home = self.home(self.entries[at].0);
            let mask = self.entries.len() - 1;
            if (at.wrapping_sub(home) & mask) >= (at.wrapping_sub(gap) & mask) {
                self.entries[gap] = self.entries[at];
                gap = at;
            }
            at = self.after(at);
        }
        self.entries[gap] = (0, 0);
        self.taken -= 1;
    }

    fn put(&mut self, id: u32, place: u32) {
        let mut at = self.home(id);
        while self.entries[at].0 != 0 {
            at = self.after(at);
        }
        self.entries[at] = (id, place);
    }

    fn home(&self, id: u32) -> usize {
        (id >> 1) as usize & (self.entries.len() - 1)
    }

    fn after(&self, at: usize) -> usize {
        (at + 1) & (self.entries.len() - 1)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_table_is_a_map(steps in prop::collection::vec((any::<bool>(), 0_u32..60), 0..400)) {
            let (mut table, mut model) = (Table::default(), BTreeMap::new());
            for (insert, number) in steps {
                let id = number * 2 + 1;
                if insert && !model.contains_key(&id) {
                    table.insert(id, number);
                    model.insert(id, number);
                } else if !insert {
                    table.remove(id);
                    model.remove(&id);
                }
                for id in (1..121).step_by(2) {
                    prop_assert_eq!(table.find(id), model.get(&id).copied());
                }
            }
        }
    }
}
