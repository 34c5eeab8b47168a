//! One connection: subscribing once, publishing, and waiting for the message to come back.

use std::collections::VecDeque;
use std::hash::{BuildHasher, RandomState};

use thiserror::Error;

use super::resp::{Reply, RespError, Scanner, push_command, push_length, read};

/// Channels a connection stays subscribed to; a further one ends the oldest subscription.
const MAXIMUM_CHANNELS: usize = 16;

/// Length of an identifier: 16 hexadecimal digits of the connection, 16 of the message, and a space.
const ID_BYTES: usize = 33;

/// Longest text kept of an error.
const MAXIMUM_ERROR_BYTES: usize = 300;

/// Why a connection cannot be used further.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(crate) enum RedisError {
    /// Not RESP3.
    #[error("not RESP3: {0}")]
    Resp(RespError),
    /// An answer that nothing was asked for.
    #[error("an answer to no command")]
    Unasked,
    /// The target refuses the connection (`HELLO`, `AUTH`) or the subscription.
    #[error("refused: {0}")]
    Refused(String),
}

/// What is next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Turn {
    /// Answers are awaited.
    Wait,
    /// The channel is subscribed: [`Session::publish`] is next.
    Publish,
    /// The message has come back.
    Received,
    /// The target refuses to publish; see [`Session::error`].
    Refused,
}

/// What the next answer is to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Asked {
    Hello,
    Subscription,
    Publish,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Idle,
    Preparing,
    Published,
}

/// The client's side of one connection.
#[derive(Debug)]
pub(crate) struct Session {
    limit_bytes: usize,
    state: State,
    channels: Vec<Vec<u8>>,
    asked: VecDeque<Asked>,
    /// How the request ended, until it is told.
    ended: Option<Turn>,
    /// What is to be published.
    channel: Vec<u8>,
    message: Vec<u8>,
    /// The identifier under way, and the number of the next one.
    id: [u8; ID_BYTES],
    next: u64,
    error: String,
    partial: Vec<u8>,
    scanner: Scanner,
    out: Vec<u8>,
}

impl Session {
    /// A connection that begins by asking for RESP3, as `user` if there is a password. Values of up to
    /// `limit_bytes` are accepted.
    pub fn new(credentials: Option<(&[u8], &[u8])>, limit_bytes: usize) -> Self {
        let mut out = Vec::new();
        match credentials {
            None => push_command(&mut out, &[b"HELLO", b"3"]),
            Some((user, password)) => push_command(&mut out, &[b"HELLO", b"3", b"AUTH", user, password]),
        }
        let mut id = [b' '; ID_BYTES];
        // Different from that of any other connection of any generator.
        hexadecimal(&mut id[..16], RandomState::new().hash_one(&out));
        Self {
            limit_bytes,
            state: State::Idle,
            channels: Vec::new(),
            asked: VecDeque::from([Asked::Hello]),
            ended: None,
            channel: Vec::new(),
            message: Vec::new(),
            id,
            next: 0,
            error: String::new(),
            partial: Vec::new(),
            scanner: Scanner::default(),
            out,
        }
    }

    /// Begins a request: the channel is subscribed if need be, all before is given up.
    pub fn begin(&mut self, channel: &[u8], message: &[u8]) -> Turn {
        self.channel.clear();
        self.channel.extend_from_slice(channel);
        self.message.clear();
        self.message.extend_from_slice(message);
        self.state = State::Preparing;
        self.ended = None;
        if !self.channels.iter().any(|other| other == channel) {
            if self.channels.len() >= MAXIMUM_CHANNELS {
                let oldest = self.channels.remove(0);
                push_command(&mut self.out, &[b"UNSUBSCRIBE", &oldest]);
                self.asked.push_back(Asked::Subscription);
            }
            push_command(&mut self.out, &[b"SUBSCRIBE", channel]);
            self.asked.push_back(Asked::Subscription);
            self.channels.push(channel.to_vec());
        }
        self.turn()
    }

