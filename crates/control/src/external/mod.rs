//! Controllers outside of swarmlab, in any language: the words of the protocol, and who may say what when.
//!
//! Pure: lines go in and come out; whoever calls owns the child process (or the HTTP connection) and the clock. The
//! messages are described for their readers in `controllers/protocol.schema.json` and `docs/autoscaling.md`.

mod conversation;
mod protocol;

pub use conversation::{Conversation, Exchange, Way};
pub use protocol::{
    Decide, Hello, LONGEST_LINE, Limits, Message, Observe, PROTOCOL, Promise, Ready, ReplicaCounts, Reply,
};
