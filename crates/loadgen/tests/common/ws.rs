//! A WebSocket server of the standard library, one thread a connection.
#![allow(clippy::unwrap_used, dead_code)]

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use base64::Engine;

/// The server's side of one connection.
pub struct Peer {
    pub socket: TcpStream,
    /// The head of the request.
    pub head: String,
    /// Number of this connection, from 0.
    pub connection: u64,
}

impl Peer {
    /// Writes bytes as they are; failures are the client's business.
    pub fn raw(&mut self, bytes: &[u8]) {
        let _ = self.socket.write_all(bytes);
    }

    /// Writes a frame with this first byte.
    pub fn frame(&mut self, first: u8, payload: &[u8]) {
        let length = payload.len();
        let mut out = vec![first];
        match length {
            0..=125 => out.push(length as u8),
            126..=0xFFFF => out.extend_from_slice(&[&[126][..], &(length as u16).to_be_bytes()].concat()),
            _ => out.extend_from_slice(&[&[127][..], &(length as u64).to_be_bytes()].concat()),
        }
        out.extend_from_slice(payload);
        self.raw(&out);
    }

    pub fn text(&mut self, text: &str) {
        self.frame(0x81, text.as_bytes());
    }

    /// The next frame: first byte and payload, unmasked. `None` at the end.
    pub fn next(&mut self) -> Option<(u8, Vec<u8>)> {
        let mut head = [0; 2];
        self.socket.read_exact(&mut head).ok()?;
        assert!(head[1] & 0x80 != 0, "a client masks");
        let length = match head[1] & 0x7F {
            126 => {
                let mut length = [0; 2];
                self.socket.read_exact(&mut length).ok()?;
                usize::from(u16::from_be_bytes(length))
            }
            127 => {
                let mut length = [0; 8];
                self.socket.read_exact(&mut length).ok()?;
                u64::from_be_bytes(length) as usize
            }
            short => usize::from(short),
        };
        let mut key = [0; 4];
        self.socket.read_exact(&mut key).ok()?;
        let mut payload = vec![0; length];
        self.socket.read_exact(&mut payload).ok()?;
        payload.iter_mut().zip(key.iter().cycle()).for_each(|(byte, mask)| *byte ^= mask);
        Some((head[0], payload))
    }

    /// The value of a field of the request.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (field, value) = line.split_once(':')?;
            field.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }

    /// Answers the handshake, with more fields.
    pub fn accept(&mut self, more: &str) {
        let key = self.header("sec-websocket-key").unwrap_or_default();
        let text = format!("{key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11");
        let hash = ring::digest::digest(&ring::digest::SHA1_FOR_LEGACY_USE_ONLY, text.as_bytes());
        let accept = base64::engine::general_purpose::STANDARD.encode(hash);
        let answer = format!(
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: keep-alive, Upgrade\r\n\
             Sec-WebSocket-Accept: {accept}\r\n{more}\r\n"
        );
        self.raw(answer.as_bytes());
    }

    /// Gives back each message until the end, which it answers.
    pub fn echo(&mut self) {
        while let Some((first, payload)) = self.next() {
            self.frame(first, &payload);
            if first == 0x88 {
                return;
            }
        }
    }
}

/// Serves for as long as the process lives; counts connections.
pub fn serve(handler: impl Fn(&mut Peer) + Send + Sync + 'static) -> (SocketAddr, Arc<AtomicU64>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let connections = Arc::new(AtomicU64::new(0));
    let (handler, count) = (Arc::new(handler), Arc::clone(&connections));
    std::thread::spawn(move || {
        for socket in listener.incoming().flatten() {
            let connection = count.fetch_add(1, Ordering::SeqCst);
            let handler = Arc::clone(&handler);
            std::thread::spawn(move || {
                socket.set_nodelay(true).unwrap();
                let mut peer = Peer { socket, head: String::new(), connection };
                let mut byte = [0];
                while !peer.head.ends_with("\r\n\r\n") {
                    if peer.socket.read_exact(&mut byte).is_err() {
                        return;
                    }
                    peer.head.push(char::from(byte[0]));
                }
                handler(&mut peer);
                // What is left unread would make a reset of the end.
                let _ = peer.socket.shutdown(std::net::Shutdown::Write);
                let _ = std::io::copy(&mut peer.socket, &mut std::io::sink());
            });
        }
    });
    (address, connections)
}
