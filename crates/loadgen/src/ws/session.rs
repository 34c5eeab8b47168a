//! One connection after its handshake: frames in, whole messages kept, frames out.

use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};

use super::error::{WsError, code_name};
use super::frame::{Head, MAXIMUM_HEAD_BYTES, Opcode, push_frame};
use super::handshake::Offer;
use super::inbox::Inbox;
use super::{MAXIMUM_REASON_BYTES, is_sendable};

/// Output that waits for the socket, bytes, above which pings are answered no more.
const MAXIMUM_ANSWERS_BYTES: usize = 64 << 10;

/// The frame under way.
#[derive(Debug, Clone, Copy)]
struct Payload {
    opcode: Opcode,
    is_final: bool,
    left: u64,
}

/// The client's side of one connection.
#[derive(Debug)]
pub(crate) struct Session {
    limit_bytes: usize,
    random: SmallRng,
    offer: Offer,
    is_open: bool,
    /// The head of a frame that has not come whole.
    head: Vec<u8>,
    payload: Option<Payload>,
    /// The message under way, if one is, and what it is.
    message: Vec<u8>,
    message_is: Option<Opcode>,
    control: Vec<u8>,
    inbox: Inbox,
    out: Vec<u8>,
    has_said_goodbye: bool,
    ended: Option<String>,
    owner: Option<u32>,
}

impl Session {
    /// A connection before its handshake. Messages of up to `limit_bytes` are accepted; nonce and masks come from `seed`.
    pub fn new(limit_bytes: usize, seed: u64) -> Self {
        let mut random = SmallRng::seed_from_u64(seed);
        let offer = Offer::new(random.random());
        Self {
            limit_bytes,
            random,
            offer,
            is_open: false,
            head: Vec::with_capacity(MAXIMUM_HEAD_BYTES),
            payload: None,
            message: Vec::new(),
            message_is: None,
            control: Vec::new(),
            inbox: Inbox::default(),
            out: Vec::new(),
            has_said_goodbye: false,
            ended: None,
            owner: None,
        }
    }

    /// What its handshake asks for.
    pub fn offer(&self) -> &Offer {
        &self.offer
    }

    /// The handshake has succeeded: frames follow.
    pub fn open(&mut self) {
        self.is_open = true;
    }

    /// Whether frames go over it.
    pub fn is_open(&self) -> bool {
        self.is_open
    }

    /// It belongs to this user or session.
    pub fn set_owner(&mut self, actor: u32) {
        self.owner = Some(actor);
    }

    /// Whom it belongs to, once it is open.
    pub fn owner(&self) -> Option<u32> {
        self.owner
    }

    /// Sends a message in one frame; what came before is forgotten: it cannot be an answer to it.
    pub fn send(&mut self, is_text: bool, message: &[u8]) {
        self.inbox.clear();
        self.push(if is_text { Opcode::Text } else { Opcode::Binary }, message);
    }

    /// Says that nothing more will be sent, once.
    pub fn close(&mut self, code: u16, reason: &str) {
        if self.is_open && !self.has_said_goodbye {
            self.has_said_goodbye = true;
            let reason = &reason.as_bytes()[..reason.len().min(MAXIMUM_REASON_BYTES)];
            let payload = [&code.to_be_bytes()[..], reason].concat();
            self.push(Opcode::Close, &payload);
        }
    }

    fn push(&mut self, opcode: Opcode, payload: &[u8]) {
        let key = self.random.random();
        push_frame(&mut self.out, opcode, key, payload);
    }

    /// What is to be written; the writer takes away what was taken.
    pub fn output(&mut self) -> &mut Vec<u8> {
        &mut self.out
    }

    /// Whether something is to be written.
    pub fn has_output(&self) -> bool {
        !self.out.is_empty()
    }

    /// The oldest message that nobody has looked at.
    pub fn message(&self) -> Option<&[u8]> {
        self.inbox.front()
    }

    /// The oldest message was looked at.
    pub fn skip_message(&mut self) {
        self.inbox.skip();
    }

    /// Whether a message has begun to come.
    pub fn has_partial(&self) -> bool {
        self.payload.is_some() || self.message_is.is_some() || !self.head.is_empty()
    }

    /// With what the other side has ended the connection, in words.
    pub fn ended(&self) -> Option<&str> {
        self.ended.as_deref()
    }

    /// Takes what was read.
    ///
    /// # Errors
    /// The other side breaks the rules; a close frame that says so waits to be written.
    pub fn feed(&mut self, data: &[u8]) -> Result<(), WsError> {
        let result = self.feed_frames(data);
        if let Err(error) = result {
            self.close(error.code(), "");
        }
        result
    }

