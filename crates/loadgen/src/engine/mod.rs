//! The engine: a few threads, each with its own epoll set, connections, users, timers and histograms.
//!
//! Nothing is shared on the hot path. A thread (`worker`) consists of rooms that keep their state to themselves: an
//! absolute schedule or its share of the users (`driver`, which is `open` or `closed`), who go their way through the
//! scenario (`crowd`, `actor`, `journey`); what waits for a connection (`backlog`); the connections (`pool`) and what
//! is to be done with them (`poller`, `agenda`); who writes requests (`composer`) and who judges answers (`judge`);
//! the end of the load (`timeline`); and the notebook (`recorder`), of which a filled page goes to the collector
//! (`collector`) once per interval. Every connection is registered once, edge-triggered, for both directions; a request is
//! one `send` and one `recv` as long as the target answers in one piece.

mod actor;
mod agenda;
mod awake;
mod backlog;
mod call;
mod clock;
mod closed;
mod collector;
mod composer;
mod conn;
mod control;
mod crowd;
pub(crate) mod decode;
mod driver;
pub(crate) mod extract;
mod glimpse;
mod handle;
mod journey;
mod judge;
pub(crate) mod kept;
mod level;
mod levels;
mod lifetime;
mod logic;
mod multiplex;
mod nap;
mod open;
mod poller;
mod pool;
mod procfs;
mod recorder;
mod redirect;
mod roster;
mod shared;
mod tap;
mod thread_interval;
mod timeline;
mod timers;
mod told;
mod transport;
mod worker;

pub use awake::{Awake, can_keep_awake};
pub use control::{LevelChange, LoadControl};
pub(crate) use handle::{PRIORITY, start_tapped};
pub(crate) use redirect::{Origin, Trail};
pub(crate) use tap::{Seen, Tap, Tapped};

/// A text in which what looks like a secret is blanked: values of names that say so, schemes of authorization, users in URLs.
pub fn without_secrets(text: &[u8]) -> String {
    glimpse::Glimpse::without_secrets(text)
}
pub use handle::{LoadHandle, start, start_with_resolver};
pub(crate) use transport::client_config;
