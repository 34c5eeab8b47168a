//! WebSocket steps made ready.

use super::answer::CompiledCheck;
use super::request::{Names, Piece, Place, Request, push_bytes, push_fields, push_template};
use super::{TargetText, place_of_text};
use crate::scenario::{Websocket, WebsocketAction, WebsocketMessage};

/// What a step does on a connection of its user.
#[derive(Debug)]
pub(crate) struct CompiledSocket {
    /// Which of the user's connections.
    pub name: usize,
    pub act: SocketAct,
}

/// The action.
#[derive(Debug)]
pub(crate) enum SocketAct {
    /// The fields of the answer are wanted in the order of [`HANDSHAKE_FIELDS`], from 0 on.
    Connect { protocols: Vec<String> },
    /// The message is rendered like that of a Redis step.
    Send { is_text: bool, awaits: Option<Vec<CompiledCheck>> },
    /// Nothing is sent.
    Await(Vec<CompiledCheck>),
    /// The end of the connection.
    Close { code: u16, reason: String },
}

/// Fields of the answer to a handshake: first among those that a step wants.
pub(crate) const HANDSHAKE_FIELDS: [&str; 5] =
    ["upgrade", "connection", "sec-websocket-accept", "sec-websocket-protocol", "sec-websocket-extensions"];

/// The request of a handshake, all but its key; or the message.
pub(super) fn request(step: &Websocket, target: &TargetText<'_>, names: &impl Names) -> Request {
    let mut message = Vec::new();
    match &step.action {
        WebsocketAction::Connect { path, protocols, headers } => {
            let mut head: Vec<Piece> = Vec::new();
            push_bytes(&mut head, format!("GET {}", target.base_path).as_bytes());
            push_template(&mut head, path, Place::Path, names);
            push_bytes(&mut head, b" HTTP/1.1\r\n");
            if !headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("host")) {
                push_bytes(&mut head, format!("Host: {}\r\n", target.host).as_bytes());
            }
            push_bytes(
                &mut head,
                b"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n",
            );
            if !protocols.is_empty() {
                let line = format!("Sec-WebSocket-Protocol: {}\r\n", protocols.join(", "));
                push_bytes(&mut head, line.as_bytes());
            }
            push_fields(&mut head, headers, names);
            return Request::http(head, Vec::new(), false);
        }
        WebsocketAction::Send { message: WebsocketMessage::Text(text), .. } => {
            push_template(&mut message, text, place_of_text(text), names);
        }
        WebsocketAction::Send { message: WebsocketMessage::Binary(bytes), .. } => {
            push_bytes(&mut message, bytes)
        }
        WebsocketAction::Await(_) | WebsocketAction::Close { .. } => {}
    }
    Request::Message { channel: Vec::new(), message }
}
