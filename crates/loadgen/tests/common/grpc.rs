//! A gRPC server of hand-written HTTP/2 frames.
#![allow(clippy::unwrap_used, dead_code)]

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;

/// What a call asks.
pub struct Call {
    /// The header block: literals without compression, so texts can be looked for.
    pub block: String,
    /// The body, prefix and all.
    pub body: Vec<u8>,
}

impl Call {
    /// The value of a literal field.
    pub fn field(&self, name: &str) -> Option<&str> {
        let at = self.block.find(&format!("{}{name}", char::from(name.len() as u8)))?;
        let rest = &self.block[at + 1 + name.len()..];
        let length = usize::from(rest.as_bytes()[0]);
        rest.get(1..=length)
    }
}

/// What is answered: fields of the head behind `:status`, the body, and trailers (none: the head is the end).
pub struct Reply {
    pub status: &'static [u8],
    pub head: Vec<(&'static str, String)>,
    pub body: Vec<u8>,
    pub trailers: Option<Vec<(&'static str, String)>>,
}

impl Reply {
    /// A message and a status in the trailers.
    pub fn message(encoded: &[u8]) -> Self {
        let body = [&[0], &(encoded.len() as u32).to_be_bytes()[..], encoded].concat();
        Self {
            status: b"\x88",
            head: vec![("content-type", "application/grpc+proto".into())],
            body,
            trailers: Some(vec![("grpc-status", "0".into())]),
        }
    }

    /// Only a status, in the head.
    pub fn error(code: u16, message: &str) -> Self {
        let head = vec![
            ("content-type", "application/grpc".to_owned()),
            ("grpc-status", code.to_string()),
            ("grpc-message", message.to_owned()),
        ];
        Self { status: b"\x88", head, body: Vec::new(), trailers: None }
    }
}

fn block(start: &[u8], fields: &[(&str, String)]) -> Vec<u8> {
    let mut out = start.to_vec();
    for (name, value) in fields {
        out.push(0);
        for text in [*name, value] {
            out.push(text.len() as u8);
            out.extend_from_slice(text.as_bytes());
        }
    }
    out
}

fn frame(socket: &mut TcpStream, kind: u8, flags: u8, stream: u32, payload: &[u8]) {
    let length = (payload.len() as u32).to_be_bytes();
    let header = [&length[1..], &[kind, flags], &stream.to_be_bytes()].concat();
    // Failures are the client's business.
    let _ = socket.write_all(&[&header, payload].concat());
}

fn read_frame(socket: &mut TcpStream) -> Option<(u8, u8, u32, Vec<u8>)> {
    let mut header = [0; 9];
    socket.read_exact(&mut header).ok()?;
    let mut payload = vec![0; u32::from_be_bytes([0, header[0], header[1], header[2]]) as usize];
    socket.read_exact(&mut payload).ok()?;
    Some((header[3], header[4], u32::from_be_bytes(*header[5..].first_chunk().unwrap()), payload))
}

/// Serves for as long as the process lives.
pub fn serve(handler: impl Fn(&Call) -> Reply + Send + Sync + 'static) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let handler = Arc::new(handler);
    std::thread::spawn(move || {
        for mut socket in listener.incoming().flatten() {
            let handler = Arc::clone(&handler);
            std::thread::spawn(move || {
                socket.set_nodelay(true).unwrap();
                let mut preface = [0; 24];
                if socket.read_exact(&mut preface).is_err() {
                    return;
                }
                frame(&mut socket, 4, 0, 0, &[]);
                let mut calls = std::collections::BTreeMap::new();
                while let Some((kind, flags, stream, payload)) = read_frame(&mut socket) {
                    match kind {
                        4 if flags & 1 == 0 => frame(&mut socket, 4, 1, 0, &[]),
                        1 => {
                            let block = payload.iter().map(|byte| char::from(*byte & 0x7F)).collect();
                            calls.insert(stream, Call { block, body: Vec::new() });
                        }
                        0 => calls.get_mut(&stream).unwrap().body.extend_from_slice(&payload),
                        _ => continue,
                    }
                    if kind > 1 || flags & 1 == 0 {
                        continue;
                    }
                    let reply = handler(&calls.remove(&stream).unwrap());
                    let head = block(reply.status, &reply.head);
                    let ends = u8::from(reply.trailers.is_none() && reply.body.is_empty());
                    frame(&mut socket, 1, 4 | ends, stream, &head);
                    if !reply.body.is_empty() {
                        frame(&mut socket, 0, u8::from(reply.trailers.is_none()), stream, &reply.body);
                    }
                    if let Some(trailers) = reply.trailers {
                        frame(&mut socket, 1, 5, stream, &block(b"", &trailers));
                    }
                }
            });
        }
    });
    address
}
