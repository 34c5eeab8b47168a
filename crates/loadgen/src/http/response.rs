//! A response, fed piece by piece as it arrives.

use std::mem::MaybeUninit;

use httparse::{Header, ParserConfig, Response, Status};

use super::chunked::{Chunked, Step};
use super::fault::Fault;
use super::fold::{Folded, unfold};
use super::head::{Framing, Head};

/// More fields than this in one head are refused.
pub(super) const MAXIMUM_FIELDS: usize = 100;

/// Why a response cannot be read further.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ParseError {
    /// Not an HTTP/1.x response.
    Bad(Fault),
    /// The head, the interim responses before it, the trailers or the extensions of the chunks exceed the
    /// limit, or there are too many fields.
    HeaderTooLarge,
    /// The body exceeds the limit.
    BodyTooLarge,
}

/// What a piece of input came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Progress {
    /// More is to come.
    More,
    /// The response is complete.
    Done {
        /// Whether another request may follow on the connection.
        keep_alive: bool,
        /// How many bytes of the last piece belong to the response.
        consumed: usize,
    },
}

/// Who listens to a response.
pub(crate) trait Sink {
    /// The head of the final response.
    fn head(&mut self, status: u16, headers: &[Header<'_>]);
    /// A piece of the body, chunk framing removed.
    fn body(&mut self, data: &[u8]);
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Head,
    Length { remaining: u64 },
    Chunked(Chunked),
    UntilClose,
}

/// The reader of one connection's responses; its buffers are kept from one to the next.
#[derive(Debug)]
pub(crate) struct ResponseParser {
    state: State,
    /// Beginning of a head that came in pieces.
    pending: Vec<u8>,
    to_head: bool,
    keep_alive: bool,
    started: bool,
    body_bytes: u64,
    /// Line ends before a head and interim responses, which are skipped.
    skipped_bytes: usize,
    max_header_bytes: usize,
    max_body_bytes: u64,
}

impl ResponseParser {
    pub fn new(max_header_bytes: usize, max_body_bytes: u64) -> Self {
        Self {
            state: State::Head,
            pending: Vec::new(),
            to_head: false,
            keep_alive: false,
            started: false,
            body_bytes: 0,
            skipped_bytes: 0,
            max_header_bytes,
            max_body_bytes,
        }
    }

    /// Makes ready for the response to a new request; `to_head`: to a HEAD request.
    pub fn begin(&mut self, to_head: bool) {
        self.state = State::Head;
        self.pending.clear();
        self.to_head = to_head;
        self.started = false;
        self.body_bytes = 0;
        self.skipped_bytes = 0;
    }
    /// Whether a byte of the response has come.
    pub fn has_started(&self) -> bool {
        self.started
    }

    /// The connection ended. Whether that completes the response.
    pub fn is_complete_at_end(&self) -> bool {
        self.state == State::UntilClose
    }

    /// Takes the next piece of input. After an error or the end, [`ResponseParser::begin`] starts anew.
    pub fn feed(&mut self, data: &[u8], sink: &mut impl Sink) -> Result<Progress, ParseError> {
        self.started |= !data.is_empty();
        let mut rest = data;
        loop {
            match self.state {
                State::Head => match self.feed_head(rest, sink)? {
                    Some(after) => rest = after,
                    None => return Ok(Progress::More),
                },
                State::Length { remaining } => {
                    let here = usize::try_from(remaining).unwrap_or(usize::MAX).min(rest.len());
                    let (body, after) = rest.split_at(here);
                    self.take_body(body, sink)?;
                    rest = after;
                    if remaining == here as u64 {
                        return Ok(self.done(data, rest));
                    }
                    self.state = State::Length { remaining: remaining - here as u64 };
                    return Ok(Progress::More);
                }
                State::Chunked(mut chunked) => {
                    let max_trailer_bytes = u32::try_from(self.max_header_bytes).unwrap_or(u32::MAX);
                    let step = chunked.step(rest, max_trailer_bytes)?;
                    self.state = State::Chunked(chunked);
                    match step {
                        Step::More => return Ok(Progress::More),
                        Step::Data { data: body, rest: after } => {
                            self.take_body(body, sink)?;
                            rest = after;
                        }
                        Step::End { rest: after } => return Ok(self.done(data, after)),
                    }
                }
                State::UntilClose => {
                    self.take_body(rest, sink)?;
                    return Ok(Progress::More);
                }
            }
        }
    }

    fn done(&mut self, data: &[u8], rest: &[u8]) -> Progress {
        Progress::Done { keep_alive: self.keep_alive, consumed: data.len() - rest.len() }
    }

    fn take_body(&mut self, body: &[u8], sink: &mut impl Sink) -> Result<(), ParseError> {
        if !body.is_empty() {
            self.body_bytes += body.len() as u64;
            if self.body_bytes > self.max_body_bytes {
                return Err(ParseError::BodyTooLarge);
            }
            sink.body(body);
        }
        Ok(())
    }

    /// Reads a head. What follows it, or `None` if it is not complete yet.
    fn feed_head<'a>(
        &mut self,
        data: &'a [u8],
        sink: &mut impl Sink,
    ) -> Result<Option<&'a [u8]>, ParseError> {
        let mut data = data;
        if self.pending.is_empty() {
            // Line ends before the head are tolerated, but not for ever.
            let blank = data.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
            self.skipped_bytes += blank;
            if self.skipped_bytes > self.max_header_bytes {
                return Err(ParseError::HeaderTooLarge);
            }
            data = &data[blank..];
            if data.is_empty() {
                return Ok(None);
            }
            if let Some(length) = self.parse_head(data, None, sink)? {
                return Ok(Some(&data[length..]));
            }
            self.pending.extend_from_slice(data);
            return Ok(None);
        }
        let before = self.pending.len();
        // A slow sender must not make us parse the same head again at each byte: look for its end first.
        let ends = ends_head(&self.pending, data);
        self.pending.extend_from_slice(data);
        if !b"HTTP/1."[..].starts_with(&self.pending[..self.pending.len().min(7)]) {
            return Err(ParseError::Bad(Fault::NotHttp));
        }
        if ends {
            let pending = std::mem::take(&mut self.pending);
            let parsed = self.parse_head(&pending, Some(before), sink);
            self.pending = pending;
            if let Some(length) = parsed? {
                self.pending.clear();
                return Ok(Some(&data[length - before..]));
            }
        }
        if self.pending.len() > self.max_header_bytes {
            return Err(ParseError::HeaderTooLarge);
        }
        Ok(None)
    }

