//! The opening handshake (RFC 6455, section 4): the key, and what the answer must say.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ring::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};

/// What the key is hashed with (section 1.3).
const GUID: &[u8] = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/// What a client asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Offer {
    /// Value of `Sec-WebSocket-Key`.
    pub key: String,
}

/// What the fields of an answer with status 101 say.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Answer<'a> {
    pub upgrade: Option<&'a [u8]>,
    /// All values of `Connection`.
    pub has_connection_upgrade: bool,
    pub accept: Option<&'a [u8]>,
    pub protocol: Option<&'a [u8]>,
    pub extensions: Option<&'a [u8]>,
}

impl Offer {
    /// With a nonce of 16 bytes.
    pub fn new(nonce: [u8; 16]) -> Self {
        Self { key: STANDARD.encode(nonce) }
    }

    /// The value of `Sec-WebSocket-Accept` that answers it.
    pub fn accept(&self) -> String {
        let text = [self.key.as_bytes(), GUID].concat();
        STANDARD.encode(digest(&SHA1_FOR_LEGACY_USE_ONLY, &text))
    }

    /// Whether an answer with status 101 opens the connection (section 4.1); `protocols` were asked for.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn judge(&self, answer: Answer<'_>, protocols: &[String]) -> Result<(), String> {
        if !answer.upgrade.is_some_and(|value| value.eq_ignore_ascii_case(b"websocket")) {
            return Err("101 without `Upgrade: websocket`".to_owned());
        }
        if !answer.has_connection_upgrade {
            return Err("101 without `Connection: Upgrade`".to_owned());
        }
        match answer.accept {
            None => return Err("101 without `Sec-WebSocket-Accept`".to_owned()),
            Some(accept) if accept != self.accept().as_bytes() => {
                return Err("`Sec-WebSocket-Accept` does not answer the key of this handshake".to_owned());
            }
            Some(_) => {}
        }
        let shown = |value: &[u8]| String::from_utf8_lossy(value).into_owned();
        if let Some(extensions) = answer.extensions.filter(|value| !value.is_empty()) {
            return Err(format!("the target uses extensions that were not asked for: {}", shown(extensions)));
        }
        match answer.protocol {
            Some(protocol) if !protocols.iter().any(|asked| asked.as_bytes() == protocol) => {
                Err(format!("the target chooses the protocol {}, which was not asked for", shown(protocol)))
            }
            None if !protocols.is_empty() => {
                Err(format!("the target chooses none of the protocols asked for ({})", protocols.join(", ")))
            }
            _ => Ok(()),
        }
    }
}
