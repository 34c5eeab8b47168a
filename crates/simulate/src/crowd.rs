//! Who sends requests: users who wait for answers and pause (closed), or a schedule that waits for nobody (open).

use serde::{Deserialize, Serialize};
use swarmlab_shapes::{Arrivals, Schedule, Shape};

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
    pub(crate) fn check(&self) -> Result<(), ModelError> {
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

/// The open load as it goes on.
#[derive(Debug)]
pub(crate) struct Open {
    schedule: Schedule,
    sent: u64,
}

/// The users as they come and go.
#[derive(Debug)]
pub(crate) struct Closed {
    shape: Shape,
    think: Law,
    /// Requests that each has sent.
    users: Vec<u64>,
    free: Vec<u32>,
    target: u64,
    active: Gauge,
    think_s: f64,
}

/// The load as it goes on.
#[derive(Debug)]
pub(crate) enum Sender {
    Open(Box<Open>),
    Closed(Closed),
}

/// The room of the load.
#[derive(Debug)]
pub(crate) struct Crowd {
    key: u64,
    pub(crate) sender: Sender,
}

impl Crowd {
    pub(crate) fn new(load: &Load, seed: u64) -> Self {
        let sender = match load {
            Load::Open { shape, arrivals } => Sender::Open(Box::new(Open {
                schedule: Schedule::new(shape, *arrivals, key(seed, Purpose::Arrivals)),
                sent: 0,
            })),
            Load::Closed { shape, think } => Sender::Closed(Closed {
                shape: shape.clone(),
                think: think.clone(),
                users: Vec::new(),
                free: Vec::new(),
                target: 0,
                active: Gauge::default(),
                think_s: 0.0,
            }),
        };
        Self { key: key(seed, Purpose::Requests), sender }
    }

    /// When the next request of the open model is due.
    pub(crate) fn next_due_s(&mut self) -> f64 {
        match &mut self.sender {
            Sender::Open(open) => open.schedule.next().unwrap_or(f64::INFINITY),
            Sender::Closed(_) => f64::INFINITY,
        }
    }

    /// The key of a request that is sent now.
    pub(crate) fn request_key(&mut self, user: Option<u32>) -> u64 {
        match (&mut self.sender, user) {
            (Sender::Open(open), _) => {
                open.sent += 1;
                sub_key(self.key, open.sent)
            }
            (Sender::Closed(closed), Some(user)) => {
                let sent = &mut closed.users[user as usize];
                *sent += 1;
                sub_key(sub_key(self.key, u64::from(user)), *sent)
            }
            (Sender::Closed(_), None) => self.key,
        }
    }

    /// Sets the number of users by the shape: a user who is new, until there are enough.
    pub(crate) fn newcomer(&mut self, now_s: f64) -> Option<u32> {
        let Sender::Closed(closed) = &mut self.sender else { return None };
        closed.target = closed.shape.value_at(now_s).floor() as u64;
        if closed.active.value() >= closed.target as f64 {
            return None;
        }
        closed.active.add(now_s, 1.0);
        Some(closed.free.pop().unwrap_or_else(|| {
            closed.users.push(0);
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

    /// When a user who was answered sends again.
    pub(crate) fn sends_again_s(&mut self, now_s: f64, user: u32, sent_s: f64) -> f64 {
        let own = sub_key(self.key, u64::from(user));
        let Sender::Closed(closed) = &mut self.sender else { return f64::INFINITY };
        let mut stream = Stream::of(sub_key(own, closed.users[user as usize]), Purpose::Think);
        let at_s = (now_s + closed.think.sample(&mut stream)).max(sent_s + LEAST_CYCLE_S);
        closed.think_s += at_s - now_s;
        at_s
    }

    /// Users, averaged over `length_s`, and pauses that were begun; none in the open model.
    pub(crate) fn take(&mut self, now_s: f64, length_s: f64) -> Option<(f64, f64)> {
        let Sender::Closed(closed) = &mut self.sender else { return None };
        Some((closed.active.take(now_s) / length_s, std::mem::take(&mut closed.think_s)))
    }
}
