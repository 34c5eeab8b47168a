//! Taking a content coding off a body, piece by piece as it comes (RFC 9110, section 8.4.1).

use flate2::{Crc, Decompress, FlushDecompress, Status};

use crate::scenario::ContentCoding;

/// Decompressed bytes made at once.
const CHUNK_BYTES: usize = 16 << 10;

/// The compressed data are damaged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Damaged;

/// Where in the coded body the next byte stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Before the first byte, or behind the last of a member.
    Start,
    /// In the head of a member of gzip.
    Head(Head),
    /// In the compressed data.
    Data,
    /// So many bytes into the checksum and length behind a member of gzip.
    Trailer(usize),
    /// Behind the end of a stream of zlib: nothing may follow.
    End,
}

/// Where in the head of a member (RFC 1952, section 2.3): what is still to come, and how much of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Head {
    /// So many bytes of the fixed part have come.
    Fixed(usize),
    ExtraLength(usize),
    Extra(usize),
    Name,
    Comment,
    Checksum(usize),
}

/// Flags of a member's head.
mod flag {
    pub const CHECKSUM: u8 = 2;
    pub const EXTRA: u8 = 4;
    pub const NAME: u8 = 8;
    pub const COMMENT: u8 = 16;
    pub const RESERVED: u8 = 0xe0;
}

/// Decompresses one body after the other; its buffers are used again.
#[derive(Debug)]
pub(crate) struct Decoder {
    inflate: Decompress,
    coding: ContentCoding,
    state: State,
    flags: u8,
    extra_bytes: usize,
    crc: Crc,
    trailer: [u8; 8],
    out: Box<[u8]>,
}

impl Decoder {
    pub fn new() -> Self {
        Self {
            inflate: Decompress::new(false),
            coding: ContentCoding::Gzip,
            state: State::Start,
            flags: 0,
            extra_bytes: 0,
            crc: Crc::new(),
            trailer: [0; 8],
            out: vec![0; CHUNK_BYTES].into_boxed_slice(),
        }
    }

    /// Makes ready for another body.
    pub fn begin(&mut self, coding: ContentCoding) {
        self.coding = coding;
        self.state = State::Start;
    }

    /// Whether what has come is whole. Nothing is: an answer may have no body at all.
    pub fn is_whole(&self) -> bool {
        matches!(self.state, State::Start | State::End)
    }

    /// Takes the next piece and gives what it decompresses to, as long as `take` wants more. Whether it always did.
    pub fn feed(&mut self, mut data: &[u8], take: &mut impl FnMut(&[u8]) -> bool) -> Result<bool, Damaged> {
        while let Some((&byte, rest)) = data.split_first() {
            match self.state {
                State::Start if self.coding == ContentCoding::Gzip => {
                    self.state = State::Head(Head::Fixed(0))
                }
                State::Start => {
                    // It is the format of zlib; but some send the bare data, whose first byte looks otherwise.
                    let is_zlib = byte & 0x0f == 8 && byte >> 4 <= 7;
                    self.inflate.reset(is_zlib);
                    self.state = State::Data;
                }
                State::Head(head) => {
                    self.state = self.head(head, byte)?;
                    data = rest;
                }
                State::Data => {
                    let (taken, goes_on) = self.inflate(data, take)?;
                    if !goes_on {
                        return Ok(false);
                    }
                    data = &data[taken..];
                }
                State::Trailer(at) => {
                    self.trailer[at] = byte;
                    data = rest;
                    self.state = if at < 7 { State::Trailer(at + 1) } else { self.check()? };
                }
                State::End => return Err(Damaged),
            }
        }
        Ok(true)
    }

