//! What about an answer cannot be, in words.

/// Why what came is no answer of HTTP/1.1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Fault {
    #[error("what came is no answer of HTTP/1.1")]
    NotHttp,
    #[error("the status line is none")]
    StatusLine,
    #[error("a header has no name, or one with a character that no name may have")]
    HeaderName,
    #[error("the value of a header has a character that none may have")]
    HeaderValue,
    #[error("a line of the head ends where none may end")]
    LineEnd,
    #[error("`Content-Length` is no length")]
    Length,
    #[error("there are two different `Content-Length`s")]
    Lengths,
    #[error("the size of a chunk is none")]
    ChunkSize,
    #[error("a chunk, or the line with its size, does not end as it must")]
    ChunkEnd,
}

impl From<httparse::Error> for Fault {
    fn from(error: httparse::Error) -> Self {
        match error {
            httparse::Error::Version => Self::NotHttp,
            httparse::Error::HeaderName | httparse::Error::TooManyHeaders => Self::HeaderName,
            httparse::Error::HeaderValue => Self::HeaderValue,
            httparse::Error::NewLine => Self::LineEnd,
            httparse::Error::Status | httparse::Error::Token => Self::StatusLine,
        }
    }
}
