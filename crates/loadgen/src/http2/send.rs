//! Requests on their way out, within the windows that the other side gives.

use super::Request;
use super::frame::{HEADER_BYTES, flag, kind, push_header};
use super::hpack::EMPTY_TABLE;
use super::session::Session;
use super::settings::STREAM_WINDOW;
use super::streams::Stream;

impl Session {
    /// Makes a request; its answer is told of by `place`, which must be free and should be low, since places
    /// up to it are kept. `to_head`: a HEAD request. Returns how many bytes of the request can be written now;
    /// the rest of its body follows as the other side's windows allow.
    pub fn request(&mut self, place: u32, request: &Request, to_head: bool) -> usize {
        let at = place as usize;
        if self.streams.len() <= at {
            self.streams.resize_with(at + 1, Stream::default);
        }
        let id = self.next_id;
        self.next_id += 2;
        self.table.insert(id, place);
        self.active += 1;
        let out_before = self.out.len();
        let offset = self.taken_bytes + (out_before - self.out_at) as u64;
        self.starts.push_back((offset, place, id));
        let stream = &mut self.streams[at];
        stream.id = id;
        stream.to_head = to_head;
        stream.status = 0;
        stream.promised = None;
        stream.body_bytes = 0;
        stream.receive_left = STREAM_WINDOW;
        stream.send_left = self.peer.stream_window;
        self.push_headers(id, request);
        let body = request.body();
        if !body.is_empty() {
            let sent = self.push_data(place, body);
            if sent < body.len() {
                let stream = &mut self.streams[at];
                stream.unsent.extend_from_slice(&body[sent..]);
                stream.unsent_at = 0;
                self.blocked += 1;
            }
        }
        self.out.len() - out_before
    }

    fn push_headers(&mut self, id: u32, request: &Request) {
        let block = request.block();
        let ends_stream = if request.body().is_empty() { flag::END_STREAM } else { 0 };
        let extra = usize::from(self.tells_table);
        let first = block.len().min(self.peer.max_frame_bytes - extra);
        let (piece, mut rest) = block.split_at(first);
        let ends_headers = if rest.is_empty() { flag::END_HEADERS } else { 0 };
        push_header(&mut self.out, extra + piece.len(), kind::HEADERS, ends_stream | ends_headers, id);
        if self.tells_table {
            self.out.push(EMPTY_TABLE);
            self.tells_table = false;
        }
        self.out.extend_from_slice(piece);
        while !rest.is_empty() {
            let (piece, after) = rest.split_at(rest.len().min(self.peer.max_frame_bytes));
            let flags = if after.is_empty() { flag::END_HEADERS } else { 0 };
            push_header(&mut self.out, piece.len(), kind::CONTINUATION, flags, id);
            self.out.extend_from_slice(piece);
            rest = after;
        }
    }

    /// Appends DATA frames as far as the windows allow; how much of `body` they hold. The last ends the stream.
    fn push_data(&mut self, place: u32, body: &[u8]) -> usize {
        let stream = &mut self.streams[place as usize];
        let mut sent = 0;
        while sent < body.len() {
            let window = self.send_left.min(stream.send_left).max(0) as usize;
            let length = (body.len() - sent).min(window).min(self.peer.max_frame_bytes);
            if length == 0 {
                break;
            }
            let flags = if sent + length == body.len() { flag::END_STREAM } else { 0 };
            self.out.reserve(HEADER_BYTES + length);
            push_header(&mut self.out, length, kind::DATA, flags, stream.id);
            self.out.extend_from_slice(&body[sent..sent + length]);
            self.send_left -= length as i64;
            stream.send_left -= length as i64;
            sent += length;
        }
        sent
    }

    /// A window of this stream may have opened.
    pub(super) fn send_body(&mut self, place: u32) {
        let stream = &mut self.streams[place as usize];
        if !stream.has_unsent() {
            return;
        }
        let body = std::mem::take(&mut stream.unsent);
        let from = stream.unsent_at;
        let sent = self.push_data(place, &body[from..]);
        let stream = &mut self.streams[place as usize];
        stream.unsent = body;
        stream.unsent_at = from + sent;
        if !stream.has_unsent() {
            stream.unsent.clear();
            stream.unsent_at = 0;
            self.blocked -= 1;
        }
    }

    /// A window of the connection may have opened.
    pub(super) fn send_bodies(&mut self) {
        if self.blocked == 0 {
            return;
        }
        for place in 0..self.streams.len() as u32 {
            if self.send_left <= 0 {
                break;
            }
            self.send_body(place);
        }
    }
}