    /// Parses a head that begins at the start of `bytes`; its length if it is complete. `before` is how much
    /// of `bytes` was known not to hold a whole head.
    fn parse_head(
        &mut self,
        bytes: &[u8],
        before: Option<usize>,
        sink: &mut impl Sink,
    ) -> Result<Option<usize>, ParseError> {
        let mut fields = [const { MaybeUninit::uninit() }; MAXIMUM_FIELDS];
        let mut response = Response::new(&mut []);
        let config = ParserConfig::default();
        let length = match config.parse_response_with_uninit_headers(&mut response, bytes, &mut fields) {
            Ok(Status::Complete(length)) if length > before.unwrap_or(0) => length,
            Ok(Status::Complete(_)) => return Err(ParseError::Bad(Fault::LineEnd)),
            Ok(Status::Partial) if bytes.len() > self.max_header_bytes => {
                return Err(ParseError::HeaderTooLarge);
            }
            Ok(Status::Partial) => return Ok(None),
            Err(httparse::Error::TooManyHeaders) => return Err(ParseError::HeaderTooLarge),
            // A line that begins with a space may go on with the one before.
            Err(httparse::Error::HeaderName) => return self.parse_folded(bytes, before, sink),
            Err(error) => return Err(ParseError::Bad(error.into())),
        };
        if length > self.max_header_bytes {
            return Err(ParseError::HeaderTooLarge);
        }
        let status = response.code.ok_or(ParseError::Bad(Fault::StatusLine))?;
        if (100..200).contains(&status) && status != 101 {
            // Nobody may hold us here for ever: all of them together count as one head.
            self.skipped_bytes += length;
            if self.skipped_bytes > self.max_header_bytes {
                return Err(ParseError::HeaderTooLarge);
            }
            return Ok(Some(length));
        }
        let minor = response.version.ok_or(ParseError::Bad(Fault::NotHttp))?;
        let head = Head::read(status, minor, response.headers, self.to_head)?;
        sink.head(status, response.headers);
        self.keep_alive = head.keep_alive;
        self.state = match head.framing {
            Framing::Length(length) if length > self.max_body_bytes => return Err(ParseError::BodyTooLarge),
            Framing::Length(remaining) => State::Length { remaining },
            Framing::Chunked => State::Chunked(Chunked::start()),
            Framing::UntilClose => State::UntilClose,
        };
        Ok(Some(length))
    }

    /// The same for a head with folded lines.
    #[cold]
    fn parse_folded(
        &mut self,
        bytes: &[u8],
        before: Option<usize>,
        sink: &mut impl Sink,
    ) -> Result<Option<usize>, ParseError> {
        match unfold(bytes) {
            Folded::Whole { length, .. } if length <= before.unwrap_or(0) => {
                Err(ParseError::Bad(Fault::LineEnd))
            }
            Folded::Whole { length, .. } if length > self.max_header_bytes => Err(ParseError::HeaderTooLarge),
            Folded::Whole { length, unfolded } => {
                self.parse_head(&unfolded, None, sink).map(|parsed| parsed.map(|_| length))
            }
            Folded::Partial if bytes.len() > self.max_header_bytes => Err(ParseError::HeaderTooLarge),
            Folded::Partial => Ok(None),
            Folded::Bad => Err(ParseError::Bad(Fault::HeaderName)),
        }
    }
}

/// Whether the empty line that ends a head ends within `data`, which follows `before`.
fn ends_head(before: &[u8], data: &[u8]) -> bool {
    let tail = &before[before.len().saturating_sub(2)..];
    let mut last = [0, 0];
    for &byte in tail.iter().chain(data) {
        if byte == b'\n' && (last[1] == b'\n' || last == *b"\n\r") {
            return true;
        }
        last = [last[1], byte];
    }
    false
}
