//! A connection: frames in, events and answers out.

use std::collections::VecDeque;

use httparse::Header;

use super::error::{CANCEL, Http2Error};
use super::frame::{FrameHeader, HEADER_BYTES, MAXIMUM_FRAME_BYTES, flag, kind, push_header, push_number};
use super::head::Texts;
use super::settings::{CONNECTION_WINDOW, PeerSettings, initial_window, push_preface};
use super::streams::{Stream, Table};

/// Frames in a row that bring no answer forward, before the connection is given up.
const MAXIMUM_USELESS_FRAMES: u32 = 100_000;
/// Answers (ACKs, window updates, resets) waiting for the socket, bytes.
const MAXIMUM_ANSWERS_BYTES: usize = 64 << 10;

/// Who listens to the answers on a connection. `place` is what [`Session::request`] was given.
pub(crate) trait Events {
    /// Whether the fields of the head of an answer with this status are of interest: if not, they are not decoded.
    fn wants_fields(&self, place: u32, status: u16) -> bool;
    /// The same for trailers.
    fn wants_trailers(&self, place: u32) -> bool;
    /// A frame of so many bytes has come for this request.
    fn received(&mut self, place: u32, bytes: usize);
    /// The final head.
    fn head(&mut self, place: u32, status: u16, fields: &[Header<'_>]);
    /// A piece of the body.
    fn body(&mut self, place: u32, data: &[u8]);
    /// The trailers.
    fn trailers(&mut self, place: u32, fields: &[Header<'_>]);
}

/// How a request ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Finish {
    /// The answer is complete.
    Complete,
    /// The other side has not processed it (GOAWAY, REFUSED_STREAM): it may be sent again.
    Refused,
    /// The other side has reset the stream, with this code.
    Reset(u32),
    /// The answer breaks the rules.
    Malformed(&'static str),
    /// The head is larger than the limit once decoded.
    HeaderTooLarge,
    /// The body is larger than the limit.
    BodyTooLarge,
}

/// A request that has ended; its place is free.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Finished {
    /// The place.
    pub place: u32,
    /// How it ended.
    pub finish: Finish,
}

/// Bounds of what is accepted.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// Largest header block.
    pub max_header_bytes: usize,
    /// Largest body of an answer.
    pub max_body_bytes: u64,
}

/// A header block under way.
#[derive(Debug, Default)]
pub(super) struct Block {
    /// Of which stream; 0: none is under way.
    pub stream: u32,
    pub ends_stream: bool,
    pub continuations: u32,
    pub bytes: Vec<u8>,
}

/// The client's side of one connection.
#[derive(Debug)]
pub(crate) struct Session {
    pub(super) limits: Limits,
    pub(super) streams: Vec<Stream>,
    pub(super) table: Table,
    pub(super) active: usize,
    pub(super) next_id: u32,
    pub(super) peer: PeerSettings,
    /// Whether the settings of the other side have come.
    pub(super) ready: bool,
    /// What the other side said when it said good-bye.
    pub(super) goaway: Option<u32>,
    /// How much the connection may still receive.
    pub(super) receive_left: i64,
    /// How much the connection may still send.
    pub(super) send_left: i64,
    /// Streams with body that waits for a window.
    pub(super) blocked: usize,
    /// Whether the next header block must say that the encoder's table is empty.
    pub(super) tells_table: bool,
    /// A frame of which the end has not come.
    partial: Vec<u8>,
    pub(super) block: Block,
    pub(super) texts: Texts,
    pub(super) useless_frames: u32,
    /// What is to be written, and what of it was taken.
    pub(super) out: Vec<u8>,
    pub(super) out_at: usize,
    /// Bytes taken over the connection's life, before `out[out_at]`; and bytes that have left.
    pub(super) taken_bytes: u64,
    pub(super) left_bytes: u64,
    answers_bytes: usize,
    /// Where the first byte of each request stands that has not left yet: offset, place, identifier.
    pub(super) starts: VecDeque<(u64, u32, u32)>,
    pub(super) finished: Vec<Finished>,
}

impl Session {
    /// A connection whose preface waits to be written.
    pub fn new(limits: Limits) -> Self {
        let mut out = Vec::with_capacity(4096);
        push_preface(&mut out, limits.max_header_bytes);
        Self {
            limits,
            streams: Vec::new(),
            table: Table::default(),
            active: 0,
            next_id: 1,
            peer: PeerSettings::default(),
            ready: false,
            goaway: None,
            receive_left: CONNECTION_WINDOW,
            send_left: initial_window(),
            blocked: 0,
            tells_table: true,
            partial: Vec::new(),
            block: Block::default(),
            texts: Texts::default(),
            useless_frames: 0,
            out,
            out_at: 0,
            taken_bytes: 0,
            left_bytes: 0,
            answers_bytes: 0,
            starts: VecDeque::new(),
            finished: Vec::new(),
        }
    }

    /// Whether the settings of the other side have come: before, no request may be made.
    pub fn is_ready(&self) -> bool {
        self.ready
    }

    /// How many requests the other side takes at once.
    pub fn max_streams(&self) -> usize {
        self.peer.max_streams as usize
    }

    /// Whether new requests are accepted: neither side has ended the connection, and numbers are left.
    pub fn accepts_requests(&self) -> bool {
        self.ready && self.goaway.is_none() && self.next_id <= i32::MAX as u32
    }

    /// The code of the GOAWAY frame that came.
    pub fn goaway(&self) -> Option<u32> {
        self.goaway
    }

    /// Whether the head of the answer at `place` has begun to come.
    pub fn has_head(&self, place: u32) -> bool {
        self.streams.get(place as usize).is_some_and(|stream| stream.id != 0 && stream.status != 0)
    }

    /// The requests that have ended since this was last empty.
    pub fn finished(&mut self) -> &mut Vec<Finished> {
        &mut self.finished
    }

    /// Takes what was read. Ended requests are in [`Session::finished`], also after an error.
    ///
    /// # Errors
    /// The connection is of no more use; a GOAWAY that says so waits to be written.
    pub fn feed(&mut self, data: &[u8], events: &mut impl Events) -> Result<(), Http2Error> {
        let result = self.feed_frames(data, events);
        if let Err(error) = result {
            self.push_answer(8, kind::GOAWAY, 0, 0);
            self.out.extend_from_slice(&[0; 4]);
            self.out.extend_from_slice(&error.code().to_be_bytes());
            self.goaway.get_or_insert(error.code());
        }
        result
    }

    fn feed_frames(&mut self, mut rest: &[u8], events: &mut impl Events) -> Result<(), Http2Error> {
        while !self.partial.is_empty() {
            let header = FrameHeader::read(&self.partial);
            let whole = header.map_or(HEADER_BYTES, |header| HEADER_BYTES + header.length);
            let (taken, after) = rest.split_at(rest.len().min(whole.saturating_sub(self.partial.len())));
            self.partial.extend_from_slice(taken);
            rest = after;
            if self.partial.len() < whole {
                return Ok(());
            }
            let Some(header) = FrameHeader::read(&self.partial) else { return Ok(()) };
            self.check(header)?;
            if self.partial.len() == HEADER_BYTES + header.length {
                let partial = std::mem::take(&mut self.partial);
                let result = self.frame(header, &partial[HEADER_BYTES..], events);
                self.partial = partial;
                self.partial.clear();
                result?;
            }
        }
        while let Some(header) = FrameHeader::read(rest) {
            self.check(header)?;
            let Some(payload) = rest.get(HEADER_BYTES..HEADER_BYTES + header.length) else { break };
            self.frame(header, payload, events)?;
            rest = &rest[HEADER_BYTES + header.length..];
        }
        self.partial.extend_from_slice(rest);
        Ok(())
    }

    fn check(&self, header: FrameHeader) -> Result<(), Http2Error> {
        if !self.ready && (header.kind != kind::SETTINGS || header.has(flag::ACK) || header.stream != 0) {
            return Err(Http2Error::NotHttp2);
        }
        if header.length > MAXIMUM_FRAME_BYTES {
            return Err(Http2Error::FrameTooLarge(header.length));
        }
        let continues = header.kind == kind::CONTINUATION && header.stream == self.block.stream;
        if self.block.stream != 0 && !continues {
            return Err(Http2Error::Continuation);
        }
        Ok(())
    }

    fn frame(
        &mut self,
        header: FrameHeader,
        payload: &[u8],
        events: &mut impl Events,
    ) -> Result<(), Http2Error> {
        match header.kind {
            kind::DATA => self.on_data(header, payload, events),
            kind::HEADERS => self.on_headers(header, payload, events),
            kind::CONTINUATION => self.on_continuation(header, payload, events),
            kind::SETTINGS => self.on_settings(header, payload),
            kind::PING => self.on_ping(header, payload),
            kind::WINDOW_UPDATE => self.on_window_update(header, payload),
            kind::RST_STREAM => self.on_reset(header, payload),
            kind::GOAWAY => self.on_goaway(header, payload),
            kind::PUSH_PROMISE => Err(Http2Error::Push),
            kind::PRIORITY if payload.len() != 5 => Err(Http2Error::FrameSize("PRIORITY")),
            kind::PRIORITY if header.stream == 0 => Err(Http2Error::StreamId("PRIORITY")),
            // Types that are not known are ignored (section 4.1).
            _ => self.useless(),
        }
    }

    /// A frame that brings no answer forward.
    pub(super) fn useless(&mut self) -> Result<(), Http2Error> {
        self.useless_frames += 1;
        if self.useless_frames > MAXIMUM_USELESS_FRAMES {
            return Err(Http2Error::Flood("frames without end that belong to no answer"));
        }
        Ok(())
    }

    /// The place of a stream; `None`: it was closed before.
    pub(super) fn place_of(
        &self,
        header: FrameHeader,
        name: &'static str,
    ) -> Result<Option<u32>, Http2Error> {
        // Only streams that this side has begun are there: odd numbers.
        if header.stream.is_multiple_of(2) || header.stream >= self.next_id {
            return Err(Http2Error::StreamId(name));
        }
        Ok(self.table.find(header.stream))
    }

    /// Ends a request from this side.
    pub(super) fn give_up(&mut self, place: u32, finish: Finish, code: u32) -> Result<(), Http2Error> {
        let id = self.streams[place as usize].id;
        self.finish(place, finish);
        self.answer_number(kind::RST_STREAM, id, code)
    }

    /// Ends a request that took too long. It does not appear in [`Session::finished`].
    pub fn cancel(&mut self, place: u32) {
        let Some(stream) = self.streams.get(place as usize).filter(|stream| stream.id != 0) else { return };
        let id = stream.id;
        self.free(place);
        push_number(&mut self.out, kind::RST_STREAM, id, CANCEL);
    }

    pub(super) fn finish(&mut self, place: u32, finish: Finish) {
        self.free(place);
        self.finished.push(Finished { place, finish });
    }

    fn free(&mut self, place: u32) {
        let stream = &mut self.streams[place as usize];
        self.blocked -= usize::from(stream.has_unsent());
        self.table.remove(stream.id);
        stream.id = 0;
        stream.unsent.clear();
        stream.unsent_at = 0;
        self.active -= 1;
    }

    pub(super) fn check_answers(&self) -> Result<(), Http2Error> {
        if self.answers_bytes > MAXIMUM_ANSWERS_BYTES {
            return Err(Http2Error::Flood("frames that demand answers, which are not read"));
        }
        Ok(())
    }

    pub(super) fn answer_number(&mut self, kind: u8, stream: u32, value: u32) -> Result<(), Http2Error> {
        self.check_answers()?;
        self.push_answer(4, kind, 0, stream);
        self.out.extend_from_slice(&value.to_be_bytes());
        Ok(())
    }

    pub(super) fn push_answer(&mut self, length: usize, kind: u8, flags: u8, stream: u32) {
        self.answers_bytes += HEADER_BYTES + length;
        push_header(&mut self.out, length, kind, flags, stream);
    }

    /// What is to be written.
    pub fn output(&self) -> &[u8] {
        &self.out[self.out_at..]
    }

    /// The first so many bytes of the output were taken, and so many of all that were taken have left.
    pub fn wrote(&mut self, taken: usize, left: usize) {
        self.out_at += taken;
        self.taken_bytes += taken as u64;
        self.left_bytes += left as u64;
        if self.out_at >= self.out.len() {
            self.out.clear();
            self.out_at = 0;
            self.answers_bytes = 0;
        } else if self.out_at > 64 << 10 && self.out_at > self.out.len() / 2 {
            self.out.drain(..self.out_at);
            self.out_at = 0;
        }
    }

    /// The next request whose first byte has left, in order.
    pub fn next_started(&mut self) -> Option<u32> {
        while let Some(&(offset, place, id)) = self.starts.front() {
            if offset >= self.left_bytes {
                return None;
            }
            self.starts.pop_front();
            if self.streams[place as usize].id == id {
                return Some(place);
            }
        }
        None
    }
}
