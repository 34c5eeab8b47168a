//! Frames that bring answers: DATA, HEADERS and CONTINUATION.

use super::error::{CANCEL, Http2Error, NO_ERROR, PROTOCOL_ERROR};
use super::frame::{FrameHeader, HEADER_BYTES, flag, kind};
use super::head::{Head, HeadError};
use super::session::{Events, Finish, Session};
use super::settings::{CONNECTION_WINDOW, STREAM_WINDOW};

/// Pieces of one header block.
const MAXIMUM_CONTINUATIONS: u32 = 64;

impl Session {
    pub(super) fn on_data(
        &mut self,
        header: FrameHeader,
        payload: &[u8],
        events: &mut impl Events,
    ) -> Result<(), Http2Error> {
        let place = self.place_of(header, "DATA")?;
        self.receive_left -= payload.len() as i64;
        if self.receive_left < 0 {
            return Err(Http2Error::FlowControl("DATA beyond the connection's window"));
        }
        let data = unpadded(header, payload)?;
        if self.receive_left < CONNECTION_WINDOW / 2 {
            let more = CONNECTION_WINDOW - self.receive_left;
            self.receive_left = CONNECTION_WINDOW;
            self.answer_number(kind::WINDOW_UPDATE, 0, more as u32)?;
        }
        let Some(place) = place else { return self.useless() };
        events.received(place, HEADER_BYTES + payload.len());
        let stream = &mut self.streams[place as usize];
        stream.receive_left -= payload.len() as i64;
        if stream.receive_left < 0 {
            return Err(Http2Error::FlowControl("DATA beyond the stream's window"));
        }
        if stream.status == 0 {
            return self.give_up(place, Finish::Malformed("DATA before the head"), PROTOCOL_ERROR);
        }
        stream.body_bytes += data.len() as u64;
        if stream.body_bytes > self.limits.max_body_bytes {
            return self.give_up(place, Finish::BodyTooLarge, CANCEL);
        }
        if let Some(promised) = &mut stream.promised {
            match promised.checked_sub(data.len() as u64) {
                Some(left) => *promised = left,
                None => {
                    let finish = Finish::Malformed("a body longer than its content-length");
                    return self.give_up(place, finish, PROTOCOL_ERROR);
                }
            }
        }
        if data.is_empty() {
            self.useless()?;
        } else {
            self.useless_frames = 0;
            events.body(place, data);
        }
        if header.has(flag::END_STREAM) {
            return self.on_end(place);
        }
        let stream = &mut self.streams[place as usize];
        if stream.receive_left < STREAM_WINDOW / 2 {
            let more = STREAM_WINDOW - stream.receive_left;
            stream.receive_left = STREAM_WINDOW;
            self.answer_number(kind::WINDOW_UPDATE, header.stream, more as u32)?;
        }
        Ok(())
    }

    pub(super) fn on_headers(
        &mut self,
        header: FrameHeader,
        payload: &[u8],
        events: &mut impl Events,
    ) -> Result<(), Http2Error> {
        self.place_of(header, "HEADERS")?;
        let mut block = unpadded(header, payload)?;
        if header.has(flag::PRIORITY) {
            block = block.get(5..).ok_or(Http2Error::FrameSize("HEADERS"))?;
        }
        if block.len() > self.limits.max_header_bytes {
            return Err(Http2Error::HeaderTooLarge);
        }
        if header.has(flag::END_HEADERS) {
            return self.on_block(header.stream, header.has(flag::END_STREAM), block, payload.len(), events);
        }
        self.block.stream = header.stream;
        self.block.ends_stream = header.has(flag::END_STREAM);
        self.block.continuations = 0;
        self.block.bytes.clear();
        self.block.bytes.extend_from_slice(block);
        Ok(())
    }

