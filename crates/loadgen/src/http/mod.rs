//! HTTP/1.1 responses, read incrementally and within bounds.

mod chunked;
mod fault;
mod fold;
mod head;
mod response;

#[cfg(test)]
mod tests;

pub(crate) use fault::Fault;
pub(crate) use response::{ParseError, Progress, ResponseParser, Sink};
