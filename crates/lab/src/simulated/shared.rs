//! The world, as site and generator share it: time goes by, and what there is to be told is told.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use swarmlab_swarm::CancellationToken;
use swarmlab_testbed::seam::Out;
use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until};

use super::EPOCH_UNIX_S;
use super::world::{Said, World};
use crate::generator::Report;

/// The world, as site and generator share it.
pub(super) struct Shared {
    world: Mutex<World>,
    began: Instant,
    /// There is something new to be told.
    news: Notify,
    observer: Mutex<Option<(Out, CancellationToken)>>,
}

impl Shared {
    pub fn new(world: World, began: Instant) -> Arc<Self> {
        Arc::new(Self { world: Mutex::new(world), began, news: Notify::new(), observer: Mutex::new(None) })
    }

    pub fn now_unix_s(&self) -> f64 {
        EPOCH_UNIX_S + self.began.elapsed().as_secs_f64()
    }

    /// Does something to the world as it is now.
    pub fn with<T>(&self, does: impl FnOnce(&mut World, f64) -> T) -> T {
        let now_unix_s = self.now_unix_s();
        let mut world = lock(&self.world);
        world.advance(now_unix_s);
        let done = does(&mut world, now_unix_s);
        drop(world);
        self.news.notify_one();
        done
    }

    pub fn observed_by(&self, out: Out, cancel: CancellationToken) {
        *lock(&self.observer) = Some((out, cancel));
        self.with(|world, now_unix_s| world.observe(now_unix_s));
    }

    /// Lets time go by and tells what there is to be told, until the end.
    pub async fn go_on(self: Arc<Self>, end: CancellationToken) {
        loop {
            let now_unix_s = self.now_unix_s();
            let (said, next_unix_s) = {
                let mut world = lock(&self.world);
                if lock(&self.observer).as_ref().is_some_and(|(_, cancel)| cancel.is_cancelled()) {
                    world.stop_observing();
                }
                world.advance(now_unix_s);
                (world.take_said(), world.next_unix_s())
            };
            for said in said {
                self.tell(said).await;
            }
            tokio::select! {
                biased;
                () = end.cancelled() => return,
                () = self.news.notified() => {}
                () = self.until(next_unix_s) => {}
            }
        }
    }

    async fn until(&self, t_unix_s: f64) {
        if !t_unix_s.is_finite() {
            return std::future::pending().await;
        }
        let after_s = (t_unix_s - EPOCH_UNIX_S).max(0.0);
        sleep_until(self.began + Duration::from_secs_f64(after_s)).await;
    }

    async fn tell(&self, said: Said) {
        match said {
            Said::Interval(outlet, interval) => {
                outlet.interval_async(*interval).await;
            }
            // Nobody had to keep up, and answers say nothing.
            Said::Ended(outlet) => outlet.ended_async(Ok(Report::default())).await,
            Said::Observed(observation) => {
                let observer = lock(&self.observer).clone();
                if let Some((out, cancel)) = observer {
                    tokio::select! {
                        biased;
                        () = cancel.cancelled() => {}
                        // Nobody listens any more only when the session is over.
                        _ = out.send(observation) => {}
                    }
                }
            }
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
