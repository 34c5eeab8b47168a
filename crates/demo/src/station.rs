//! The service station: one FIFO queue before `c` threads that burn. Under Poisson arrivals it is M/G/c.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

use crate::burn::Burner;
use crate::clock::thread_cpu_ns;
use crate::demand::{DemandConfig, Draws};
use crate::error::DemoError;

/// The station; its threads end when it is dropped.
pub(crate) struct Station {
    shared: Arc<Shared>,
    burns: bool,
}

struct Shared {
    queue: Mutex<Queue>,
    wake: Condvar,
    stop: AtomicBool,
    demanded_ns: AtomicU64,
    burned_ns: AtomicU64,
}

struct Queue {
    // Drawn under the queue's lock, so that the order of demands is the order of arrivals.
    draws: Vec<Draws>,
    waiting: VecDeque<Job>,
}

struct Job {
    demand_ns: u64,
    done: oneshot::Sender<()>,
}

impl Station {
    /// Starts the threads. Each class of requests draws from a distribution of its own mean
    /// (`class_means_ms`), all of them of the shape that `config` says; they share one queue.
    pub(crate) fn start(config: &DemandConfig, class_means_ms: &[f64]) -> Result<Self, DemoError> {
        let mut draws = Vec::with_capacity(class_means_ms.len());
        for (class, &mean_ms) in (0..).zip(class_means_ms) {
            // Classes with the seed of each other would draw the same quantiles in the same order.
            let config = DemandConfig { mean_ms, seed: config.seed.wrapping_add(class), ..config.clone() };
            config.validate()?;
            draws.push(Draws::new(&config));
        }
        let shared = Arc::new(Shared {
            queue: Mutex::new(Queue { draws, waiting: VecDeque::new() }),
            wake: Condvar::new(),
            stop: AtomicBool::new(false),
            demanded_ns: AtomicU64::new(0),
            burned_ns: AtomicU64::new(0),
        });
        let station = Self { shared, burns: class_means_ms.iter().any(|mean_ms| *mean_ms > 0.0) };
        let workers = if station.burns { config.worker_count() } else { 0 };
        for n in 0..workers {
            let shared = Arc::clone(&station.shared);
            std::thread::Builder::new()
                .name(format!("burn-{n}"))
                .spawn(move || shared.work())
                .map_err(|source| DemoError::Thread { purpose: "burning", source })?;
        }
        Ok(station)
    }

    /// Draws a demand of that class, queues it, and returns when a thread has burned it.
    pub(crate) async fn serve(&self, class: usize) {
        if !self.burns {
            return;
        }
        let (done, burned) = oneshot::channel();
        {
            let mut queue = self.shared.lock();
            let demand_ns = queue.draws.get_mut(class).map_or(0, Draws::next_ns);
            self.shared.demanded_ns.fetch_add(demand_ns, Ordering::Relaxed);
            queue.waiting.push_back(Job { demand_ns, done });
        }
        self.shared.wake.notify_one();
        // The sender is dropped unused only when the whole station goes down.
        let _ = burned.await;
    }

    /// Requests that wait for a thread; those being served are not among them.
    pub(crate) fn queue_length(&self) -> usize {
        self.shared.lock().waiting.len()
    }

    /// Sum of the demands drawn, in seconds of CPU.
    pub(crate) fn demanded_s(&self) -> f64 {
        self.shared.demanded_ns.load(Ordering::Relaxed) as f64 / 1e9
    }

    /// CPU really burned for requests that are served, in seconds.
    pub(crate) fn burned_s(&self) -> f64 {
        self.shared.burned_ns.load(Ordering::Relaxed) as f64 / 1e9
    }
}

impl Drop for Station {
    fn drop(&mut self) {
        // Under the lock: a thread that has just found the queue empty must not miss the call.
        let queue = self.shared.lock();
        self.shared.stop.store(true, Ordering::Relaxed);
        drop(queue);
        self.shared.wake.notify_all();
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn next(&self) -> Option<Job> {
        let mut queue = self.lock();
        loop {
            if self.stop.load(Ordering::Relaxed) {
                return None;
            }
            if let Some(job) = queue.waiting.pop_front() {
                return Some(job);
            }
            queue = self.wake.wait(queue).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn work(&self) {
        let mut burner = Burner::new();
        while let Some(job) = self.next() {
            let burned_ns = burner.burn(job.demand_ns, thread_cpu_ns, &self.stop);
            self.burned_ns.fetch_add(burned_ns, Ordering::Relaxed);
            // Nobody waits any more when the request was dropped at the drain bound.
            let _ = job.done.send(());
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::num::NonZeroUsize;

    use super::*;
    use crate::demand::Distribution;

    fn start(mean_ms: f64, distribution: Distribution) -> Station {
        let config = DemandConfig { mean_ms, distribution, seed: 5, workers: NonZeroUsize::new(2) };
        Station::start(&config, &[mean_ms]).unwrap()
    }

    #[tokio::test]
    async fn each_class_demands_its_own_mean() {
        let config = DemandConfig { mean_ms: f64::NAN, workers: NonZeroUsize::new(1), ..Default::default() };
        let station = Station::start(&config, &[0.0, 2.0, 5.0]).unwrap();
        for (class, sum_s) in [(0, 0.0), (1, 0.002), (2, 0.007), (2, 0.012)] {
            station.serve(class).await;
            assert!((station.demanded_s() - sum_s).abs() < 1e-9, "{class}: {}", station.demanded_s());
        }
        assert!(Station::start(&config, &[1.0, -1.0]).is_err());
    }

    #[tokio::test]
    async fn what_is_demanded_is_burned() {
        let station = Arc::new(start(1.0, Distribution::Exponential));
        let mut served = tokio::task::JoinSet::new();
        for _ in 0..100 {
            let station = Arc::clone(&station);
            served.spawn(async move { station.serve(0).await });
        }
        while served.join_next().await.is_some() {}
        let (demanded_s, burned_s) = (station.demanded_s(), station.burned_s());
        assert!(demanded_s > 0.05, "{demanded_s}");
        assert!((burned_s / demanded_s - 1.0).abs() < 0.02, "{burned_s} of {demanded_s}");
        assert_eq!(station.queue_length(), 0);
    }

    #[tokio::test]
    async fn no_demand_takes_no_thread_and_no_time() {
        let station = start(0.0, Distribution::Constant);
        station.serve(0).await;
        assert_eq!((station.demanded_s(), station.burned_s()), (0.0, 0.0));
        assert_eq!(Arc::strong_count(&station.shared), 1, "no thread holds the station");
    }

    #[tokio::test]
    async fn dropping_the_station_releases_those_who_wait() {
        let station = start(60_000.0, Distribution::Constant);
        let shared = Arc::clone(&station.shared);
        let waiters: Vec<_> = (0..3)
            .map(|_| {
                let (done, burned) = oneshot::channel();
                shared.lock().waiting.push_back(Job { demand_ns: 60_000_000_000, done });
                shared.wake.notify_one();
                burned
            })
            .collect();
        drop(station);
        drop(shared);
        let released = async {
            for waiter in waiters {
                let _ = waiter.await;
            }
        };
        tokio::time::timeout(std::time::Duration::from_secs(10), released).await.expect("all released");
    }
}
