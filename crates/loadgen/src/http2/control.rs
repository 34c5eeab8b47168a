//! Frames that steer the connection or end streams: SETTINGS, PING, WINDOW_UPDATE, RST_STREAM and GOAWAY.

use super::error::{FLOW_CONTROL_ERROR, Http2Error, PROTOCOL_ERROR, REFUSED_STREAM};
use super::frame::{FrameHeader, flag, kind, number};
use super::session::{Finish, Session};
use super::settings::MAXIMUM_WINDOW;

impl Session {
    pub(super) fn on_settings(&mut self, header: FrameHeader, payload: &[u8]) -> Result<(), Http2Error> {
        if header.stream != 0 {
            return Err(Http2Error::StreamId("SETTINGS"));
        }
        if header.has(flag::ACK) {
            return if payload.is_empty() { self.useless() } else { Err(Http2Error::FrameSize("SETTINGS")) };
        }
        let before = self.peer;
        self.peer.take(payload)?;
        self.tells_table |= self.peer.header_table_bytes != before.header_table_bytes;
        let more = self.peer.stream_window - before.stream_window;
        if more != 0 {
            for stream in self.streams.iter_mut().filter(|stream| stream.id != 0) {
                stream.send_left += more;
                if stream.send_left > MAXIMUM_WINDOW {
                    return Err(Http2Error::FlowControl("a setting makes a stream's window too large"));
                }
            }
        }
        self.ready = true;
        self.useless()?;
        self.check_answers()?;
        self.push_answer(0, kind::SETTINGS, flag::ACK, 0);
        self.send_bodies();
        Ok(())
    }

    pub(super) fn on_ping(&mut self, header: FrameHeader, payload: &[u8]) -> Result<(), Http2Error> {
        if header.stream != 0 {
            return Err(Http2Error::StreamId("PING"));
        }
        if payload.len() != 8 {
            return Err(Http2Error::FrameSize("PING"));
        }
        self.useless()?;
        if !header.has(flag::ACK) {
            self.check_answers()?;
            self.push_answer(8, kind::PING, flag::ACK, 0);
            self.out.extend_from_slice(payload);
        }
        Ok(())
    }

    pub(super) fn on_window_update(&mut self, header: FrameHeader, payload: &[u8]) -> Result<(), Http2Error> {
        let more = i64::from(number(payload).ok_or(Http2Error::FrameSize("WINDOW_UPDATE"))? & 0x7fff_ffff);
        if self.blocked == 0 {
            self.useless()?;
        }
        if header.stream == 0 {
            if more == 0 {
                return Err(Http2Error::FlowControl("a window grows by nothing"));
            }
            self.send_left += more;
            if self.send_left > MAXIMUM_WINDOW {
                return Err(Http2Error::FlowControl("the connection's window grows beyond 2^31 - 1"));
            }
            self.send_bodies();
            return Ok(());
        }
        let Some(place) = self.place_of(header, "WINDOW_UPDATE")? else { return Ok(()) };
        if more == 0 {
            return self.give_up(place, Finish::Malformed("a window grows by nothing"), PROTOCOL_ERROR);
        }
        let stream = &mut self.streams[place as usize];
        stream.send_left += more;
        if stream.send_left > MAXIMUM_WINDOW {
            let finish = Finish::Malformed("the stream's window grows beyond 2^31 - 1");
            return self.give_up(place, finish, FLOW_CONTROL_ERROR);
        }
        self.send_body(place);
        Ok(())
    }

    pub(super) fn on_reset(&mut self, header: FrameHeader, payload: &[u8]) -> Result<(), Http2Error> {
        let code = number(payload).ok_or(Http2Error::FrameSize("RST_STREAM"))?;
        match self.place_of(header, "RST_STREAM")? {
            Some(place) if code == REFUSED_STREAM => self.finish(place, Finish::Refused),
            Some(place) => self.finish(place, Finish::Reset(code)),
            None => self.useless()?,
        }
        Ok(())
    }

    pub(super) fn on_goaway(&mut self, header: FrameHeader, payload: &[u8]) -> Result<(), Http2Error> {
        if header.stream != 0 {
            return Err(Http2Error::StreamId("GOAWAY"));
        }
        let last = payload.get(..4).and_then(number).ok_or(Http2Error::FrameSize("GOAWAY"))? & 0x7fff_ffff;
        let code = payload.get(4..8).and_then(number).ok_or(Http2Error::FrameSize("GOAWAY"))?;
        self.useless()?;
        self.goaway = Some(code);
        for place in 0..self.streams.len() as u32 {
            if self.streams[place as usize].id > last {
                self.finish(place, Finish::Refused);
            }
        }
        Ok(())
    }
}
