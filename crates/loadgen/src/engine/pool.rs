//! The connections of one thread, and which of them are idle.

use super::conn::{Conn, ConnState};
use super::transport::Wire;

/// What the end of a WebSocket is told with that no step has closed (RFC 6455, section 7.4.1).
const GOING_AWAY: u16 = 1001;

/// Places for connections; they are made when first needed and kept.
#[derive(Debug)]
pub(crate) struct Pool {
    conns: Vec<Conn>,
    closed: Vec<u32>,
    /// Idle connections of each target.
    idle: Vec<Vec<u32>>,
    idle_count: usize,
    /// Connections to each target that others share and that have room for a request.
    shared: Vec<Vec<u32>>,
    shared_count: usize,
    /// Connections that belong to one user or session.
    held: usize,
    maximum: usize,
    max_header_bytes: usize,
    max_body_bytes: u64,
}

impl Pool {
    /// Places for at most `maximum` connections to `targets` targets together.
    pub fn new(targets: usize, maximum: usize, max_header_bytes: usize, max_body_bytes: u64) -> Self {
        Self {
            conns: Vec::new(),
            closed: Vec::new(),
            idle: vec![Vec::new(); targets],
            idle_count: 0,
            shared: vec![Vec::new(); targets],
            shared_count: 0,
            held: 0,
            maximum,
            max_header_bytes,
            max_body_bytes,
        }
    }

    pub fn get(&mut self, index: u32) -> &mut Conn {
        &mut self.conns[index as usize]
    }

    /// The connection of this version, if it still is.
    pub fn find(&mut self, (index, version): (u32, u32)) -> Option<&mut Conn> {
        self.conns.get_mut(index as usize).filter(|conn| conn.version == version)
    }

    /// Number of connections that have a socket.
    pub fn open(&self) -> usize {
        self.conns.len() - self.closed.len()
    }

    /// Whether a connection is idle or shared with room (to whichever target) or held, or another may be opened.
    pub fn has_room(&self) -> bool {
        self.idle_count > 0 || self.shared_count > 0 || self.open() < self.maximum || self.held > 0
    }

    /// A connection belongs to one user or session until it is closed.
    pub fn hold(&mut self, index: u32) {
        self.get(index).is_held = true;
        self.held += 1;
    }

    /// Whether there is one that belongs to somebody.
    pub fn has_held(&self) -> bool {
        self.held > 0
    }

    /// Indices of all places.
    pub fn indices(&self) -> std::ops::Range<u32> {
        0..self.conns.len() as u32
    }

    /// A place for a new connection, unless the maximum is reached.
    pub fn take_closed(&mut self) -> Option<u32> {
        if let Some(index) = self.closed.pop() {
            return Some(index);
        }
        if self.conns.len() >= self.maximum {
            return None;
        }
        self.conns.push(Conn::new(self.max_header_bytes, self.max_body_bytes));
        Some(self.conns.len() as u32 - 1)
    }

    /// Gives a place back; its socket is closed and its version ends.
    pub fn close(&mut self, index: u32) {
        if self.get(index).state == ConnState::Idle {
            self.leave_idle(index);
        }
        self.unlist_shared(index);
        let was_held = std::mem::take(&mut self.get(index).is_held);
        self.held -= usize::from(was_held);
        let conn = self.get(index);
        if let Some(socket) = &conn.socket
            && let Some(session) = &mut conn.ws
        {
            // A last word, unless it was said; whether it arrives changes nothing here.
            session.close(GOING_AWAY, "");
            if session.has_output() {
                let _ = conn.wire.send(socket, session.output());
            }
        }
        if let Some(socket) = &conn.socket
            && matches!(conn.state, ConnState::Busy | ConnState::Shared)
        {
            conn.wire.end(socket);
        }
        conn.state = ConnState::Closed;
        conn.mux = None;
        conn.redis = None;
        conn.ws = None;
        conn.socket = None;
        conn.wire = Wire::Plain;
        conn.version = conn.version.wrapping_add(1);
        conn.job = None;
        conn.unwritten.clear();
        conn.unwritten_from = 0;
        conn.deadline.clear();
        self.closed.push(index);
    }

    /// Ends all connections.
    pub fn close_all(&mut self) {
        for index in self.indices() {
            if self.get(index).state != ConnState::Closed {
                self.close(index);
            }
        }
    }

    pub fn set_idle(&mut self, index: u32) {
        let target = self.get(index).target;
        let idle_at = self.idle[target].len();
        self.idle[target].push(index);
        self.idle_count += 1;
        let conn = self.get(index);
        conn.state = ConnState::Idle;
        conn.idle_at = idle_at;
        conn.job = None;
        conn.deadline.clear();
    }

