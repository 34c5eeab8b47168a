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
    job: Option<Job>,
    /// How often it was refused before.
    refusals: u8,
    kept: Kept,
    /// When it has taken too long.
    due_ns: u64,
    /// How often something had been read from the connection when the request was sent.
    reads_before: u64,
}

/// The requests of one connection. Before the connection is established they wait; then each has a stream.
#[derive(Debug)]
pub(crate) struct Mux {
    /// HTTP/2, once bytes flow.
    pub session: Option<Session>,
    slots: Vec<Slot>,
    free: Vec<u32>,
    /// Requests that have a slot.
    active: usize,
    /// Most requests at once that this side wants.
    wanted: usize,
    /// Requests that it may still take.
    left: u64,
    /// Whether the other side has agreed to take requests.
    is_open: bool,
    /// Whether a flush is already planned.
    is_dirty: bool,
    /// Position in the pool's list of connections with room.
    pub listed_at: Option<usize>,
    /// How often something was read.
    reads: u64,
}

/// Requests of a connection whose time is over, and what that says of the connection.
#[derive(Debug)]
pub(crate) struct Late {
    pub jobs: Vec<Job>,
    /// When the next of the others has taken too long; `u64::MAX` if there are none.
    pub next_ns: u64,
    /// Whether nothing came for as long as one of them waited: whoever comes next shall try another connection.
    pub is_silent: bool,
    /// Whether the connection is of no use: it takes nothing, or never got to its first request.
    pub is_stuck: bool,
}

