//! The frame (RFC 6455, section 5.2): its head, and masks.

use super::error::WsError;

/// Longest head of a frame that is not masked: two bytes and a length of eight.
pub(super) const MAXIMUM_HEAD_BYTES: usize = 10;

/// What a frame is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Opcode {
    Continuation,
    Text,
    Binary,
    Close,
    Ping,
    Pong,
}

impl Opcode {
    fn read(code: u8) -> Result<Self, WsError> {
        Ok(match code {
            0x0 => Self::Continuation,
            0x1 => Self::Text,
            0x2 => Self::Binary,
            0x8 => Self::Close,
            0x9 => Self::Ping,
            0xA => Self::Pong,
            other => return Err(WsError::Opcode(other)),
        })
    }

    fn code(self) -> u8 {
        match self {
            Self::Continuation => 0x0,
            Self::Text => 0x1,
            Self::Binary => 0x2,
            Self::Close => 0x8,
            Self::Ping => 0x9,
            Self::Pong => 0xA,
        }
    }

    pub fn is_control(self) -> bool {
        matches!(self, Self::Close | Self::Ping | Self::Pong)
    }
}

/// The head of a frame that a server sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Head {
    pub opcode: Opcode,
    /// Whether it ends its message.
    pub is_final: bool,
    /// Bytes that follow.
    pub payload_bytes: u64,
}

impl Head {
    /// The head at the beginning of `bytes` and its length; `None`: it has not come whole. Whatever is wrong with it is told
    /// as early as it can be seen.
    pub fn read(bytes: &[u8]) -> Result<Option<(Self, usize)>, WsError> {
        let Some((&first, rest)) = bytes.split_first() else { return Ok(None) };
        if first & 0x70 != 0 {
            return Err(WsError::Reserved);
        }
        let opcode = Opcode::read(first & 0x0F)?;
        let is_final = first & 0x80 != 0;
        if opcode.is_control() && !is_final {
            return Err(WsError::ControlFragmented);
        }
        let Some((&second, rest)) = rest.split_first() else { return Ok(None) };
        if second & 0x80 != 0 {
            return Err(WsError::Masked);
        }
        let (payload_bytes, length_bytes) = match second {
            126 | 127 if opcode.is_control() => return Err(WsError::ControlTooLong),
            126 => {
                let Some(length) = rest.first_chunk() else { return Ok(None) };
                (u64::from(u16::from_be_bytes(*length)), 2)
            }
            127 => {
                let Some(length) = rest.first_chunk() else { return Ok(None) };
                (u64::from_be_bytes(*length), 8)
            }
            short => (u64::from(short), 0),
        };
        let is_shortest = match length_bytes {
            2 => payload_bytes > 125,
            8 => payload_bytes > 0xFFFF && payload_bytes >> 63 == 0,
            _ => true,
        };
        if !is_shortest {
            return Err(WsError::Length);
        }
        Ok(Some((Self { opcode, is_final, payload_bytes }, 2 + length_bytes)))
    }
}

/// Appends a whole frame, masked with `key` (section 5.3).
pub(super) fn push_frame(out: &mut Vec<u8>, opcode: Opcode, key: [u8; 4], payload: &[u8]) {
    out.push(0x80 | opcode.code());
    match payload.len() {
        short @ 0..=125 => out.push(0x80 | short as u8),
        medium @ 126..=0xFFFF => {
            out.push(0x80 | 126);
            out.extend_from_slice(&(medium as u16).to_be_bytes());
        }
        long => {
            out.push(0x80 | 127);
            out.extend_from_slice(&(long as u64).to_be_bytes());
        }
    }
    out.extend_from_slice(&key);
    let from = out.len();
    out.extend_from_slice(payload);
    for chunk in out[from..].chunks_mut(4) {
        for (byte, mask) in chunk.iter_mut().zip(key) {
            *byte ^= mask;
        }
    }
}
