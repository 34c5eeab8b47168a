//! Keeps the testbed: a task that does one thing after the other with it, so that the session goes on meanwhile.

use std::time::Duration;

use swarmlab_swarm::CancellationToken;
use swarmlab_testbed::observation::Observation;
use swarmlab_testbed::{Action, Note};
use swarmlab_trial::ActId;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::inbox::{Letter, observed, relay};
use crate::site::Site;

/// How long actions that were told to end are waited for before the testbed goes down, which ends them in any case.
const ACTS_END_WITHIN: Duration = Duration::from_secs(2);

/// What the keeper is told to do.
pub(super) enum Order {
    Up,
    Observe(CancellationToken),
    Act(ActId, Action, CancellationToken),
    Down,
}

/// Orders to whoever keeps the testbed.
pub(super) struct Keeper {
    orders: mpsc::UnboundedSender<Order>,
    /// Asks the testbed to stop coming up and to clean up.
    cancel_up: CancellationToken,
    /// Drops its coming up, whatever it is at.
    abandon_up: CancellationToken,
    observing: CancellationToken,
}

impl Keeper {
    /// Orders, and the future that obeys them; it is to be polled beside the session, and to be dropped after it.
    pub fn new(bed: Box<dyn Site>, inbox: mpsc::Sender<Letter>) -> (Self, impl Future<Output = ()>) {
        let (cancel_up, abandon_up) = (CancellationToken::new(), CancellationToken::new());
        let (orders, received) = mpsc::unbounded_channel();
        let task = Task { bed, inbox, cancel_up: cancel_up.clone(), abandon_up: abandon_up.clone() };
        (Self { orders, cancel_up, abandon_up, observing: CancellationToken::new() }, task.keep(received))
    }

    pub fn order(&self, order: Order) {
        // They are heard as long as the session lasts.
        let _ = self.orders.send(order);
    }

    pub fn cancel_up(&self) {
        self.cancel_up.cancel();
    }

    pub fn observe(&mut self) {
        self.observing = CancellationToken::new();
        self.order(Order::Observe(self.observing.clone()));
    }

    pub fn stop_observing(&self) {
        self.observing.cancel();
    }

    pub fn take_down(&self) {
        self.abandon_up.cancel();
        self.order(Order::Down);
    }
}

struct Task {
    bed: Box<dyn Site>,
    inbox: mpsc::Sender<Letter>,
    cancel_up: CancellationToken,
    abandon_up: CancellationToken,
}

impl Task {
    async fn keep(mut self, mut orders: mpsc::UnboundedReceiver<Order>) {
        // Those that go on beside it.
        let mut acts = JoinSet::new();
        loop {
            let order = orders.recv().await;
            match order {
                Some(Order::Up) => self.up().await,
                Some(Order::Observe(token)) => {
                    if let Err(e) = self.bed.observe(observed(&self.inbox), token) {
                        self.say(Letter::Observed(Observation::Broken(e))).await;
                    }
                }
                Some(Order::Act(id, action, cancel)) => {
                    let (acting, inbox) = (self.bed.act(action, cancel), self.inbox.clone());
                    while acts.try_join_next().is_some() {}
                    // The bed is kept meanwhile.
                    acts.spawn(async move {
                        let done = acting.await;
                        let _ = inbox.send(Letter::Acted(id, Box::new(done))).await;
                    });
                }
                Some(Order::Down) => {
                    let ended = async { while acts.join_next().await.is_some() {} };
                    let _ = timeout(ACTS_END_WITHIN, ended).await;
                    acts.detach_all();
                    let (notes, relayed) = relay(&self.inbox, Letter::Note);
                    let down = self.bed.down(&mut said_to(&notes)).await;
                    drop(notes);
                    let _ = relayed.await;
                    self.say(Letter::Down(down)).await;
                }
                None => return,
            }
        }
    }

    async fn up(&mut self) {
        let (notes, relayed) = relay(&self.inbox, Letter::Note);
        let mut note = said_to(&notes);
        let up = tokio::select! {
            up = self.bed.up(&self.cancel_up, &mut note) => Some(up),
            () = self.abandon_up.cancelled() => None,
        };
        drop(note);
        drop(notes);
        // What it said while it came up is heard before it says that it is up.
        let _ = relayed.await;
        if let Some(up) = up {
            self.say(Letter::Up(Box::new(up))).await;
        }
    }

    async fn say(&self, letter: Letter) {
        let _ = self.inbox.send(letter).await;
    }
}

fn said_to(notes: &mpsc::UnboundedSender<Note>) -> impl FnMut(Note) + Send + '_ {
    |note| {
        let _ = notes.send(note);
    }
}
