//! Many requests on one connection: their places, and what is known of each.

use httparse::Header;

use super::conn::Job;
use super::kept::{Keep, Kept};
use crate::http::Sink;
use crate::http2::{Events, Limits, Session};
use crate::scenario::compiled::CompiledStep;
use swarmlab_intervals::EndpointStats;

/// Output of a connection that the socket does not take, bytes, above which it gets no further requests.
const MAXIMUM_BACKLOG_BYTES: usize = 256 << 10;

/// A request that shares a connection, or waits for that to be established.
#[derive(Debug, Default)]
pub(crate) struct Slot {
    pub job: Option<Job>,
    /// How often it was refused before.
    pub refusals: u8,
    pub kept: Kept,
    /// When it has taken too long.
    pub due_ns: u64,
    /// How often something had been read from the connection when the request was sent.
    pub reads_before: u64,
}

/// The requests of one connection. Before the connection is established they wait; then each has a stream.
#[derive(Debug)]
pub(crate) struct Mux {
    /// HTTP/2, once bytes flow.
    pub session: Option<Session>,
    pub slots: Vec<Slot>,
    free: Vec<u32>,
    /// Requests that have a slot.
    pub active: usize,
    /// Most requests at once that this side wants.
    wanted: usize,
    /// Whether the other side has agreed to take requests.
    pub is_open: bool,
    /// Whether a flush is already planned.
    pub is_dirty: bool,
    /// Position in the pool's list of connections with room.
    pub listed_at: Option<usize>,
    /// How often something was read.
    pub reads: u64,
}

impl Mux {
    /// A connection that shall carry up to `wanted` requests at once.
    pub fn new(wanted: usize) -> Self {
        Self {
            session: None,
            slots: Vec::new(),
            free: Vec::new(),
            active: 0,
            wanted,
            is_open: false,
            is_dirty: false,
            listed_at: None,
            reads: 0,
        }
    }

    /// Bytes flow: HTTP/2 begins.
    pub fn begin(&mut self, limits: Limits) {
        self.session = Some(Session::new(limits));
    }

    /// Requests it can carry at once.
    pub fn capacity(&self) -> usize {
        match &self.session {
            Some(session) if self.is_open => match session.accepts_requests() {
                true => self.wanted.min(session.max_streams()),
                false => 0,
            },
            _ => self.wanted,
        }
    }

    /// Whether another request may come.
    pub fn has_room(&self) -> bool {
        self.active < self.capacity()
            && self.session.as_ref().is_none_or(|session| session.output().len() <= MAXIMUM_BACKLOG_BYTES)
    }

    /// Whether it is of no more use once its requests have ended.
    pub fn is_ending(&self) -> bool {
        self.is_open && self.session.as_ref().is_none_or(|session| !session.accepts_requests())
    }

    /// Gives a request a slot.
    pub fn take_slot(&mut self, job: Job, refusals: u8, due_ns: u64) -> u32 {
        let place = self.free.pop().unwrap_or_else(|| {
            self.slots.push(Slot::default());
            self.slots.len() as u32 - 1
        });
        let slot = &mut self.slots[place as usize];
        slot.job = Some(job);
        slot.refusals = refusals;
        slot.due_ns = due_ns;
        self.active += 1;
        place
    }

    /// Takes the request out of a slot.
    pub fn free_slot(&mut self, place: u32) -> Option<Job> {
        let job = self.slots.get_mut(place as usize)?.job.take()?;
        self.free.push(place);
        self.active -= 1;
        Some(job)
    }

    /// Places of all requests.
    pub fn places(&self) -> impl Iterator<Item = u32> + '_ {
        (0..self.slots.len() as u32).filter(|place| self.slots[*place as usize].job.is_some())
    }
}

/// Listens to a session on behalf of its requests.
pub(crate) struct Listener<'a> {
    pub slots: &'a mut [Slot],
    pub steps: &'a [CompiledStep],
    pub endpoints: &'a mut [EndpointStats],
}

impl Events for Listener<'_> {
    fn wants_fields(&self, place: u32) -> bool {
        let job = self.slots[place as usize].job;
        job.is_some_and(|job| !self.steps[job.step as usize].wanted.is_empty())
    }

    fn received(&mut self, place: u32, bytes: usize) {
        if let Some(job) = self.slots[place as usize].job {
            self.endpoints[job.endpoint as usize].tally.bytes_received += bytes as u64;
        }
    }

    fn head(&mut self, place: u32, status: u16, fields: &[Header<'_>]) {
        let Slot { job: Some(job), kept, .. } = &mut self.slots[place as usize] else { return };
        Keep { step: &self.steps[job.step as usize], kept }.head(status, fields);
    }

    fn body(&mut self, place: u32, data: &[u8]) {
        let Slot { job: Some(job), kept, .. } = &mut self.slots[place as usize] else { return };
        Keep { step: &self.steps[job.step as usize], kept }.body(data);
    }
}
