//! What can be wrong with a connection, by name.

use thiserror::Error;

use super::hpack::HpackError;

/// Why a connection cannot be used further (a connection error, RFC 9113, section 5.4.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub(crate) enum Http2Error {
    /// The first frame is no SETTINGS frame: whoever answers does not speak HTTP/2.
    #[error("not_http2: the target does not begin with a SETTINGS frame")]
    NotHttp2,
    /// A frame larger than the 16384 bytes that were allowed.
    #[error("frame_too_large: a frame of {0} bytes")]
    FrameTooLarge(usize),
    /// A frame whose length does not fit its type.
    #[error("frame_size: a {0} frame of a wrong length")]
    FrameSize(&'static str),
    /// A frame on a stream on which it cannot be.
    #[error("stream_id: a {0} frame on a stream where it cannot be")]
    StreamId(&'static str),
    /// A frame between the frames of a header block, or one that continues none.
    #[error("continuation: the frames of a header block are interrupted, or continue nothing")]
    Continuation,
    /// Padding as long as the frame or longer.
    #[error("padding: longer than its frame")]
    Padding,
    /// PUSH_PROMISE, though push was forbidden.
    #[error("push: PUSH_PROMISE, though push was not enabled")]
    Push,
    /// A setting with a value that is not allowed.
    #[error("settings: {0} has a value that is not allowed")]
    Setting(&'static str),
    /// A window that grows beyond 2^31 - 1 or by nothing, or DATA beyond the window.
    #[error("flow_control: {0}")]
    FlowControl(&'static str),
    /// A header block that cannot be decoded.
    #[error("compression: {0}")]
    Compression(HpackError),
    /// A header block larger than `limits.max_header_bytes`, or in too many pieces.
    #[error("header_too_large: a header block beyond the limit")]
    HeaderTooLarge,
    /// Frames that demand an answer or mean nothing, without end.
    #[error("flood: {0}")]
    Flood(&'static str),
}

impl Http2Error {
    /// The code to tell the other side (RFC 9113, section 7).
    pub fn code(self) -> u32 {
        match self {
            Http2Error::FrameTooLarge(_) | Http2Error::FrameSize(_) => 0x6,
            Http2Error::FlowControl(_) => 0x3,
            Http2Error::Compression(_) => 0x9,
            Http2Error::HeaderTooLarge | Http2Error::Flood(_) => 0xb,
            _ => 0x1,
        }
    }
}

/// NO_ERROR.
pub(super) const NO_ERROR: u32 = 0x0;
/// PROTOCOL_ERROR.
pub(super) const PROTOCOL_ERROR: u32 = 0x1;
/// FLOW_CONTROL_ERROR.
pub(super) const FLOW_CONTROL_ERROR: u32 = 0x3;
/// REFUSED_STREAM: the request was not processed.
pub(super) const REFUSED_STREAM: u32 = 0x7;
/// CANCEL.
pub(super) const CANCEL: u32 = 0x8;

/// The name of an error code (RFC 9113, section 7).
pub(crate) fn code_name(code: u32) -> &'static str {
    const NAMES: [&str; 14] = [
        "NO_ERROR",
        "PROTOCOL_ERROR",
        "INTERNAL_ERROR",
        "FLOW_CONTROL_ERROR",
        "SETTINGS_TIMEOUT",
        "STREAM_CLOSED",
        "FRAME_SIZE_ERROR",
        "REFUSED_STREAM",
        "CANCEL",
        "COMPRESSION_ERROR",
        "CONNECT_ERROR",
        "ENHANCE_YOUR_CALM",
        "INADEQUATE_SECURITY",
        "HTTP_1_1_REQUIRED",
    ];
    usize::try_from(code).ok().and_then(|at| NAMES.get(at)).copied().unwrap_or("an unknown error code")
}
