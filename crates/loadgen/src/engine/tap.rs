//! A tap on one load that somebody looks at: each request as it is sent, each answer as it is judged. A load that is measured
//! has none, and pays one look for that.

use std::net::SocketAddr;
use std::sync::mpsc::Sender;

use super::glimpse::Glimpse;
use super::kept::Kept;
use crate::grpc::{Frame, Method, message};
use swarmlab_intervals::ErrorKind;

/// A target, and where the connection to it goes.
type To = (usize, Option<SocketAddr>);

/// What goes by.
#[derive(Debug)]
pub(crate) enum Tapped {
    /// A request begins to be written.
    Sent {
        step: u32,
        target: usize,
        /// Where the connection goes, unless that is a file.
        address: Option<SocketAddr>,
        /// Line and headers, without secrets.
        head: String,
        /// The beginning of the body, without secrets.
        body: String,
        body_bytes: u64,
    },
    /// An answer is complete.
    Answered {
        step: u32,
        status: u16,
        headers: String,
        body: String,
        body_bytes: u64,
        /// From its first byte on.
        service_ns: u64,
        error: Option<ErrorKind>,
        /// What checks and extractions found; `None`: it is a redirect that is followed, or was to be.
        seen: Option<Seen>,
    },
    /// A message has come on a WebSocket that is not the one that the step waits for.
    PassedOver { step: u32, message: String },
    /// A request has ended without a complete answer.
    Failed { step: u32, kind: ErrorKind },
    /// A user has left; whether its steps at the start had gone well, so that it came to its tasks.
    Left { has_started: bool },
}

/// What was found in an answer, in the order of the step's checks and extractions.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    pub is_expected: bool,
    pub checks: Vec<CheckSeen>,
    pub extracted: Vec<Option<String>>,
}

/// A check, and what it looked at.
#[derive(Debug)]
pub(crate) struct CheckSeen {
    pub holds: bool,
    /// What stands there, where that can be told in a few words.
    pub found: Option<String>,
}

/// Head and body of a request of HTTP/1.1.
fn parts(request: &[u8]) -> (&[u8], &[u8]) {
    match request.windows(4).position(|window| window == b"\r\n\r\n") {
        Some(end) => (&request[..end], &request[end + 4..]),
        None => (request, &[]),
    }
}

/// Where what goes by is told.
#[derive(Debug)]
pub(crate) struct Tap(Sender<Tapped>);

impl Tap {
    pub fn new(to: Sender<Tapped>) -> Self {
        Self(to)
    }

    /// A request of HTTP, in the form of HTTP/1.1.
    #[cold]
    pub fn sent(&self, step: u32, to: To, request: &[u8]) {
        let (head, body) = parts(request);
        self.tell_sent(step, to, head, body);
    }

    /// A gRPC call: its message is told as JSON.
    #[cold]
    pub fn called(&self, step: u32, to: To, request: &[u8], method: &Method) {
        let (head, body) = parts(request);
        let json = match message(body, body.len() as u64) {
            Ok(Frame::Whole(encoded)) => method.decode_sent(encoded).map(|json| json.to_string()),
            _ => None,
        };
        self.tell_sent(step, to, head, json.as_deref().map_or(body, str::as_bytes));
    }

    /// A message on Redis.
    #[cold]
    pub fn published(&self, step: u32, to: To, channel: &[u8], message: &[u8]) {
        self.tell_sent(step, to, &[b"PUBLISH ", channel].concat(), message);
    }

    /// What a step does on a WebSocket connection: a message, or its close.
    #[cold]
    pub fn framed(&self, step: u32, to: To, what: &str, message: &[u8]) {
        self.tell_sent(step, to, what.as_bytes(), message);
    }

    /// A message on a WebSocket connection for which no step waits.
    #[cold]
    pub fn passed_over(&self, step: u32, message: &[u8]) {
        let _ = self.0.send(Tapped::PassedOver { step, message: Glimpse::text(message) });
    }

    fn tell_sent(&self, step: u32, (target, address): To, head: &[u8], body: &[u8]) {
        let _ = self.0.send(Tapped::Sent {
            step,
            target,
            address,
            head: Glimpse::without_secrets(head).replace('\r', ""),
            body: Glimpse::text(body),
            body_bytes: body.len() as u64,
        });
    }

    #[cold]
    pub fn answered(
        &self,
        step: u32,
        kept: &Kept,
        (sent_ns, done_ns): (u64, u64),
        error: Option<ErrorKind>,
        seen: Option<Seen>,
    ) {
        let (headers, body) = kept.shown();
        let _ = self.0.send(Tapped::Answered {
            step,
            status: kept.status,
            headers,
            body,
            body_bytes: kept.body_bytes,
            service_ns: done_ns.saturating_sub(sent_ns),
            error,
            seen,
        });
    }

    #[cold]
    pub fn failed(&self, step: u32, kind: ErrorKind) {
        let _ = self.0.send(Tapped::Failed { step, kind });
    }

    #[cold]
    pub fn left(&self, has_started: bool) {
        let _ = self.0.send(Tapped::Left { has_started });
    }
}