impl Mux {
    /// A connection that shall carry up to `wanted` requests at once, and `left` in all.
    pub fn new(wanted: usize, left: u64) -> Self {
        Self {
            session: None,
            slots: Vec::new(),
            free: Vec::new(),
            active: 0,
            wanted,
            left,
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
        self.left > 0
            && self.active < self.capacity()
            && self.session.as_ref().is_none_or(|session| session.output().len() <= MAXIMUM_BACKLOG_BYTES)
    }

    /// Whether it is of no more use once its requests have ended.
    pub fn is_ending(&self) -> bool {
        let is_full = || self.session.as_ref().is_none_or(|session| !session.accepts_requests());
        self.is_open && (self.left == 0 || is_full())
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
        self.left = self.left.saturating_sub(1);
        place
    }

    /// Takes the request out of a slot.
    pub fn free_slot(&mut self, place: u32) -> Option<Job> {
        let job = self.slots.get_mut(place as usize)?.job.take()?;
        self.free.push(place);
        self.active -= 1;
        Some(job)
    }

    /// Whether it has carried all the requests that it may.
    pub fn is_spent(&self) -> bool {
        self.left == 0
    }

    /// Whether it carries no request.
    pub fn is_unused(&self) -> bool {
        self.active == 0
    }

    /// Whether the other side has agreed to take requests.
    pub fn is_open(&self) -> bool {
        self.is_open
    }

    /// The other side's settings may have come. Whether they have just done so.
    pub fn opens(&mut self) -> bool {
        let opens = !self.is_open && self.session.as_ref().is_some_and(Session::is_ready);
        self.is_open |= opens;
        opens
    }

    /// A flush is wanted. Whether none was planned yet.
    pub fn plan_flush(&mut self) -> bool {
        !std::mem::replace(&mut self.is_dirty, true)
    }

    /// The same, if there is something to write.
    pub fn plan_flush_of_output(&mut self) -> bool {
        self.session.as_ref().is_some_and(|session| !session.output().is_empty()) && self.plan_flush()
    }

    /// The planned flush is done now.
    pub fn begin_flush(&mut self) {
        self.is_dirty = false;
    }

    /// Whether a flush is planned.
    pub fn is_flush_planned(&self) -> bool {
        self.is_dirty
    }

    /// The next request of which the first byte has left, if it was not sent before; it was sent at `sent_ns`. One
    /// that was refused before keeps the moment when it was first sent.
    pub fn next_started(&mut self, sent_ns: u64) -> Option<Job> {
        let session = self.session.as_mut()?;
        while let Some(place) = session.next_started() {
            let slot = &mut self.slots[place as usize];
            slot.reads_before = self.reads;
            if let Some(job) = &mut slot.job
                && job.sent_ns.is_none()
            {
                job.sent_ns = Some(sent_ns);
                return Some(*job);
            }
        }
        None
    }

    /// The session and the requests that listen to it: something was read.
    #[inline]
    pub fn reading(&mut self) -> Option<(&mut Session, &mut [Slot])> {
        self.reads += 1;
        Some((self.session.as_mut()?, &mut self.slots))
    }

    /// The session, and the request at `place`, to write it.
    #[inline]
    pub fn writing(&mut self, place: u32) -> Option<(&mut Session, Job, &mut Kept)> {
        let slot = self.slots.get_mut(place as usize)?;
        Some((self.session.as_mut()?, slot.job?, &mut slot.kept))
    }

    /// Takes out a request whose answer is complete; `kept` becomes what was kept of that.
    pub fn complete(&mut self, place: u32, kept: &mut Kept) -> Option<Job> {
        let job = self.free_slot(place)?;
        std::mem::swap(kept, &mut self.slots[place as usize].kept);
        Some(job)
    }

    /// Takes out a request that was refused, and how often it has been.
    pub fn refuse(&mut self, place: u32) -> Option<(Job, u8)> {
        let refusals = self.slots.get(place as usize)?.refusals.saturating_add(1);
        Some((self.free_slot(place)?, refusals))
    }

    /// Takes out the requests beyond its capacity, the last one first.
    pub fn take_surplus(&mut self) -> Vec<Job> {
        let surplus: Vec<u32> = self.places().skip(self.capacity()).collect();
        let jobs: Vec<Job> = surplus.into_iter().rev().filter_map(|place| self.free_slot(place)).collect();
        self.left = self.left.saturating_add(jobs.len() as u64);
        jobs
    }

    /// Takes out the requests of which nothing was sent.
    pub fn take_unsent(&mut self) -> Vec<Job> {
        let is_unsent = |slot: &Slot| slot.job.is_some_and(|job| job.sent_ns.is_none());
        let unsent: Vec<u32> =
            self.places().filter(|place| is_unsent(&self.slots[*place as usize])).collect();
        unsent.into_iter().filter_map(|place| self.free_slot(place)).collect()
    }

    /// Takes out all requests with their time limits, latest first.
    pub fn take_all(&mut self) -> Vec<(Job, u64)> {
        let all = self.slots.iter_mut().filter_map(|slot| Some((slot.job.take()?, slot.due_ns)));
        let mut jobs: Vec<(Job, u64)> = all.collect();
        jobs.sort_by_key(|(job, _)| std::cmp::Reverse(job.intended_ns));
        jobs
    }

    /// Takes out the requests that have taken too long.
    pub fn take_late(&mut self, now_ns: u64) -> Late {
        let (mut places, mut next_ns) = (Vec::new(), u64::MAX);
        for place in self.places() {
            match self.slots[place as usize].due_ns {
                due_ns if due_ns <= now_ns => places.push(place),
                due_ns => next_ns = next_ns.min(due_ns),
            }
        }
        let has_output = self.session.as_ref().is_none_or(|session| !session.output().is_empty());
        let is_stuck = (!self.is_dirty && has_output) || !self.is_open;
        let is_silent = |slot: &Slot| {
            slot.reads_before == self.reads && slot.job.is_some_and(|job| job.sent_ns.is_some())
        };
        let is_silent = places.iter().any(|place| is_silent(&self.slots[*place as usize]));
        let mut jobs = Vec::with_capacity(places.len());
        for place in places {
            if let Some(session) = &mut self.session {
                session.cancel(place);
            }
            jobs.extend(self.free_slot(place));
        }
        Late { jobs, next_ns, is_silent, is_stuck }
    }

    /// Takes out all requests, and whether the head of the answer to each has come.
    pub fn end(&mut self) -> impl Iterator<Item = (Job, bool)> + '_ {
        (0..self.slots.len() as u32).filter_map(|place| {
            let job = self.free_slot(place)?;
            Some((job, self.session.as_ref().is_some_and(|session| session.has_head(place))))
        })
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
    /// Largest accepted body, without its coding.
    pub max_body_bytes: u64,
}

impl Events for Listener<'_> {
    fn wants_fields(&self, place: u32, status: u16) -> bool {
        let job = self.slots[place as usize].job;
        job.is_some_and(|job| {
            let step = &self.steps[job.step as usize];
            !step.wanted.is_empty() || step.shows(status)
        })
    }

    fn wants_trailers(&self, place: u32) -> bool {
        let job = self.slots[place as usize].job;
        job.is_some_and(|job| self.steps[job.step as usize].grpc.is_some())
    }

    fn received(&mut self, place: u32, bytes: usize) {
        if let Some(job) = self.slots[place as usize].job {
            self.endpoints[job.endpoint as usize].tally.bytes_received += bytes as u64;
        }
    }

    fn head(&mut self, place: u32, status: u16, fields: &[Header<'_>]) {
        let Slot { job: Some(job), kept, .. } = &mut self.slots[place as usize] else { return };
        let max_body_bytes = self.max_body_bytes;
        Keep { step: &self.steps[job.step as usize], max_body_bytes, kept }.head(status, fields);
    }

    fn body(&mut self, place: u32, data: &[u8]) {
        let Slot { job: Some(job), kept, .. } = &mut self.slots[place as usize] else { return };
        let max_body_bytes = self.max_body_bytes;
        Keep { step: &self.steps[job.step as usize], max_body_bytes, kept }.body(data);
    }

    fn trailers(&mut self, place: u32, fields: &[Header<'_>]) {
        let Slot { job: Some(job), kept, .. } = &mut self.slots[place as usize] else { return };
        kept.push_fields(&self.steps[job.step as usize].wanted, fields);
    }
}