    /// Puts the message, under a new identifier, into the output.
    pub fn publish(&mut self) {
        hexadecimal(&mut self.id[16..32], self.next);
        self.next += 1;
        let Self { out, channel, message, id, .. } = self;
        push_length(out, b'*', 3);
        out.extend_from_slice(b"$7\r\nPUBLISH\r\n");
        push_length(out, b'$', channel.len());
        out.extend_from_slice(channel);
        out.extend_from_slice(b"\r\n");
        push_length(out, b'$', ID_BYTES + message.len());
        out.extend_from_slice(id);
        out.extend_from_slice(message);
        out.extend_from_slice(b"\r\n");
        self.asked.push_back(Asked::Publish);
        self.state = State::Published;
    }

    /// Takes what was read, also while there is no request. `on_message` gets the message that came back,
    /// without its identifier.
    ///
    /// # Errors
    /// The connection is of no more use.
    pub fn feed(&mut self, data: &[u8], on_message: &mut dyn FnMut(&[u8])) -> Result<Turn, RedisError> {
        let mut partial = std::mem::take(&mut self.partial);
        let result = if partial.is_empty() {
            self.feed_values(data, on_message).map(|used| partial.extend_from_slice(&data[used..]))
        } else {
            partial.extend_from_slice(data);
            self.feed_values(&partial, on_message).map(|used| {
                partial.drain(..used);
            })
        };
        self.partial = partial;
        result?;
        Ok(self.ended.take().unwrap_or_else(|| self.turn()))
    }

    /// What the target said against publishing.
    pub fn error(&self) -> &str {
        &self.error
    }

    /// Whether a part of a value has come.
    pub fn has_partial(&self) -> bool {
        !self.partial.is_empty()
    }

    /// Whether a message is under way.
    pub fn is_published(&self) -> bool {
        self.state == State::Published
    }

    /// Whether something is to be written.
    pub fn has_output(&self) -> bool {
        !self.out.is_empty()
    }

    /// What is to be written.
    pub fn output(&mut self) -> &mut Vec<u8> {
        &mut self.out
    }

    fn turn(&mut self) -> Turn {
        match self.state {
            State::Idle | State::Published => Turn::Wait,
            State::Preparing if self.asked.iter().all(|asked| *asked == Asked::Publish) => Turn::Publish,
            State::Preparing => Turn::Wait,
        }
    }

    fn feed_values(&mut self, bytes: &[u8], on_message: &mut dyn FnMut(&[u8])) -> Result<usize, RedisError> {
        let mut used = 0;
        loop {
            match self.scanner.scan(&bytes[used..], self.limit_bytes).map_err(RedisError::Resp)? {
                None => return Ok(used),
                Some(length) => {
                    self.on_value(&bytes[used..used + length], on_message)?;
                    used += length;
                }
            }
        }
    }

    fn on_value(&mut self, value: &[u8], on_message: &mut dyn FnMut(&[u8])) -> Result<(), RedisError> {
        match read(value) {
            Reply::Message { channel, payload } => {
                if self.state == State::Published && payload.starts_with(&self.id) && channel == self.channel
                {
                    self.state = State::Idle;
                    self.ended = Some(Turn::Received);
                    on_message(&payload[ID_BYTES..]);
                }
            }
            Reply::Push => {}
            Reply::Confirmed => {
                if self.asked.pop_front() != Some(Asked::Subscription) {
                    return Err(RedisError::Unasked);
                }
            }
            Reply::Error(text) => {
                let text = String::from_utf8_lossy(&text[..text.len().min(MAXIMUM_ERROR_BYTES)]).into_owned();
                match self.asked.pop_front() {
                    None => return Err(RedisError::Unasked),
                    Some(Asked::Hello | Asked::Subscription) => return Err(RedisError::Refused(text)),
                    Some(Asked::Publish) => {
                        // Not that of a message before, whose answer comes after the message itself.
                        if self.state == State::Published && !self.asked.contains(&Asked::Publish) {
                            self.error = text;
                            self.state = State::Idle;
                            self.ended = Some(Turn::Refused);
                        }
                    }
                }
            }
            Reply::Other => match self.asked.pop_front() {
                Some(Asked::Hello | Asked::Publish) => {}
                // A subscription is confirmed by a push.
                Some(Asked::Subscription) | None => return Err(RedisError::Unasked),
            },
        }
        Ok(())
    }
}

fn hexadecimal(out: &mut [u8], value: u64) {
    for (nth, digit) in out.iter_mut().rev().enumerate() {
        *digit = b"0123456789abcdef"[(value >> (4 * nth) & 15) as usize];
    }
}
