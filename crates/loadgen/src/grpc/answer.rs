//! An answer: its length-prefixed message, and what `grpc-message` says.

/// The message in the body of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Frame<'a> {
    /// There is none: only a status.
    None,
    /// One, whole.
    Whole(&'a [u8]),
    /// One that is longer than what was kept of it.
    Longer,
}

/// The only message of a body, of which `body_bytes` came and `kept` is the beginning.
///
/// # Errors
/// It is none, more than one, or compressed.
pub(crate) fn message(kept: &[u8], body_bytes: u64) -> Result<Frame<'_>, &'static str> {
    let Some((prefix, rest)) = kept.split_first_chunk::<5>() else {
        return if kept.is_empty() {
            Ok(Frame::None)
        } else {
            Err("the body ends within a message's prefix")
        };
    };
    let [compressed, length @ ..] = prefix;
    let length = u64::from(u32::from_be_bytes(*length));
    match compressed {
        0 => {}
        1 => return Err("the message is compressed, which was not asked for"),
        _ => return Err("the body does not begin with the prefix of a message"),
    }
    match (body_bytes - 5).cmp(&length) {
        std::cmp::Ordering::Less => Err("the body ends within its message"),
        std::cmp::Ordering::Greater => Err("a unary call has more than one message in its answer"),
        std::cmp::Ordering::Equal if rest.len() as u64 == length => Ok(Frame::Whole(rest)),
        std::cmp::Ordering::Equal => Ok(Frame::Longer),
    }
}

/// Appends a message with its prefix, uncompressed. `encode` writes it; what that returns is returned.
pub(crate) fn push_frame<T>(out: &mut Vec<u8>, encode: impl FnOnce(&mut Vec<u8>) -> T) -> T {
    let from = out.len();
    out.extend_from_slice(&[0; 5]);
    let result = encode(out);
    let length = u32::try_from(out.len() - from - 5).unwrap_or(u32::MAX);
    out[from + 1..from + 5].copy_from_slice(&length.to_be_bytes());
    result
}

/// The text of `grpc-message`, whose bytes are percent-encoded where they are not printable ASCII. What is not encoded well
/// stays as it is, as the protocol demands.
pub(crate) fn percent_decoded(text: &[u8]) -> String {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((&byte, after)) = rest.split_first() {
        let hex = after.get(..2).and_then(|digits| std::str::from_utf8(digits).ok());
        match hex.filter(|_| byte == b'%').and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(decoded) => {
                out.push(decoded);
                rest = &after[2..];
            }
            None => {
                out.push(byte);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}
