//! What the threads of a load have in common, and how they are told what to do.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use super::clock::Clock;
use super::levels::Levels;
use super::redirect::Origin;
use super::tap::Tap;
use super::transport::{AddressBook, Answers, Route, Routes, TlsClient};
use crate::scenario::compiled::Compiled;
use crate::spec::LoadSpec;

/// What the outside asks of all threads.
#[derive(Debug, Default)]
pub(crate) struct Control {
    pub stop: AtomicBool,
    pub abort: AtomicBool,
    pub levels: Levels,
}

/// What all threads of a load have in common.
#[derive(Debug)]
pub(crate) struct Shared {
    pub spec: LoadSpec,
    pub compiled: Compiled,
    pub clock: Clock,
    pub control: Arc<Control>,
    /// The addresses of each target.
    pub books: Vec<Arc<AddressBook>>,
    pub answers: Arc<Answers>,
    /// How each target is spoken to under TLS.
    pub tls: Vec<Option<TlsClient>>,
    /// Where each target is, for redirects.
    pub origins: Vec<Origin>,
    /// Who wants to see each request and answer; nobody in a load that is measured.
    pub tap: Option<Tap>,
}

impl Shared {
    /// The way of one thread to each target; threads begin at different addresses.
    pub fn routes(&self, thread: usize) -> Routes {
        let targets = self.spec.targets.iter().zip(&self.books).zip(&self.tls);
        Routes::new(
            targets.map(|((target, book), tls)| Route::new(target, book, tls.as_ref(), thread)).collect(),
        )
    }

    /// The part of a limit that falls to one thread.
    pub fn share(&self, limit: usize, thread: usize) -> usize {
        limit / self.spec.threads + usize::from(thread < limit % self.spec.threads)
    }
}