    /// Decompresses all of `data` that belongs to the present stream: how much that is, and whether to go on.
    fn inflate(
        &mut self,
        data: &[u8],
        take: &mut impl FnMut(&[u8]) -> bool,
    ) -> Result<(usize, bool), Damaged> {
        let mut taken = 0;
        loop {
            let (in_before, out_before) = (self.inflate.total_in(), self.inflate.total_out());
            let status = self.inflate.decompress(&data[taken..], &mut self.out, FlushDecompress::None);
            let status = status.map_err(|_| Damaged)?;
            let read = (self.inflate.total_in() - in_before) as usize;
            let made = (self.inflate.total_out() - out_before) as usize;
            taken += read;
            if self.coding == ContentCoding::Gzip {
                self.crc.update(&self.out[..made]);
            }
            if made > 0 && !take(&self.out[..made]) {
                return Ok((taken, false));
            }
            if status == Status::StreamEnd {
                self.state = match self.coding {
                    ContentCoding::Gzip => State::Trailer(0),
                    ContentCoding::Deflate => State::End,
                };
                return Ok((taken, true));
            }
            // Output that does not fill the buffer is all that there is.
            if made < self.out.len() && taken == data.len() {
                return Ok((taken, true));
            }
            if read == 0 && made == 0 {
                return Err(Damaged);
            }
        }
    }

    fn head(&mut self, head: Head, byte: u8) -> Result<State, Damaged> {
        Ok(match head {
            Head::Fixed(at) => {
                let is_right = match at {
                    0 => byte == 0x1f,
                    1 => byte == 0x8b,
                    2 => byte == 8,
                    3 => byte & flag::RESERVED == 0,
                    _ => true,
                };
                if !is_right {
                    return Err(Damaged);
                }
                if at == 3 {
                    self.flags = byte;
                }
                // Behind the flags: time (4), what was used (1), system (1).
                if at < 9 { State::Head(Head::Fixed(at + 1)) } else { self.after_head(flag::EXTRA) }
            }
            Head::ExtraLength(0) => {
                self.extra_bytes = usize::from(byte);
                State::Head(Head::ExtraLength(1))
            }
            Head::ExtraLength(_) => match self.extra_bytes | usize::from(byte) << 8 {
                0 => self.after_head(flag::NAME),
                bytes => State::Head(Head::Extra(bytes)),
            },
            Head::Extra(left) if left > 1 => State::Head(Head::Extra(left - 1)),
            Head::Extra(_) => self.after_head(flag::NAME),
            Head::Name | Head::Comment if byte != 0 => State::Head(head),
            Head::Name => self.after_head(flag::COMMENT),
            Head::Comment => self.after_head(flag::CHECKSUM),
            Head::Checksum(0) => State::Head(Head::Checksum(1)),
            Head::Checksum(_) => self.after_head(0),
        })
    }

    /// The next part of a head that is there, from that of `first` on; else the data.
    fn after_head(&mut self, first: u8) -> State {
        // In the order in which they follow each other.
        for (part, head) in [
            (flag::EXTRA, Head::ExtraLength(0)),
            (flag::NAME, Head::Name),
            (flag::COMMENT, Head::Comment),
            (flag::CHECKSUM, Head::Checksum(0)),
        ] {
            let comes_later = match first {
                0 => false,
                flag::EXTRA => true,
                flag::NAME => part != flag::EXTRA,
                flag::COMMENT => matches!(part, flag::COMMENT | flag::CHECKSUM),
                _ => part == flag::CHECKSUM,
            };
            if comes_later && self.flags & part != 0 {
                return State::Head(head);
            }
        }
        self.inflate.reset(false);
        self.crc.reset();
        State::Data
    }

    /// The trailer is there: what it says of the data must be true.
    fn check(&self) -> Result<State, Damaged> {
        let [a, b, c, d, e, f, g, h] = self.trailer;
        let (sum, bytes) = (u32::from_le_bytes([a, b, c, d]), u32::from_le_bytes([e, f, g, h]));
        if sum == self.crc.sum() && bytes == self.crc.amount() { Ok(State::Start) } else { Err(Damaged) }
    }
}

#[cfg(test)]
#[path = "decode_tests.rs"]
mod tests;
