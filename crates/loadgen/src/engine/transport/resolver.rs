//! The newest addresses of each target, and the thread that asks for them.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::engine::poller::Waker;
use crate::error::LoadError;
use crate::target::{Endpoint, LoadTarget, Resolve};

/// The addresses of one target, as all threads see them.
#[derive(Debug)]
pub(crate) struct AddressBook {
    /// Sorted, without repetitions.
    addresses: Mutex<Arc<[SocketAddr]>>,
}

impl AddressBook {
    pub fn current(&self) -> Arc<[SocketAddr]> {
        Arc::clone(&self.addresses.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// What the name service said over a run.
#[derive(Debug, Default)]
pub(crate) struct Answers {
    /// Changes whenever a book does; threads compare it to what they saw last.
    pub generation: AtomicU64,
    /// Questions that failed after the start; the addresses before stayed in use.
    pub failures: AtomicU64,
    /// The first such failure.
    first_failure: Mutex<Option<String>>,
}

impl Answers {
    /// The first failure after the start, in words.
    pub fn first_failure(&self) -> Option<String> {
        self.first_failure.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Asks again and again until dropped. A question under way is not waited for.
#[derive(Debug)]
pub(crate) struct ResolverThread {
    _stop: Sender<()>,
}

/// A name that is asked for again.
struct Question {
    book: Arc<AddressBook>,
    host: String,
    port: u16,
    every: Duration,
    due: Instant,
}

/// The first answers: one book a target, empty for Unix sockets.
///
/// # Errors
/// A name without an address.
pub(crate) fn first_answers(
    targets: &[LoadTarget],
    resolver: &dyn Resolve,
) -> Result<Vec<Arc<AddressBook>>, LoadError> {
    let book = |addresses: Vec<SocketAddr>| AddressBook { addresses: Mutex::new(tidy(addresses)) };
    targets
        .iter()
        .map(|target| match &target.endpoint {
            // As they were given: a repeated address gets a repeated share.
            Endpoint::Addresses(addresses) => {
                Ok(Arc::new(AddressBook { addresses: Mutex::new(addresses.as_slice().into()) }))
            }
            Endpoint::Unix(_) => Ok(Arc::new(book(Vec::new()))),
            Endpoint::Name { host, port } => ask(resolver, host, *port)
                .map(|addresses| Arc::new(book(addresses)))
                .map_err(|problem| LoadError::DnsFailed { host: host.clone(), problem }),
        })
        .collect()
}

fn ask(resolver: &dyn Resolve, host: &str, port: u16) -> Result<Vec<SocketAddr>, String> {
    match resolver.resolve(host, port) {
        Ok(addresses) if addresses.is_empty() => Err("the answer holds no address".to_owned()),
        Ok(addresses) => Ok(addresses),
        Err(error) => Err(error.to_string()),
    }
}

/// In one order, so that an answer in another order is no other answer.
fn tidy(mut addresses: Vec<SocketAddr>) -> Arc<[SocketAddr]> {
    addresses.sort_unstable();
    addresses.dedup();
    addresses.into()
}

impl ResolverThread {
    /// Starts the thread if there is a name to ask for again.
    ///
    /// # Errors
    /// The system starts no thread.
    pub fn start(
        targets: &[LoadTarget],
        books: &[Arc<AddressBook>],
        resolver: Arc<dyn Resolve>,
        answers: Arc<Answers>,
        wakers: Vec<Waker>,
    ) -> Result<Option<Self>, LoadError> {
        let now = Instant::now();
        let questions: Vec<Question> = targets
            .iter()
            .zip(books)
            .filter_map(|(target, book)| match &target.endpoint {
                Endpoint::Name { host, port } if target.resolve_every_s > 0.0 => {
                    let every = Duration::from_secs_f64(target.resolve_every_s);
                    let (book, host, port) = (Arc::clone(book), host.clone(), *port);
                    Some(Question { book, host, port, every, due: now + every })
                }
                _ => None,
            })
            .collect();
        if questions.is_empty() {
            return Ok(None);
        }
        let (stop, stopped) = channel();
        std::thread::Builder::new()
            .name("load-resolve".to_owned())
            .spawn(move || keep_asking(questions, &*resolver, &answers, &wakers, &stopped))
            .map_err(|source| LoadError::System { what: "starting a thread", source })?;
        Ok(Some(Self { _stop: stop }))
    }
}

fn keep_asking(
    mut questions: Vec<Question>,
    resolver: &dyn Resolve,
    answers: &Answers,
    wakers: &[Waker],
    stopped: &Receiver<()>,
) {
    loop {
        let Some(next) = questions.iter_mut().min_by_key(|question| question.due) else { return };
        let left = next.due.saturating_duration_since(Instant::now());
        if !matches!(stopped.recv_timeout(left), Err(RecvTimeoutError::Timeout)) {
            return;
        }
        match ask(resolver, &next.host, next.port) {
            Ok(addresses) => {
                let addresses = tidy(addresses);
                let mut current = next.book.addresses.lock().unwrap_or_else(PoisonError::into_inner);
                if *current != addresses {
                    *current = addresses;
                    drop(current);
                    answers.generation.fetch_add(1, Ordering::Release);
                    wakers.iter().for_each(Waker::wake);
                }
            }
            Err(problem) => {
                let mut first = answers.first_failure.lock().unwrap_or_else(PoisonError::into_inner);
                first.get_or_insert_with(|| format!("{}: {problem}", next.host));
                drop(first);
                answers.failures.fetch_add(1, Ordering::Release);
            }
        }
        // Counted from the answer: a name service that is slow is not asked in a row.
        next.due = Instant::now() + next.every;
    }
}
