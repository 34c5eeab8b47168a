//! A TLS session over a socket that does not block.
//!
//! The session (rustls) does no I/O of its own: here its records are read and written, as far as the socket
//! allows. What it holds is bounded: one record of ciphertext or 64 KiB of handshake on the way in, 16 KiB of
//! plaintext not yet taken, and [`BUFFER_BYTES`] on the way out.

use std::io::{self, ErrorKind as IoKind, Read, Write};
use std::os::fd::OwnedFd;
use std::sync::Arc;

use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection};

use super::socket::SocketIo;
use super::wire::{Halt, Received, Sent};

/// Most bytes of requests that wait as records for the socket to take them.
const BUFFER_BYTES: usize = 64 << 10;

/// Reads of a handshake in one turn; one flight of a server takes a few.
const READS_PER_TURN: usize = 64;

/// The client's side of one TLS connection.
#[derive(Debug)]
pub(crate) struct TlsStream {
    session: ClientConnection,
    /// Bytes taken of which nothing has left yet.
    uncounted: usize,
}

/// How far a handshake has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Handshake {
    /// It waits for the socket.
    Wait,
    /// It has used up its turn: there may be more to read.
    Again,
    /// It is complete and all of it has been written.
    Done,
}

impl TlsStream {
    /// A session whose handshake has not begun.
    pub fn new(config: &Arc<ClientConfig>, name: &ServerName<'static>) -> Result<Self, rustls::Error> {
        let mut session = ClientConnection::new(Arc::clone(config), name.clone())?;
        session.set_buffer_limit(Some(BUFFER_BYTES));
        Ok(Self { session, uncounted: 0 })
    }

    /// Goes on with the handshake as far as the socket allows; else, what is wrong.
    pub fn handshake(&mut self, socket: &OwnedFd) -> Result<Handshake, String> {
        for _ in 0..READS_PER_TURN {
            self.flush(socket).map_err(|error| format!("writing the handshake: {error}"))?;
            if !self.session.is_handshaking() {
                return Ok(if self.session.wants_write() { Handshake::Wait } else { Handshake::Done });
            }
            match self.session.read_tls(&mut SocketIo(socket)) {
                Ok(0) => return Err("the target closed the connection during the handshake".to_owned()),
                Ok(_) => self.process(socket)?,
                Err(error) if error.kind() == IoKind::WouldBlock => return Ok(Handshake::Wait),
                Err(error) if error.kind() == IoKind::Interrupted => {}
                Err(error) => return Err(format!("reading the handshake: {error}")),
            }
        }
        Ok(Handshake::Again)
    }

    /// The protocol that ALPN agreed on, if any.
    pub fn alpn(&self) -> Option<&[u8]> {
        self.session.alpn_protocol()
    }

    /// Encrypts bytes and sends what the socket takes; a record that is not sent whole waits inside.
    pub fn send(&mut self, socket: &OwnedFd, bytes: &[u8]) -> Result<Sent, Halt> {
        let mut sent = Sent { taken: 0, left: 0 };
        loop {
            let taken = self.session.writer().write(&bytes[sent.taken..]).map_err(|_| Halt::Broken)?;
            sent.taken += taken;
            self.uncounted += taken;
            if self.flush(socket).map_err(|_| Halt::Broken)? > 0 {
                sent.left += std::mem::take(&mut self.uncounted);
            }
            // Edge-triggered: only a socket that takes no more may end this early.
            if sent.taken == bytes.len() || self.session.wants_write() {
                return Ok(sent);
            }
        }
    }

    /// Reads records until one holds plaintext. The socket is never known to be empty: a record may be left inside.
    pub fn receive(&mut self, socket: &OwnedFd, buffer: &mut [u8]) -> Result<Received, Halt> {
        loop {
            match self.session.reader().read(buffer) {
                Ok(bytes) => return Ok(Received { bytes, is_all: false }),
                Err(error) if error.kind() == IoKind::UnexpectedEof => return Err(Halt::Unproper),
                Err(error) if error.kind() != IoKind::WouldBlock => return Err(Halt::Broken),
                Err(_) => {}
            }
            match self.session.read_tls(&mut SocketIo(socket)) {
                // An end of the stream shows as such at the next look at the plaintext.
                Ok(_) => self.process(socket).map_err(Halt::Tls)?,
                Err(error) if error.kind() == IoKind::WouldBlock => return Err(Halt::Wait),
                Err(error) if error.kind() == IoKind::Interrupted => {}
                Err(_) => return Err(Halt::Broken),
            }
        }
    }

    /// Whether a record still waits for the socket.
    pub fn is_pending(&self) -> bool {
        self.session.wants_write()
    }

    /// Sends `close_notify`, without which the target cannot tell an end from a cut (RFC 8446, section 6.1).
    pub fn end(&mut self, socket: &OwnedFd) {
        self.session.send_close_notify();
        // The connection is given up either way.
        let _ = self.flush(socket);
    }

    fn process(&mut self, socket: &OwnedFd) -> Result<(), String> {
        match self.session.process_new_packets() {
            Ok(_) => Ok(()),
            Err(error) => {
                // The alert tells the target why; whether it arrives changes nothing here.
                let _ = self.flush(socket);
                Err(error.to_string())
            }
        }
    }

    /// Writes records as far as the socket takes them; how many bytes it took.
    fn flush(&mut self, socket: &OwnedFd) -> io::Result<usize> {
        let mut written = 0;
        while self.session.wants_write() {
            match self.session.write_tls(&mut SocketIo(socket)) {
                Ok(some) => written += some,
                Err(error) if error.kind() == IoKind::WouldBlock => break,
                Err(error) if error.kind() == IoKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(written)
    }
}
