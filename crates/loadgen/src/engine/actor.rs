//! Who sends requests: a user of the closed model or a session of the open one.

use rand::SeedableRng;
use rand::rngs::SmallRng;

use super::logic::Logic;
use super::redirect::Trail;
use crate::scenario::cookie::Jar;

/// What an actor is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Doing {
    /// Not started, or left.
    Away,
    /// Between two requests: a user waits for its timer, a session for the next arrival.
    Resting,
    /// A request of its is queued, being connected, or under way.
    Requesting,
}

/// Which part of its class's scenario an actor is at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    /// The steps at the start.
    Start,
    /// A task, by its number.
    Task(usize),
    /// The steps at the stop.
    Stop,
}

/// A user or session, with the state of its journey.
#[derive(Debug)]
pub(crate) struct Actor {
    /// Number over all threads.
    pub id: u64,
    /// Index of its class.
    pub class: usize,
    /// Index of its variant.
    pub variant: usize,
    pub doing: Doing,
    pub phase: Phase,
    /// Index of the next step.
    pub step: usize,
    /// Whether its steps at the start are behind it.
    pub started: bool,
    /// Whether a journey is to begin; else it is in the middle of one.
    pub at_boundary: bool,
    /// Whether it has left for good.
    pub retired: bool,
    pub iteration: u64,
    pub iteration_start_ns: u64,
    /// The connection it used last, to the first target.
    connection: Option<(u32, u32)>,
    /// The same for the other targets, made when first needed.
    other_connections: Vec<Option<(u32, u32)>>,
    /// Its WebSocket connections, by number of their name.
    sockets: Vec<Option<(u32, u32)>>,
    /// How the last of them ended that no step has closed.
    pub lost_socket: Option<String>,
    /// More connections of its own, with their targets: those that its batches have used.
    pub beside: Vec<(usize, (u32, u32))>,
    /// Changes whenever a timer set for it loses its meaning.
    pub version: u32,
    /// Values extracted so far.
    pub slots: Vec<String>,
    /// Its row of each feeder.
    pub rows: Vec<u32>,
    /// Its cookies, by target; none if its class keeps none.
    pub jars: Vec<Jar>,
    /// Its request, if that may be redirected.
    pub trail: Trail,
    pub random: SmallRng,
    /// Where it is in a journey that is more than requests in a row.
    pub logic: Logic,
}

impl Actor {
    pub fn new(id: u64, class: usize, variant: usize, seed: u64) -> Self {
        // One generator per actor, so that what it draws does not depend on the other ones.
        let mixed = seed ^ (id + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        Self {
            id,
            class,
            variant,
            doing: Doing::Away,
            phase: Phase::Start,
            step: 0,
            started: false,
            at_boundary: true,
            retired: false,
            iteration: 0,
            iteration_start_ns: 0,
            connection: None,
            other_connections: Vec::new(),
            sockets: Vec::new(),
            lost_socket: None,
            beside: Vec::new(),
            version: 0,
            slots: Vec::new(),
            rows: Vec::new(),
            jars: Vec::new(),
            trail: Trail::default(),
            random: SmallRng::seed_from_u64(mixed),
            logic: Logic::default(),
        }
    }

    /// The connection to `target` that it used last.
    #[inline]
    pub fn connection(&self, target: usize) -> Option<(u32, u32)> {
        match target {
            0 => self.connection,
            _ => self.other_connections.get(target - 1).copied().flatten(),
        }
    }

    /// It uses this connection to `target`.
    #[inline]
    pub fn set_connection(&mut self, target: usize, connection: (u32, u32)) {
        if self.logic.is_in_batch()
            && let Some(former) = self.connection(target).filter(|&former| former != connection)
        {
            self.beside.push((target, former));
        }
        if target == 0 {
            self.connection = Some(connection);
        } else {
            if self.other_connections.len() < target {
                self.other_connections.resize(target, None);
            }
            self.other_connections[target - 1] = Some(connection);
        }
    }

    /// Its WebSocket connection of this name, which may have ended.
    pub fn socket(&self, name: usize) -> Option<(u32, u32)> {
        self.sockets.get(name).copied().flatten()
    }

    /// It has opened a WebSocket connection.
    pub fn set_socket(&mut self, name: usize, connection: (u32, u32)) {
        if self.sockets.len() <= name {
            self.sockets.resize(name + 1, None);
        }
        self.sockets[name] = Some(connection);
    }

    /// Forgets one of its WebSocket connections.
    pub fn take_socket(&mut self) -> Option<(u32, u32)> {
        self.sockets.iter_mut().find_map(Option::take)
    }

    /// Forgets a connection that it used last, whichever is left.
    pub fn take_connection(&mut self) -> Option<(u32, u32)> {
        let other = || self.other_connections.iter_mut().find_map(Option::take);
        self.connection.take().or_else(other).or_else(|| self.beside.pop().map(|(_, connection)| connection))
    }
}
