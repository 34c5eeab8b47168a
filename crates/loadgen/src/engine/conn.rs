//! One connection: its socket, the request it carries, and the reader of the answer.

use std::net::SocketAddr;
use std::os::fd::OwnedFd;

use super::kept::Kept;
use super::multiplex::Mux;
use super::timers::Deadline;
use super::transport::Wire;
use crate::http::ResponseParser;
use crate::redis::Session;
use crate::ws;

/// What a connection is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ConnState {
    /// No socket.
    Closed,
    /// Being established, with a request that waits for it.
    Connecting,
    /// The socket is connected, TLS is being agreed on, and a request waits for it.
    Handshaking,
    /// Established and free.
    Idle,
    /// Carrying a request.
    Busy,
    /// Established, and carrying any number of requests, each on a stream.
    Shared,
}

/// A request on its way.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Job {
    pub actor: u32,
    pub step: u32,
    /// Index of the endpoint it is counted under.
    pub endpoint: u32,
    pub intended_ns: u64,
    /// When its first byte was written; `None`: nothing of it was.
    pub sent_ns: Option<u64>,
}

/// A place for a connection; it is used again and again, under a new version each time.
#[derive(Debug)]
pub(crate) struct Conn {
    pub state: ConnState,
    pub socket: Option<OwnedFd>,
    /// What bytes go through to the socket.
    pub wire: Wire,
    pub version: u32,
    /// Index of the target it goes to.
    pub target: usize,
    /// Where it goes, unless that is a Unix socket.
    pub address: Option<SocketAddr>,
    /// Whether it ends with the request it carries: a connection per request, or its address has vanished.
    pub is_last_use: bool,
    /// When the stage of its establishment began: the connection, then TLS.
    pub stage_ns: u64,
    /// When it was established.
    pub opened_ns: u64,
    /// When it ends if it carries nothing until then.
    pub rest_end_ns: u64,
    /// Complete answers since it was established.
    pub served: u64,
    pub job: Option<Job>,
    /// What of the request could not be written yet.
    pub unwritten: Vec<u8>,
    /// Where in `unwritten` that begins.
    pub unwritten_from: usize,
    pub parser: ResponseParser,
    /// What is kept of the answer under way.
    pub kept: Kept,
    /// The requests that share it, if it can carry several at once: from its beginning as long as that is
    /// possible. Then `job` is only set while one of them is being ended.
    pub mux: Option<Box<Mux>>,
    /// What is spoken with Redis.
    pub redis: Option<Box<Session>>,
    /// What is spoken on a WebSocket, from its handshake on.
    pub ws: Option<Box<ws::Session>>,
    /// Whether it belongs to a user or session until it ends.
    pub is_held: bool,
    pub deadline: Deadline,
    /// Position in the list of idle connections.
    pub idle_at: usize,
}

impl Conn {
    pub fn new(max_header_bytes: usize, max_body_bytes: u64) -> Self {
        Self {
            state: ConnState::Closed,
            socket: None,
            wire: Wire::Plain,
            version: 0,
            target: 0,
            address: None,
            is_last_use: false,
            stage_ns: 0,
            opened_ns: 0,
            rest_end_ns: u64::MAX,
            served: 0,
            job: None,
            unwritten: Vec::new(),
            unwritten_from: 0,
            parser: ResponseParser::new(max_header_bytes, max_body_bytes),
            kept: Kept::default(),
            mux: None,
            redis: None,
            ws: None,
            is_held: false,
            deadline: Deadline::default(),
            idle_at: 0,
        }
    }
}

impl Conn {
    /// Whether some of the request has not reached the socket yet.
    #[inline]
    pub fn has_unwritten(&self) -> bool {
        !self.unwritten.is_empty()
            || self.wire.is_pending()
            || self.redis.as_ref().is_some_and(|session| session.has_output())
            || self.ws.as_ref().is_some_and(|session| session.has_output())
    }

    /// Whether frames of a WebSocket go over it.
    #[inline]
    pub fn is_websocket(&self) -> bool {
        self.ws.as_ref().is_some_and(|session| session.is_open())
    }
}

/// The token of a connection's events: its place and its version, so that late events find nobody.
pub(crate) fn token(index: u32, version: u32) -> u64 {
    // The two highest tokens belong to the poller; a version of u32::MAX with such an index never occurs,
    // since there are at most 2^20 connections.
    u64::from(index) << 32 | u64::from(version)
}

/// The place and version of a token.
pub(crate) fn from_token(token: u64) -> (u32, u32) {
    ((token >> 32) as u32, token as u32)
}