    /// Takes an idle connection out of the list: `preferred` if it is idle.
    pub fn take_preferred(&mut self, preferred: (u32, u32)) -> bool {
        if self.find(preferred).is_some_and(|conn| conn.state == ConnState::Idle) {
            self.leave_idle(preferred.0);
            return true;
        }
        false
    }

    /// Takes the connection to `target` that became idle last.
    pub fn take_idle(&mut self, target: usize) -> Option<u32> {
        let index = *self.idle[target].last()?;
        self.leave_idle(index);
        Some(index)
    }

    /// The shared connection to `target` with room that was listed last.
    pub fn shared_with_room(&self, target: usize) -> Option<u32> {
        self.shared[target].last().copied()
    }

    /// Lists a shared connection if it has room for another request, else takes it off the list.
    pub fn list_shared(&mut self, index: u32) {
        let conn = &self.conns[index as usize];
        let Some(mux) = &conn.mux else { return };
        let (target, has_room) = (conn.target, mux.has_room() && !conn.is_last_use);
        match mux.listed_at {
            None if has_room => {
                let at = self.shared[target].len();
                self.shared[target].push(index);
                self.shared_count += 1;
                self.set_listed(index, Some(at));
            }
            Some(_) if !has_room => self.unlist_shared(index),
            _ => {}
        }
    }

    /// Takes a shared connection off the list of those with room.
    pub fn unlist_shared(&mut self, index: u32) {
        let conn = &self.conns[index as usize];
        let target = conn.target;
        let Some(at) = conn.mux.as_ref().and_then(|mux| mux.listed_at) else { return };
        self.shared[target].swap_remove(at);
        self.shared_count -= 1;
        self.set_listed(index, None);
        if let Some(&moved) = self.shared[target].get(at) {
            self.set_listed(moved, Some(at));
        }
    }

    fn set_listed(&mut self, index: u32, at: Option<usize>) {
        if let Some(mux) = &mut self.conns[index as usize].mux {
            mux.listed_at = at;
        }
    }

    /// Closes an idle connection of the target that has most of them, or a shared one without requests, to make
    /// room for one to another target. Whether there was one.
    pub fn make_room(&mut self) -> bool {
        let idle = self.idle.iter().max_by_key(|list| list.len()).and_then(|list| list.first());
        let unused =
            |index: &&u32| self.conns[**index as usize].mux.as_ref().is_some_and(|mux| mux.is_unused());
        let Some(&index) = idle.or_else(|| self.shared.iter().flatten().find(unused)) else { return false };
        self.close(index);
        true
    }

    fn leave_idle(&mut self, index: u32) {
        let (target, at) = (self.get(index).target, self.get(index).idle_at);
        self.idle[target].swap_remove(at);
        self.idle_count -= 1;
        if let Some(&moved) = self.idle[target].get(at) {
            self.get(moved).idle_at = at;
        }
        self.get(index).state = ConnState::Busy;
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::engine::timers::Timers;

    #[test]
    fn places_are_bounded_and_used_again() {
        let mut pool = Pool::new(2, 3, 1024, 1024);
        let all: Vec<u32> = (0..3).map(|_| pool.take_closed().unwrap()).collect();
        assert_eq!((pool.take_closed(), pool.open()), (None, 3));
        all.iter().for_each(|&index| pool.set_idle(index));
        assert!(pool.take_preferred((1, 0)));
        assert!(!pool.take_preferred((1, 0)));
        assert_eq!((pool.take_idle(0), pool.take_idle(0), pool.take_idle(0)), (Some(2), Some(0), None));
        pool.set_idle(2);
        pool.close(2);
        assert_eq!((pool.open(), pool.take_idle(0)), (2, None));
        assert!(pool.find((2, 0)).is_none());
        assert_eq!(pool.take_closed(), Some(2));
        assert!(pool.find((2, 1)).is_some());
    }
    #[test]
    fn connections_that_come_and_go_leave_one_timer_a_place() {
        let mut pool = Pool::new(1, 1, 1024, 1024);
        let mut timers = Timers::default();
        for moment in 0..1000 {
            let index = pool.take_closed().unwrap();
            pool.get(index).deadline.set(moment + 5000, &mut timers, index);
            pool.close(index);
        }
        assert_eq!(timers.len(), 1);
    }

    #[test]
    fn targets_do_not_share_connections_but_make_room_for_each_other() {
        let mut pool = Pool::new(2, 2, 1024, 1024);
        for _ in 0..2 {
            let index = pool.take_closed().unwrap();
            pool.get(index).target = 1;
            pool.set_idle(index);
        }
        assert!(pool.has_room());
        assert_eq!((pool.take_idle(0), pool.take_closed()), (None, None));
        assert!(pool.make_room());
        let index = pool.take_closed().unwrap();
        pool.get(index).target = 0;
        assert_eq!(pool.take_idle(1), Some(1));
        assert!(!pool.make_room() && !pool.has_room());
    }
}
