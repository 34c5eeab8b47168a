//! HTTP/2 (RFC 9113) from the client's side, made for load: many requests on one connection.
//!
//! Nothing here touches a socket. A [`Session`] is fed what was read and tells [`Events`] what that means; what
//! is to be written stands in its output. After warm-up a request allocates nothing: streams, their table and
//! all buffers are used again. What the other side can make it keep is bounded: one frame, one block of header
//! fields, and a few KiB of answers to what it asks.
//!
//! [`Request`] turns the bytes of an HTTP/1.1 request into a header block and a body, so that the rest of the
//! engine knows one form of request.

mod answers;
mod control;
mod error;
mod frame;
mod fuzz;
mod head;
mod hpack;
mod request;
mod send;
mod session;
mod settings;
mod streams;
#[cfg(test)]
mod tests;

pub use fuzz::fuzz_http2;

pub(crate) use error::{Http2Error, code_name};
pub(crate) use request::Request;
pub(crate) use session::{Events, Finish, Finished, Limits, Session};
