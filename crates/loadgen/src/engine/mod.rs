//! The engine: a few threads, each with its own epoll set, connections, users, timers and histograms.
//!
//! Nothing is shared on the hot path. A thread (`worker`) owns an absolute schedule or its share of the
//! users, who go their way through the scenario (`actor`, `journey`); it sends (`dispatch`), reads (`receive`),
//! judges (`judge`), and hands a filled interval to the collector (`collector`)
//! once per interval. Every connection is registered once, edge-triggered, for both directions; a request is
//! one `send` and one `recv` as long as the target answers in one piece.

mod actor;
mod clock;
mod closed;
mod collector;
mod conn;
mod dispatch;
mod establish;
pub(crate) mod extract;
mod handle;
mod journey;
mod judge;
pub(crate) mod kept;
mod level;
mod multiplex;
mod nap;
mod open;
mod poller;
mod pool;
mod procfs;
mod receive;
mod recorder;
mod redis;
mod roster;
mod shared;
mod shared_answers;
mod timers;
mod transport;
mod worker;

pub use handle::{LoadHandle, Stopper, start, start_with_resolver};
pub(crate) use transport::client_config;
