//! Values of header fields over several lines, which are obsolete but still sent (RFC 9112, section 5.2).

use std::mem::MaybeUninit;

use httparse::{ParserConfig, Response, Status};

use super::response::MAXIMUM_FIELDS;

/// What a head that is none in the usual form is, if lines may be folded.
pub(super) enum Folded {
    /// A head of so many bytes; and the same with each fold replaced by a space.
    Whole { length: usize, unfolded: Vec<u8> },
    /// The beginning of one.
    Partial,
    /// None either.
    Bad,
}

/// Reads a head of which lines may be folded.
#[cold]
pub(super) fn unfold(bytes: &[u8]) -> Folded {
    let mut fields = [const { MaybeUninit::uninit() }; MAXIMUM_FIELDS];
    let mut response = Response::new(&mut []);
    let mut config = ParserConfig::default();
    config.allow_obsolete_multiline_headers_in_responses(true);
    let length = match config.parse_response_with_uninit_headers(&mut response, bytes, &mut fields) {
        Ok(Status::Complete(length)) => length,
        Ok(Status::Partial) => return Folded::Partial,
        Err(_) => return Folded::Bad,
    };
    let mut unfolded = Vec::with_capacity(length);
    let mut rest = &bytes[..length];
    while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
        let (line, after) = rest.split_at(end + 1);
        let blank = after.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
        if blank > 0 {
            let line = line.strip_suffix(b"\r\n").unwrap_or(&line[..end]);
            unfolded.extend_from_slice(line);
            unfolded.push(b' ');
        } else {
            unfolded.extend_from_slice(line);
        }
        rest = &after[blank..];
    }
    // Nothing was folded: something else is wrong with it.
    if unfolded.len() == length { Folded::Bad } else { Folded::Whole { length, unfolded } }
}
