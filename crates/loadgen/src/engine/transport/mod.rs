//! What carries bytes: sockets, TLS on top of them, and the addresses they connect to.
//!
//! A connection is opened on a socket (`socket`), to the next address of its target (`route`, whose answers
//! come from `resolver`), and speaks through its `wire`: straight on the socket, or through a TLS session
//! (`tls`). What is said (HTTP/1.1, …) is not known here.

mod resolver;
mod route;
mod socket;
mod tls;
mod tls_config;
mod wire;

pub(crate) use resolver::{AddressBook, Answers, ResolverThread, first_answers};
pub(crate) use route::{Route, Routes};
pub(crate) use socket::{Address, connect};
pub(crate) use tls::Handshake;
pub(crate) use tls_config::{TlsClient, client_config};
pub(crate) use wire::{Halt, Received, Wire};
