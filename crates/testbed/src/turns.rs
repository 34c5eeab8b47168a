//! One action at a time, in the order in which they were asked for.

use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use tokio::sync::{Mutex, OwnedMutexGuard};

use crate::seam::Pending;

/// Whose turn it is.
#[derive(Debug, Default)]
pub struct Turns(Arc<Mutex<()>>);

/// A turn: the next one's begins when it is dropped.
pub type Turn = OwnedMutexGuard<()>;

impl Turns {
    /// Takes a place in the queue now, whoever polls the future when; it ends when the turn has come. Dropping it gives the
    /// place up.
    pub fn queue(&self) -> Pending<'static, Turn> {
        let mut place = Box::pin(Arc::clone(&self.0).lock_owned());
        // Tokio's mutex is fair: who is polled first is served first.
        match place.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(turn) => Box::pin(std::future::ready(turn)),
            Poll::Pending => place,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn comes(turn: &mut Pending<'static, Turn>) -> bool {
        turn.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_ready()
    }

    #[test]
    fn turns_come_in_the_order_of_the_questions_not_of_the_polls() {
        let turns = Turns::default();
        let held = turns.queue();
        let (mut first, mut given_up, mut last) = (turns.queue(), turns.queue(), turns.queue());
        assert!(!comes(&mut last) && !comes(&mut given_up) && !comes(&mut first));
        drop(held);
        assert!(!comes(&mut last));
        drop(given_up);
        assert!(!comes(&mut last) && comes(&mut first));
        drop(first);
        assert!(comes(&mut last));
    }
}
