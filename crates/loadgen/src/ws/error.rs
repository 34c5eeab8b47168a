//! What can be wrong with what the other side says, and the names of the codes of an end.

use thiserror::Error;

/// Why a connection cannot be used further.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub(crate) enum WsError {
    /// A reserved bit without an extension that would give it a meaning.
    #[error("a frame with reserved bits set, though no extension was agreed on")]
    Reserved,
    /// An opcode without a meaning.
    #[error("a frame with the unknown opcode {0:#x}")]
    Opcode(u8),
    /// A masked frame: only clients mask.
    #[error("a masked frame: a server must not mask")]
    Masked,
    /// A length written longer than need be, or beyond 63 bits.
    #[error("a frame whose length is not written in its shortest form")]
    Length,
    /// A control frame of more than 125 bytes.
    #[error("a control frame of more than 125 bytes")]
    ControlTooLong,
    /// A control frame in pieces.
    #[error("a control frame in fragments")]
    ControlFragmented,
    /// A continuation of nothing.
    #[error("a continuation frame without a message to continue")]
    Continuation,
    /// A new message within another one.
    #[error("a new message before the one under way has ended")]
    Interleaved,
    /// Text that is none.
    #[error("a text message that is not UTF-8")]
    Utf8,
    /// A body of a close frame that is none.
    #[error("a close frame with a body of one byte")]
    CloseBody,
    /// A code that must not be sent.
    #[error("a close frame with the code {0}, which no side may send")]
    CloseCode(u16),
    /// A reason that is not UTF-8.
    #[error("a close frame whose reason is not UTF-8")]
    CloseReason,
    /// A message larger than the limit.
    #[error("a message larger than the limit")]
    TooLarge,
    /// Pings without end, whose answers are not read.
    #[error("pings without end, whose answers are not read")]
    Flood,
}

impl WsError {
    /// The code that tells the other side (section 7.4.1).
    pub fn code(self) -> u16 {
        match self {
            Self::Utf8 | Self::CloseReason => 1007,
            Self::Flood => 1008,
            Self::TooLarge => 1009,
            _ => 1002,
        }
    }
}

/// What a code is called (section 7.4.1, and the registry of IANA).
pub(crate) fn code_name(code: u16) -> &'static str {
    match code {
        1000 => "normal closure",
        1001 => "going away",
        1002 => "protocol error",
        1003 => "unsupported data",
        1007 => "invalid payload",
        1008 => "policy violation",
        1009 => "message too big",
        1010 => "extension missing",
        1011 => "internal error",
        1012 => "service restart",
        1013 => "try again later",
        1014 => "bad gateway",
        3000..=3999 => "registered",
        4000..=4999 => "private",
        _ => "unknown",
    }
}
