//! The way bytes take between a connection's protocol and its socket.

use std::os::fd::OwnedFd;

use rustix::io::Errno;
use rustix::net::{SendFlags, send};

use super::tls::TlsStream;

/// Straight on the socket, or through TLS. Plain connections pay for the choice with one comparison.
#[derive(Debug)]
pub(crate) enum Wire {
    /// Bytes go as they are.
    Plain,
    /// Bytes go through a TLS session.
    Tls(Box<TlsStream>),
}

/// What became of bytes that were to be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Sent {
    /// So many were taken; the rest is to be offered again when the socket takes more.
    pub taken: usize,
    /// So many, of these and of those taken earlier, have begun to leave: what counts as written.
    pub left: usize,
}

/// What was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Received {
    /// So many bytes; 0: the other side has properly ended the stream.
    pub bytes: usize,
    /// Whether the socket is known to be empty.
    pub is_all: bool,
}

/// Why nothing was read or written.
#[derive(Debug)]
pub(crate) enum Halt {
    /// Nothing can be read for now.
    Wait,
    /// The connection is broken.
    Broken,
    /// The stream ended without TLS's own end (`close_notify`), so what came may be cut short.
    Unproper,
    /// TLS is broken: what about it.
    Tls(String),
}

impl Wire {
    /// Sends what the socket takes now. Taking nothing is no error: an event tells when it takes more.
    #[inline]
    pub fn send(&mut self, socket: &OwnedFd, bytes: &[u8]) -> Result<Sent, Halt> {
        match self {
            Wire::Plain => loop {
                match send(socket, bytes, SendFlags::NOSIGNAL) {
                    Ok(written) => return Ok(Sent { taken: written, left: written }),
                    Err(Errno::INTR) => {}
                    Err(Errno::AGAIN) => return Ok(Sent { taken: 0, left: 0 }),
                    Err(_) => return Err(Halt::Broken),
                }
            },
            Wire::Tls(stream) => stream.send(socket, bytes),
        }
    }

    /// Reads into `buffer`.
    #[inline]
    pub fn receive(&mut self, socket: &OwnedFd, buffer: &mut [u8]) -> Result<Received, Halt> {
        match self {
            Wire::Plain => loop {
                match rustix::io::read(socket, &mut *buffer) {
                    // A read that does not fill the buffer has emptied the socket.
                    Ok(bytes) => return Ok(Received { bytes, is_all: bytes < buffer.len() }),
                    Err(Errno::INTR) => {}
                    Err(Errno::AGAIN) => return Err(Halt::Wait),
                    Err(_) => return Err(Halt::Broken),
                }
            },
            Wire::Tls(stream) => stream.receive(socket, buffer),
        }
    }

    /// Whether bytes that were taken still wait for the socket: then [`Wire::send`], even of nothing, is to be
    /// called when it takes more.
    #[inline]
    pub fn is_pending(&self) -> bool {
        match self {
            Wire::Plain => false,
            Wire::Tls(stream) => stream.is_pending(),
        }
    }

    /// Tells the other side that the connection ends, as far as that can be told.
    pub fn end(&mut self, socket: &OwnedFd) {
        match self {
            Wire::Plain => {}
            Wire::Tls(stream) => stream.end(socket),
        }
    }
}