    pub(super) fn on_continuation(
        &mut self,
        header: FrameHeader,
        payload: &[u8],
        events: &mut impl Events,
    ) -> Result<(), Http2Error> {
        if self.block.stream == 0 {
            return Err(Http2Error::Continuation);
        }
        self.block.continuations += 1;
        if self.block.bytes.len() + payload.len() > self.limits.max_header_bytes
            || self.block.continuations > MAXIMUM_CONTINUATIONS
        {
            return Err(Http2Error::HeaderTooLarge);
        }
        self.block.bytes.extend_from_slice(payload);
        if !header.has(flag::END_HEADERS) {
            return Ok(());
        }
        let bytes = std::mem::take(&mut self.block.bytes);
        let (stream, ends_stream) = (self.block.stream, self.block.ends_stream);
        self.block.stream = 0;
        let result = self.on_block(stream, ends_stream, &bytes, bytes.len(), events);
        self.block.bytes = bytes;
        result
    }

    /// A whole header block: the head of an answer, an interim one, or trailers.
    pub(super) fn on_block(
        &mut self,
        id: u32,
        ends_stream: bool,
        block: &[u8],
        length: usize,
        events: &mut impl Events,
    ) -> Result<(), Http2Error> {
        // Without a dynamic table a block that nobody waits for need not be decoded.
        let Some(place) = self.table.find(id) else { return self.useless() };
        events.received(place, HEADER_BYTES + length);
        let is_trailers = self.streams[place as usize].status != 0;
        let is_wanted = |status| match is_trailers {
            false => events.wants_fields(place, status),
            true => events.wants_trailers(place),
        };
        let Head { status, length } = match self.texts.read(block, is_wanted, self.limits.max_header_bytes) {
            Ok(head) => head,
            Err(HeadError::Compression(error)) => return Err(Http2Error::Compression(error)),
            Err(HeadError::Malformed(why)) => {
                return self.give_up(place, Finish::Malformed(why), PROTOCOL_ERROR);
            }
            Err(HeadError::TooLarge) => return self.give_up(place, Finish::HeaderTooLarge, CANCEL),
        };
        if is_trailers {
            if status != 0 || !ends_stream {
                let finish = Finish::Malformed("a second head, or trailers that do not end the answer");
                return self.give_up(place, finish, PROTOCOL_ERROR);
            }
            self.texts.with(|fields| events.trailers(place, fields));
            return self.on_end(place);
        }
        match status {
            0 => return self.give_up(place, Finish::Malformed("a head without :status"), PROTOCOL_ERROR),
            101 => return self.give_up(place, Finish::Malformed("status 101 in HTTP/2"), PROTOCOL_ERROR),
            100..200 if ends_stream => {
                return self.give_up(
                    place,
                    Finish::Malformed("an interim answer as the last"),
                    PROTOCOL_ERROR,
                );
            }
            100..200 => return self.useless(),
            _ => {}
        }
        let stream = &mut self.streams[place as usize];
        stream.status = status;
        let has_no_body = stream.to_head || status == 204 || status == 304;
        stream.promised = if has_no_body { None } else { length };
        if length.is_some_and(|length| length > self.limits.max_body_bytes) && !has_no_body {
            return self.give_up(place, Finish::BodyTooLarge, CANCEL);
        }
        self.useless_frames = 0;
        self.texts.with(|fields| events.head(place, status, fields));
        if ends_stream { self.on_end(place) } else { Ok(()) }
    }

    /// The other side has said all.
    pub(super) fn on_end(&mut self, place: u32) -> Result<(), Http2Error> {
        let stream = &self.streams[place as usize];
        if stream.promised.is_some_and(|left| left > 0) {
            let finish = Finish::Malformed("a body shorter than its content-length");
            return self.give_up(place, finish, PROTOCOL_ERROR);
        }
        if stream.has_unsent() {
            // An answer before the end of the request: the rest is not wanted (section 8.1).
            return self.give_up(place, Finish::Complete, NO_ERROR);
        }
        self.finish(place, Finish::Complete);
        Ok(())
    }
}

/// The payload without its padding (section 6.1).
fn unpadded(header: FrameHeader, payload: &[u8]) -> Result<&[u8], Http2Error> {
    if !header.has(flag::PADDED) {
        return Ok(payload);
    }
    let (&padding, rest) = payload.split_first().ok_or(Http2Error::Padding)?;
    let length = rest.len().checked_sub(usize::from(padding)).ok_or(Http2Error::Padding)?;
    Ok(&rest[..length])
}
