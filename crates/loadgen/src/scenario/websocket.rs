//! WebSocket (RFC 6455): what a step does on a connection of its user.

use serde::Serialize;

use super::assertion::Check;
use super::template::Template;

/// One action on a connection that a user keeps under a name until it is closed, over steps, tasks and iterations.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Websocket {
    /// Name of the connection; empty for the only one.
    pub connection: String,
    /// What is done on it.
    pub action: WebsocketAction,
}

/// What is done on a connection.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum WebsocketAction {
    /// Opens it; one of the same name that is still open is ended. Its answer is that of the handshake.
    Connect {
        /// Path with query, beginning with `/`.
        path: Template,
        /// Subprotocols, best first; the target must choose one of them.
        protocols: Vec<String>,
        /// Further header names and values.
        headers: Vec<(String, Template)>,
    },
    /// Sends a message.
    Send {
        /// The message.
        message: WebsocketMessage,
        /// Its answer: the first message after it that fulfils all of these (any, if there are none). Without it the step
        /// ends when the message has been written.
        awaits: Option<Vec<Check>>,
    },
    /// Awaits a message that fulfils all of these; any, if there are none. Those that came since the last message that was sent
    /// or awaited are looked at first.
    Await(Vec<Check>),
    /// Ends it: says so, and awaits that the target does the same.
    Close {
        /// The code.
        code: u16,
        /// The reason, at most 123 bytes.
        reason: String,
    },
}

/// A message to be sent.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum WebsocketMessage {
    /// Text.
    Text(Template),
    /// Bytes.
    Binary(Vec<u8>),
}

impl Websocket {
    /// What a message must fulfil to be the answer; `None`: no message is awaited.
    pub fn awaits(&self) -> Option<&[Check]> {
        match &self.action {
            WebsocketAction::Send { awaits, .. } => awaits.as_deref(),
            WebsocketAction::Await(checks) => Some(checks),
            WebsocketAction::Connect { .. } | WebsocketAction::Close { .. } => None,
        }
    }

    /// Everything in it that variables may stand in.
    pub(super) fn templates(&self) -> impl Iterator<Item = &Template> {
        let (path, headers, text) = match &self.action {
            WebsocketAction::Connect { path, headers, .. } => (Some(path), headers.as_slice(), None),
            WebsocketAction::Send { message: WebsocketMessage::Text(text), .. } => {
                (None, &[][..], Some(text))
            }
            _ => (None, &[][..], None),
        };
        path.into_iter().chain(headers.iter().map(|(_, value)| value)).chain(text)
    }
}
