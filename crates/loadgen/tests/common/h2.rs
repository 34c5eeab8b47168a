//! An HTTP/2 server of hand-written frames, for what no real server does.
#![allow(dead_code)]

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

pub const DATA: u8 = 0;
pub const HEADERS: u8 = 1;
pub const RST_STREAM: u8 = 3;
pub const SETTINGS: u8 = 4;
pub const PING: u8 = 6;
pub const GOAWAY: u8 = 7;
/// END_STREAM; ACK.
pub const END: u8 = 1;
pub const END_HEADERS: u8 = 4;

/// The server's side of one connection.
pub struct Peer {
    pub socket: TcpStream,
    /// Number of this connection, from 0.
    pub connection: u64,
    /// Requests on this connection so far, this one included.
    pub requests: u64,
}

impl Peer {
    /// Writes a frame; failures are the client's business.
    pub fn frame(&mut self, kind: u8, flags: u8, stream: u32, payload: &[u8]) {
        let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
        let header = [&length[1..], &[kind, flags], &stream.to_be_bytes()].concat();
        let _ = self.socket.write_all(&[&header, payload].concat());
    }

    /// Answers with 200 and no body.
    pub fn answer(&mut self, stream: u32) {
        self.frame(HEADERS, END | END_HEADERS, stream, b"\x88");
    }
}

/// Serves for as long as the process lives. `settings` are entries of the first SETTINGS frame; `handler` is
/// called for each request with its stream, and returns whether the connection goes on.
pub fn serve(
    settings: &'static [(u16, u32)],
    handler: impl Fn(&mut Peer, u32) -> bool + Send + Sync + 'static,
) -> (SocketAddr, Arc<AtomicU64>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let connections = Arc::new(AtomicU64::new(0));
    let (handler, count) = (Arc::new(handler), Arc::clone(&connections));
    std::thread::spawn(move || {
        for socket in listener.incoming().flatten() {
            let connection = count.fetch_add(1, Ordering::SeqCst);
            let handler = Arc::clone(&handler);
            std::thread::spawn(move || {
                let mut peer = Peer { socket, connection, requests: 0 };
                let payload: Vec<u8> = settings
                    .iter()
                    .flat_map(|(name, value)| [&name.to_be_bytes()[..], &value.to_be_bytes()].concat())
                    .collect();
                peer.frame(SETTINGS, 0, 0, &payload);
                let mut preface = [0; 24];
                if peer.socket.read_exact(&mut preface).is_err() {
                    return;
                }
                assert_eq!(&preface, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
                while let Some((kind, flags, stream, _)) = read_frame(&mut peer.socket) {
                    match kind {
                        SETTINGS if flags & END == 0 => peer.frame(SETTINGS, END, 0, &[]),
                        HEADERS => {
                            peer.requests += 1;
                            if !handler(&mut peer, stream) {
                                // What is left unread would make a reset of the end.
                                let _ = peer.socket.shutdown(Shutdown::Write);
                                let _ = std::io::copy(&mut peer.socket, &mut std::io::sink());
                                return;
                            }
                        }
                        _ => {}
                    }
                }
            });
        }
    });
    (address, connections)
}

fn read_frame(socket: &mut TcpStream) -> Option<(u8, u8, u32, Vec<u8>)> {
    let mut header = [0; 9];
    socket.read_exact(&mut header).ok()?;
    let length = u32::from_be_bytes([0, header[0], header[1], header[2]]);
    let mut payload = vec![0; length as usize];
    socket.read_exact(&mut payload).ok()?;
    let stream = u32::from_be_bytes([header[5], header[6], header[7], header[8]]);
    Some((header[3], header[4], stream, payload))
}
