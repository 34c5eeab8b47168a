//! Who sends requests: users who wait for answers and pause (closed), or a schedule that waits for nobody (open).

use serde::{Deserialize, Serialize};
use swarmlab_shapes::{Arrivals, Schedule, Shape};

use crate::errands::{Errands, Over, Place};
use crate::law::Law;
use crate::model::ModelError;
use crate::second::Gauge;
use crate::stream::{Purpose, Stream, key, sub_key};

/// How often the number of users is set by the shape, in seconds: as the load engine does it.
pub(crate) const TICK_S: f64 = 0.02;
/// From one request of a user to the next there is at least this, or one whose requests fail at once and who does not
/// pause would stop time.
const LEAST_CYCLE_S: f64 = 1e-4;
/// Most users: each takes memory.
pub const MAX_USERS: f64 = 1e6;

/// The load.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Load {
    /// Requests a second over time.
    Open {
        /// Requests a second.
        shape: Shape,
        /// The law of their moments.
        arrivals: Arrivals,
    },
    /// Users over time.
    Closed {
        /// Users; the whole part counts.
        shape: Shape,
        /// Their pauses between an answer and the next request.
        think: Law,
    },
}

impl Load {
    /// Its shape.
    pub fn shape(&self) -> &Shape {
        match self {
            Load::Open { shape, .. } | Load::Closed { shape, .. } => shape,
        }
    }
}

/// Those who send.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Clients {
    /// The load.
    pub load: Load,
    /// How long an answer is waited for, in seconds; `None`: without end.
    pub timeout_s: Option<f64>,
}

impl Clients {
    /// Finds what cannot be simulated.
    ///
    /// # Errors
    /// The first finding.
    pub fn check(&self) -> Result<(), ModelError> {
        let load = |e: &dyn std::fmt::Display| ModelError::Load(e.to_string());
        self.load.shape().validate().map_err(|e| load(&e))?;
        match &self.load {
            Load::Open { arrivals, .. } => arrivals.validate().map_err(|e| load(&e))?,
            Load::Closed { think, .. } if !think.is_valid() => return Err(load(&"the pauses of users")),
            Load::Closed { shape, .. } if shape.maximum() > MAX_USERS => {
                return Err(load(&format!(
                    "{} users are more than the {MAX_USERS} that can be",
                    shape.maximum()
                )));
            }
            Load::Closed { .. } => {}
        }
        match self.timeout_s {
            Some(t) if !(t.is_finite() && t > 0.0) => Err(load(&"the time limit of clients")),
            _ => Ok(()),
        }
    }
}

/// A request that is sent now.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Request {
    /// Who sends it.
    pub(crate) client: u32,
    /// What is asked.
    pub(crate) endpoint: u32,
    /// Where its random numbers begin.
    pub(crate) key: u64,
}

/// What an answered client does.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Then {
    /// It sends again then.
    SendsAt(f64),
    /// Whoever schedules decides, or it is gone.
    Nothing,
}

/// The open load as it goes on.
#[derive(Debug)]
pub(crate) struct Open {
    schedule: Schedule,
    sent: u64,
    sessions: Vec<Place>,
    /// Sessions that nobody waits for.
    free: Vec<u32>,
}

/// A user.
#[derive(Debug, Clone, Copy, Default)]
struct User {
    /// Requests that it has sent.
    sent: u64,
    place: Place,
}

/// The users as they come and go.
#[derive(Debug)]
pub(crate) struct Closed {
    shape: Shape,
    think: Law,
    users: Vec<User>,
    free: Vec<u32>,
    target: u64,
    active: Gauge,
}

/// The load as it goes on.
#[derive(Debug)]
pub(crate) enum Sender {
    Open(Box<Open>),
    Closed(Closed),
    /// Nobody sends.
    Nobody,
}

/// The room of the load.
#[derive(Debug)]
pub(crate) struct Crowd {
    key: u64,
    /// When the load began: its shape counts from there.
    begin_s: f64,
    pub(crate) sender: Sender,
    errands: Errands,
    stopped: bool,
    think_s: f64,
    /// Errands that came to their end.
    done: u64,
}

impl Crowd {
    /// Nobody.
    pub(crate) fn nobody() -> Self {
        Self {
            key: 0,
            begin_s: 0.0,
            sender: Sender::Nobody,
            errands: Errands::default(),
            stopped: false,
            think_s: 0.0,
            done: 0,
        }
    }

    /// Those who begin now.
    pub(crate) fn new(load: &Load, errands: Errands, begin_s: f64, seed: u64) -> Self {
        let sender = match load {
            Load::Open { shape, arrivals } => Sender::Open(Box::new(Open {
                schedule: Schedule::new(shape, *arrivals, key(seed, Purpose::Arrivals)),
                sent: 0,
                sessions: Vec::new(),
                free: Vec::new(),
            })),
            Load::Closed { shape, think } => Sender::Closed(Closed {
                shape: shape.clone(),
                think: think.clone(),
                users: Vec::new(),
                free: Vec::new(),
                target: 0,
                active: Gauge::starting(begin_s),
            }),
        };
        Self { key: key(seed, Purpose::Requests), begin_s, sender, errands, ..Self::nobody() }
    }

