//! What each side lets the other do (SETTINGS, RFC 9113, section 6.5).

use super::error::Http2Error;
use super::frame::{MAXIMUM_FRAME_BYTES, kind, push_header, push_number};

/// What every connection begins with (section 3.4).
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// Largest window there is.
pub(super) const MAXIMUM_WINDOW: i64 = (1 << 31) - 1;
/// Window before anybody says otherwise.
const INITIAL_WINDOW: i64 = 65_535;
/// Window given to each stream, bytes. What comes is looked at and dropped, so it bounds no memory here; it
/// bounds what may still come on a stream that was given up.
pub(super) const STREAM_WINDOW: i64 = 4 << 20;
/// Window given to the connection, bytes.
pub(super) const CONNECTION_WINDOW: i64 = 1 << 30;

/// The settings of the other side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct PeerSettings {
    pub header_table_bytes: u32,
    pub max_streams: u32,
    pub stream_window: i64,
    pub max_frame_bytes: usize,
}

impl Default for PeerSettings {
    fn default() -> Self {
        Self {
            header_table_bytes: 4096,
            max_streams: u32::MAX,
            stream_window: INITIAL_WINDOW,
            max_frame_bytes: MAXIMUM_FRAME_BYTES,
        }
    }
}

impl PeerSettings {
    /// Takes the payload of a SETTINGS frame.
    pub fn take(&mut self, payload: &[u8]) -> Result<(), Http2Error> {
        if !payload.len().is_multiple_of(6) {
            return Err(Http2Error::FrameSize("SETTINGS"));
        }
        for entry in payload.chunks_exact(6) {
            let value = u32::from_be_bytes([entry[2], entry[3], entry[4], entry[5]]);
            match u16::from_be_bytes([entry[0], entry[1]]) {
                0x1 => self.header_table_bytes = value,
                // A server must not tell a client that it may push (section 6.5.2).
                0x2 if value != 0 => return Err(Http2Error::Setting("ENABLE_PUSH")),
                0x3 => self.max_streams = value,
                0x4 if i64::from(value) > MAXIMUM_WINDOW => {
                    return Err(Http2Error::Setting("INITIAL_WINDOW_SIZE"));
                }
                0x4 => self.stream_window = i64::from(value),
                0x5 if !(16_384..=16_777_215).contains(&value) => {
                    return Err(Http2Error::Setting("MAX_FRAME_SIZE"));
                }
                0x5 => self.max_frame_bytes = value as usize,
                _ => {}
            }
        }
        Ok(())
    }
}

/// Appends the client's preface: the magic, its settings, and a large window for the connection.
pub(super) fn push_preface(out: &mut Vec<u8>, max_header_bytes: usize) {
    let settings: [(u16, u32); 4] = [
        (0x1, 0),
        (0x2, 0),
        (0x4, STREAM_WINDOW as u32),
        (0x6, u32::try_from(max_header_bytes).unwrap_or(u32::MAX)),
    ];
    out.extend_from_slice(PREFACE);
    push_header(out, settings.len() * 6, kind::SETTINGS, 0, 0);
    for (name, value) in settings {
        out.extend_from_slice(&name.to_be_bytes());
        out.extend_from_slice(&value.to_be_bytes());
    }
    push_number(out, kind::WINDOW_UPDATE, 0, (CONNECTION_WINDOW - INITIAL_WINDOW) as u32);
}

/// The connection's window for sending, before the other side enlarges it.
pub(super) const fn initial_window() -> i64 {
    INITIAL_WINDOW
}
