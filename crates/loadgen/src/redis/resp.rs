//! The form of values on the wire: finding where one ends, and what it says.

use thiserror::Error;

/// Longest line: a type with a number, a status, or an error.
const MAXIMUM_LINE_BYTES: usize = 64 << 10;

/// Why bytes are not RESP3.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub(crate) enum RespError {
    /// A first byte that no value begins with, or that of a streamed one, which Redis does not send.
    #[error("a value begins with byte {0:#04x}")]
    Kind(u8),
    /// A length that is no number, or a text without its line end.
    #[error("a value has no proper length or end")]
    Length,
    /// A value larger than the limit.
    #[error("a value is larger than the limit")]
    TooLarge,
}

/// Finds the end of a value that comes in pieces. It goes forward only, whatever the pieces.
#[derive(Debug, Default)]
pub(super) struct Scanner {
    /// Where it stands.
    at: usize,
    /// Up to where there is no line end, if that is further.
    searched: usize,
    /// Values that are still to come, that one included.
    open: usize,
}

impl Scanner {
    /// The length of the value at the beginning of `bytes`, which hold the ones of the last call and more;
    /// `None`: its end has not come. After it a new value begins.
    pub fn scan(&mut self, bytes: &[u8], limit: usize) -> Result<Option<usize>, RespError> {
        if self.at == 0 {
            self.open = 1;
        }
        while self.open > 0 {
            let from = self.searched.max(self.at).min(bytes.len());
            let Some(length) = bytes[from..].iter().position(|byte| *byte == b'\n') else {
                self.searched = bytes.len();
                if bytes.len().saturating_sub(self.at) > MAXIMUM_LINE_BYTES {
                    return Err(RespError::TooLarge);
                }
                return Ok(None);
            };
            let end = from + length + 1;
            let line = bytes[self.at..end].strip_suffix(b"\r\n").ok_or(RespError::Length)?;
            let (&kind, rest) = line.split_first().ok_or(RespError::Length)?;
            let mut next = end;
            let mut more = 0;
            match kind {
                b'+' | b'-' | b':' | b'_' | b'#' | b',' | b'(' => {}
                b'$' | b'!' | b'=' => {
                    // -1: the null of older versions.
                    if rest != b"-1" {
                        let length = number(rest).ok_or(RespError::Length)?;
                        if length > limit {
                            return Err(RespError::TooLarge);
                        }
                        next = end + length + 2;
                        if next <= bytes.len() && !bytes[..next].ends_with(b"\r\n") {
                            return Err(RespError::Length);
                        }
                    }
                }
                b'*' | b'~' | b'>' if rest == b"-1" => {}
                b'*' | b'~' | b'>' => more = number(rest).ok_or(RespError::Length)?,
                b'%' => more = number(rest).and_then(|n| n.checked_mul(2)).ok_or(RespError::Length)?,
                // Attributes come before the value that they belong to.
                b'|' => {
                    more = number(rest).and_then(|n| n.checked_mul(2)).ok_or(RespError::Length)?;
                    more = more.checked_add(1).ok_or(RespError::Length)?;
                }
                other => return Err(RespError::Kind(other)),
            }
            // Each value has three bytes at least.
            if next > limit || more > limit / 3 || self.open + more > limit / 3 + 1 {
                return Err(RespError::TooLarge);
            }
            if next > bytes.len() {
                // The text is looked at again when all of it is there; its line is short.
                return Ok(None);
            }
            self.open = self.open - 1 + more;
            self.at = next;
        }
        let length = self.at;
        *self = Self::default();
        Ok(Some(length))
    }
}

/// What a value says, as far as it matters here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reply<'a> {
    /// An error, in words.
    Error(&'a [u8]),
    /// A message on a channel.
    Message { channel: &'a [u8], payload: &'a [u8] },
    /// A subscription or its end has been confirmed.
    Confirmed,
    /// Something else that the other side pushes unasked.
    Push,
    /// Any other answer.
    Other,
}

/// Reads a whole value.
pub(super) fn read(value: &[u8]) -> Reply<'_> {
    let mut rest = value;
    let Some((kind, line)) = take_line(&mut rest) else { return Reply::Other };
    match kind {
        b'-' => Reply::Error(line),
        b'!' => Reply::Error(rest.get(..number(line).unwrap_or(0)).unwrap_or_default()),
        b'>' => {
            let Some(name) = take_text(&mut rest) else { return Reply::Push };
            match name {
                b"message" => match (take_text(&mut rest), take_text(&mut rest)) {
                    (Some(channel), Some(payload)) => Reply::Message { channel, payload },
                    _ => Reply::Push,
                },
                b"subscribe" | b"unsubscribe" => Reply::Confirmed,
                _ => Reply::Push,
            }
        }
        _ => Reply::Other,
    }
}

/// Takes the first line: its first byte and the rest without the line end.
fn take_line<'a>(bytes: &mut &'a [u8]) -> Option<(u8, &'a [u8])> {
    let end = bytes.iter().position(|byte| *byte == b'\n')?;
    let line = bytes[..end].strip_suffix(b"\r")?;
    *bytes = &bytes[end + 1..];
    line.split_first().map(|(kind, line)| (*kind, line))
}

/// Takes a text with a length.
fn take_text<'a>(bytes: &mut &'a [u8]) -> Option<&'a [u8]> {
    let (b'$', length) = take_line(bytes)? else { return None };
    let (text, rest) = bytes.split_at_checked(number(length)?)?;
    *bytes = rest.strip_prefix(b"\r\n")?;
    Some(text)
}

/// A length of at most nine digits.
fn number(digits: &[u8]) -> Option<usize> {
    let is_number = (1..=9).contains(&digits.len()) && digits.iter().all(u8::is_ascii_digit);
    is_number.then(|| digits.iter().fold(0, |number, digit| number * 10 + usize::from(digit - b'0')))
}

/// Appends a command.
pub(super) fn push_command(out: &mut Vec<u8>, words: &[&[u8]]) {
    push_length(out, b'*', words.len());
    for word in words {
        push_length(out, b'$', word.len());
        out.extend_from_slice(word);
        out.extend_from_slice(b"\r\n");
    }
}

/// Appends a first byte and a length, as a line.
pub(super) fn push_length(out: &mut Vec<u8>, kind: u8, length: usize) {
    let mut digits = [0; 20];
    let (mut at, mut rest) = (digits.len(), length);
    loop {
        at -= 1;
        digits[at] = b'0' + (rest % 10) as u8;
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    out.push(kind);
    out.extend_from_slice(&digits[at..]);
    out.extend_from_slice(b"\r\n");
}