    /// When the next request of the open model is due.
    pub(crate) fn next_due_s(&mut self) -> f64 {
        match &mut self.sender {
            Sender::Open(open) if !self.stopped => {
                open.schedule.next().map_or(f64::INFINITY, |due_s| self.begin_s + due_s)
            }
            _ => f64::INFINITY,
        }
    }

    /// Nobody sends anything more.
    pub(crate) fn stop(&mut self) {
        self.stopped = true;
        if let Sender::Closed(closed) = &mut self.sender {
            closed.target = 0;
        }
    }

    /// The next request: of a user, or of a session that is free.
    pub(crate) fn request(&mut self, user: Option<u32>) -> Request {
        let (own, errands) = (self.key, &self.errands);
        let of = |client: u32| sub_key(own, u64::from(client));
        match &mut self.sender {
            Sender::Open(open) => {
                open.sent += 1;
                let client = open.free.pop().unwrap_or_else(|| {
                    open.sessions.push(Place::default());
                    (open.sessions.len() - 1) as u32
                });
                let endpoint = errands.next(&mut open.sessions[client as usize], of(client));
                Request { client, endpoint, key: sub_key(own, open.sent) }
            }
            Sender::Closed(closed) => {
                let client = user.unwrap_or_default();
                let user = &mut closed.users[client as usize];
                user.sent += 1;
                let endpoint = errands.next(&mut user.place, of(client));
                Request { client, endpoint, key: sub_key(of(client), user.sent) }
            }
            Sender::Nobody => Request { client: 0, endpoint: 0, key: own },
        }
    }

    /// Sets the number of users by the shape: a user who is new, until there are enough.
    pub(crate) fn newcomer(&mut self, now_s: f64) -> Option<u32> {
        let Sender::Closed(closed) = &mut self.sender else { return None };
        if !self.stopped {
            closed.target = closed.shape.value_at(now_s - self.begin_s).floor() as u64;
        }
        if closed.active.value() >= closed.target as f64 {
            return None;
        }
        closed.active.add(now_s, 1.0);
        Some(closed.free.pop().unwrap_or_else(|| {
            closed.users.push(User::default());
            (closed.users.len() - 1) as u32
        }))
    }

    /// Whether a user who is about to send is one too many; then it is gone.
    pub(crate) fn leaves(&mut self, now_s: f64, user: u32) -> bool {
        let Sender::Closed(closed) = &mut self.sender else { return true };
        let leaves = closed.active.value() > closed.target as f64;
        if leaves {
            closed.active.add(now_s, -1.0);
            closed.free.push(user);
        }
        leaves
    }

    /// A client has its answer.
    pub(crate) fn answered(&mut self, now_s: f64, client: u32, sent_s: f64, failed: bool) -> Then {
        let over = match &mut self.sender {
            Sender::Open(open) => {
                let over = self.errands.answered(&mut open.sessions[client as usize], failed);
                open.free.push(client);
                over
            }
            Sender::Closed(closed) => self.errands.answered(&mut closed.users[client as usize].place, failed),
            Sender::Nobody => return Then::Nothing,
        };
        self.done += u64::from(over == Over::Done);
        if self.leaves(now_s, client) {
            return Then::Nothing;
        }
        let own = sub_key(self.key, u64::from(client));
        let Sender::Closed(closed) = &mut self.sender else { return Then::Nothing };
        if over == Over::Not {
            return Then::SendsAt(now_s.max(sent_s + LEAST_CYCLE_S));
        }
        let mut stream = Stream::of(sub_key(own, closed.users[client as usize].sent), Purpose::Think);
        let at_s = (now_s + closed.think.sample(&mut stream)).max(sent_s + LEAST_CYCLE_S);
        self.think_s += at_s - now_s;
        Then::SendsAt(at_s)
    }

    /// Users, averaged over `length_s`, none in the open model; pauses that were begun; errands that came to their end.
    pub(crate) fn take(&mut self, now_s: f64, length_s: f64) -> (Option<f64>, f64, u64) {
        let users = match &mut self.sender {
            Sender::Closed(closed) => Some(closed.active.mean(now_s, length_s)),
            Sender::Open(_) | Sender::Nobody => None,
        };
        (users, std::mem::take(&mut self.think_s), std::mem::take(&mut self.done))
    }

    /// How many endpoints are asked.
    pub(crate) fn endpoints(&self) -> usize {
        self.errands.endpoints()
    }
}
