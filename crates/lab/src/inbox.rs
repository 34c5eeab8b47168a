//! What reaches a session from those who work beside it: one bounded queue.

use std::sync::Arc;

use swarmlab_intervals::Interval;
use swarmlab_loadgen::LoadError;
use swarmlab_testbed::observation::Observation;
use swarmlab_testbed::seam;
use swarmlab_testbed::{Done, Note, TestbedError};
use swarmlab_trial::{ActId, LoadId};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use crate::generator::Report;
use crate::scaling::{Heard, ProgramId};
use crate::site::Ready;

/// Letters that wait, at most; whoever has more to say waits.
pub(crate) const QUEUE: usize = 1024;

/// One letter.
#[derive(Debug)]
pub(crate) enum Letter {
    Note(Note),
    Up(Box<Result<Ready, TestbedError>>),
    Observed(Observation),
    Acted(ActId, Box<Result<Done, TestbedError>>),
    Controller(ProgramId, Heard),
    Interval(LoadId, Arc<Interval>),
    LoadEnded(LoadId, Box<Result<Report, LoadError>>),
    Down(Result<(), TestbedError>),
}

/// A sender for those who cannot wait; a task carries what they say to the inbox. It ends when the sender is dropped.
pub(crate) fn relay<T: Send + 'static>(
    inbox: &mpsc::Sender<Letter>,
    letter: fn(T) -> Letter,
) -> (mpsc::UnboundedSender<T>, JoinHandle<()>) {
    let (tx, mut rx) = mpsc::unbounded_channel();
    let inbox = inbox.clone();
    let task = tokio::spawn(async move {
        while let Some(said) = rx.recv().await {
            if inbox.send(letter(said)).await.is_err() {
                return;
            }
        }
    });
    (tx, task)
}

/// Where a site's observations go: a short queue, so that whoever samples waits when the session is behind. A task carries
/// them to the inbox, and ends when everyone who observes has ended.
pub(crate) fn observed(inbox: &mpsc::Sender<Letter>) -> seam::Out {
    let (out, mut observations) = seam::channel();
    let inbox = inbox.clone();
    tokio::spawn(async move {
        while let Some(o) = observations.recv().await {
            if inbox.send(Letter::Observed(o)).await.is_err() {
                return;
            }
        }
    });
    out
}
