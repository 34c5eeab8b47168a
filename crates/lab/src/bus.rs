//! One bus, two ways to listen. Who is *awaited* gets each message before the next thing happens and loses none; its
//! failure is the run's. Who listens *beside* has a thread and a bounded queue: when it is slow it loses messages of its
//! own, which are counted, and holds up nobody.

use std::io;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, channel, sync_channel};
use std::time::Duration;

use crate::message::Message;

/// Messages that wait for a sink beside the run, at most.
const QUEUE: usize = 1024;
/// How long sinks beside the run may take to write their last messages.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// Listens.
pub trait Sink: Send {
    /// Takes one message.
    ///
    /// # Errors
    /// What keeps it from going on; it is not asked again.
    fn on(&mut self, message: &Message) -> io::Result<()>;

    /// Nothing more comes.
    ///
    /// # Errors
    /// What was taken but cannot be kept.
    fn close(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<S: Sink + ?Sized> Sink for &mut S {
    fn on(&mut self, message: &Message) -> io::Result<()> {
        (**self).on(message)
    }

    fn close(&mut self) -> io::Result<()> {
        (**self).close()
    }
}

/// A sink that did not get everything.
#[derive(Debug)]
pub struct Unheard {
    /// Its name.
    pub sink: String,
    /// Messages it did not get.
    pub lost: u64,
    /// Why it stopped listening, if it did.
    pub error: Option<io::Error>,
}

struct Beside {
    name: String,
    to: SyncSender<Arc<Message>>,
    lost: u64,
    ended: Receiver<Option<io::Error>>,
}

/// The bus.
#[derive(Default)]
pub struct Bus<'a> {
    awaited: Vec<Box<dyn Sink + 'a>>,
    beside: Vec<Beside>,
}

impl<'a> Bus<'a> {
    /// A bus that nobody listens to.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a sink that loses nothing.
    pub fn attach(&mut self, sink: impl Sink + 'a) {
        self.awaited.push(Box::new(sink));
    }

    /// Adds a sink on a thread of its own.
    ///
    /// # Errors
    /// The system has no thread for it.
    pub fn attach_beside(&mut self, name: &str, mut sink: Box<dyn Sink>) -> io::Result<()> {
        let (to, messages) = sync_channel::<Arc<Message>>(QUEUE);
        let (end, ended) = channel();
        std::thread::Builder::new().name(format!("sink-{name}")).spawn(move || {
            let heard = messages.iter().try_for_each(|m| sink.on(&m));
            let error = heard.and_then(|()| sink.close()).err();
            drop(sink);
            // Nobody waits for the last words of one that took too long.
            let _ = end.send(error);
        })?;
        self.beside.push(Beside { name: name.to_owned(), to, lost: 0, ended });
        Ok(())
    }

    /// Tells everyone. A sink that fails is not told anything more.
    ///
    /// # Errors
    /// The first failure of a sink that is awaited.
    pub fn tell(&mut self, message: Message) -> io::Result<()> {
        let mut told = Ok(());
        self.awaited.retain_mut(|sink| match sink.on(&message) {
            Ok(()) => true,
            Err(e) => {
                told = std::mem::replace(&mut told, Ok(())).and(Err(e));
                false
            }
        });
        let message = Arc::new(message);
        for b in &mut self.beside {
            if let Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) =
                b.to.try_send(Arc::clone(&message))
            {
                b.lost += 1;
            }
        }
        told
    }

    /// Closes the sinks that are awaited; those beside go on.
    ///
    /// # Errors
    /// The first failure.
    pub fn close(&mut self) -> io::Result<()> {
        self.awaited.drain(..).map(|mut sink| sink.close()).fold(Ok(()), io::Result::and)
    }

    /// Ends the sinks beside, and says which of them did not get everything.
    #[must_use]
    pub fn finish(self) -> Vec<Unheard> {
        let mut unheard = Vec::new();
        for Beside { name, to, lost, ended } in self.beside {
            drop(to);
            let error = match ended.recv_timeout(LAST_WORDS) {
                Ok(error) => error,
                Err(_) => Some(io::Error::new(io::ErrorKind::TimedOut, "it does not take its messages")),
            };
            if lost > 0 || error.is_some() {
                unheard.push(Unheard { sink: name, lost, error });
            }
        }
        unheard
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::message::News;

    struct Counts(Arc<std::sync::Mutex<u64>>, Duration, u64);

    impl Sink for Counts {
        fn on(&mut self, _: &Message) -> io::Result<()> {
            std::thread::sleep(self.1);
            let mut n = self.0.lock().map_err(|_| io::Error::other("poisoned"))?;
            *n += 1;
            if *n > self.2 { Err(io::Error::other("full")) } else { Ok(()) }
        }
    }

    fn step() -> Message {
        Message { t_unix_s: 0.0, news: News::Step("x".to_owned()) }
    }

    #[test]
    fn a_slow_sink_loses_its_own_messages_and_holds_up_nobody() {
        let (slow, awaited) = (Arc::default(), Arc::default());
        let mut bus = Bus::new();
        bus.attach(Counts(Arc::clone(&awaited), Duration::ZERO, u64::MAX));
        let sink = Counts(Arc::clone(&slow), Duration::from_secs(3600), u64::MAX);
        bus.attach_beside("slow", Box::new(sink)).unwrap();
        let before = std::time::Instant::now();
        let told = QUEUE as u64 + 500;
        for _ in 0..told {
            bus.tell(step()).unwrap();
        }
        let unheard = bus.finish();
        assert!(before.elapsed() < Duration::from_secs(30));
        assert_eq!(*awaited.lock().unwrap(), told);
        // One may be in the sink's hands.
        assert!((499..=500).contains(&unheard[0].lost), "{unheard:?}");
        assert!(unheard[0].error.is_some());
    }

    #[test]
    fn a_sink_that_fails_is_not_asked_again_and_only_an_awaited_one_is_the_runs_failure() {
        let (awaited, beside) = (Arc::default(), Arc::default());
        let mut bus = Bus::new();
        bus.attach(Counts(Arc::clone(&awaited), Duration::ZERO, 1));
        bus.attach_beside("b", Box::new(Counts(Arc::clone(&beside), Duration::ZERO, 0))).unwrap();
        bus.tell(step()).unwrap();
        assert_eq!(bus.tell(step()).unwrap_err().to_string(), "full");
        bus.tell(step()).unwrap();
        assert_eq!(*awaited.lock().unwrap(), 2);
        assert_eq!(bus.finish()[0].error.as_ref().map(ToString::to_string).as_deref(), Some("full"));
    }
}