    fn feed_frames(&mut self, mut rest: &[u8]) -> Result<(), WsError> {
        // After its close frame the other side has nothing more to say.
        while self.ended.is_none() {
            let Some(payload) = self.payload else {
                match self.take_head(&mut rest)? {
                    Some(head) => self.begin(head)?,
                    None => return Ok(()),
                }
                continue;
            };
            let here = usize::try_from(payload.left).unwrap_or(usize::MAX).min(rest.len());
            let (data, after) = rest.split_at(here);
            rest = after;
            let buffer = if payload.opcode.is_control() { &mut self.control } else { &mut self.message };
            buffer.extend_from_slice(data);
            let left = payload.left - here as u64;
            if left > 0 {
                self.payload = Some(Payload { left, ..payload });
                return Ok(());
            }
            self.payload = None;
            self.end(payload)?;
        }
        Ok(())
    }

    /// The next head, if it is whole.
    fn take_head(&mut self, rest: &mut &[u8]) -> Result<Option<Head>, WsError> {
        if self.head.is_empty()
            && let Some((head, length)) = Head::read(rest)?
        {
            *rest = &rest[length..];
            return Ok(Some(head));
        }
        while let Some((&byte, after)) = rest.split_first() {
            self.head.push(byte);
            *rest = after;
            if let Some((head, _)) = Head::read(&self.head)? {
                self.head.clear();
                return Ok(Some(head));
            }
        }
        Ok(None)
    }

    fn begin(&mut self, head: Head) -> Result<(), WsError> {
        let Head { opcode, is_final, payload_bytes } = head;
        match (opcode, self.message_is) {
            (Opcode::Continuation, None) => return Err(WsError::Continuation),
            (Opcode::Text | Opcode::Binary, Some(_)) => return Err(WsError::Interleaved),
            (Opcode::Text | Opcode::Binary, None) => self.message_is = Some(opcode),
            _ => {}
        }
        if !opcode.is_control() && payload_bytes > (self.limit_bytes - self.message.len()) as u64 {
            return Err(WsError::TooLarge);
        }
        self.payload = Some(Payload { opcode, is_final, left: payload_bytes });
        Ok(())
    }

    /// All of a frame has come.
    fn end(&mut self, payload: Payload) -> Result<(), WsError> {
        match payload.opcode {
            Opcode::Ping => {
                if self.out.len() > MAXIMUM_ANSWERS_BYTES {
                    return Err(WsError::Flood);
                }
                let control = std::mem::take(&mut self.control);
                // Nothing may follow a close frame, not even a pong (section 5.5.1).
                if !self.has_said_goodbye {
                    self.push(Opcode::Pong, &control);
                }
                self.control = control;
            }
            Opcode::Pong => {}
            Opcode::Close => self.on_close()?,
            Opcode::Continuation | Opcode::Text | Opcode::Binary if !payload.is_final => return Ok(()),
            Opcode::Continuation | Opcode::Text | Opcode::Binary => {
                let is_text = self.message_is.take() == Some(Opcode::Text);
                if is_text && std::str::from_utf8(&self.message).is_err() {
                    return Err(WsError::Utf8);
                }
                self.inbox.push(&self.message);
                self.message.clear();
                self.message.shrink_to(MAXIMUM_ANSWERS_BYTES);
            }
        }
        if payload.opcode.is_control() {
            self.control.clear();
        }
        Ok(())
    }

    fn on_close(&mut self) -> Result<(), WsError> {
        let told = match self.control.as_slice() {
            [] => None,
            [_] => return Err(WsError::CloseBody),
            [high, low, reason @ ..] => {
                let code = u16::from_be_bytes([*high, *low]);
                if !(is_sendable(code) || matches!(code, 1012..=1014)) {
                    return Err(WsError::CloseCode(code));
                }
                let reason = std::str::from_utf8(reason).map_err(|_| WsError::CloseReason)?;
                Some((code, reason.to_owned()))
            }
        };
        // The answer repeats the code (section 5.5.1).
        self.close(told.as_ref().map_or(1000, |(code, _)| *code), "");
        self.ended = Some(match told {
            None => "no code".to_owned(),
            Some((code, reason)) if reason.is_empty() => format!("{code} ({})", code_name(code)),
            Some((code, reason)) => format!("{code} ({}): {reason}", code_name(code)),
        });
        Ok(())
    }
}
