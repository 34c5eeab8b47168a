//! WebSocket (RFC 6455): the client's side of one connection. Nothing here touches a socket.
//!
//! The handshake is an HTTP request like any other, to which [`Session::key`] adds one field; once the answer is
//! accepted ([`Offer::judge`]) bytes go through a [`Session`], which gathers whole messages, answers pings and the end, and
//! masks what is sent from a seeded generator. No extension is ever offered, so none may be used.

mod error;
mod frame;
mod fuzz;
mod handshake;
mod inbox;
mod session;
#[cfg(test)]
mod tests;

pub use fuzz::fuzz_websocket;

pub(crate) use handshake::Answer;
pub(crate) use session::Session;

/// Codes that a client may end a connection with (RFC 6455, section 7.4): those of the protocol that are its own to send,
/// those registered with IANA, and private ones.
pub(crate) fn is_sendable(code: u16) -> bool {
    matches!(code, 1000..=1003 | 1007..=1011 | 3000..=4999)
}

/// Longest reason beside a code, bytes: a control frame carries 125 (section 5.5).
pub(crate) const MAXIMUM_REASON_BYTES: usize = 123;
