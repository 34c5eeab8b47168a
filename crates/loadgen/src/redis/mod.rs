//! Redis publish and subscribe (RESP3, <https://redis.io/docs/latest/develop/reference/protocol-spec/>), made
//! for measuring the time from publishing to receiving.
//!
//! Nothing here touches a socket. One connection does both, which RESP3 allows: it subscribes to a channel
//! once, then publishes messages that begin with an identifier of their own and looks for them among what it
//! receives. On a channel with several subscribers each gets the messages of all: foreign ones are skipped
//! without being kept. At most one message of limited size is buffered.

mod fuzz;
mod resp;
mod session;
#[cfg(test)]
mod tests;

pub use fuzz::fuzz_redis;

pub(crate) use session::{Session, Turn};
