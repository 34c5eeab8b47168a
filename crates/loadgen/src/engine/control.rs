//! Steering a load from outside while it runs.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::clock::Clock;
use super::poller::Waker;
use super::shared::Control;
use crate::error::LoadError;
use crate::spec::Model;

/// Most users over all threads: as many as there may be connections.
const MAXIMUM_USERS: f64 = (1 << 20) as f64;
/// Most requests per second over all threads; no machine sends as many.
const MAXIMUM_RATE_PER_S: f64 = 10e6;

/// Changes the level of a load or ends it, from anywhere.
#[derive(Debug, Clone)]
pub struct LoadControl {
    control: Arc<Control>,
    wakers: Vec<Waker>,
    clock: Clock,
    start_unix_s: f64,
    maximum: f64,
}

/// What became of a wish for another level.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LevelChange {
    /// The level: users, or requests per second; less than was asked for if that is more than there may be.
    pub level: f64,
    /// From when on, seconds since the Unix epoch.
    pub from_unix_s: f64,
}

impl LoadControl {
    pub(super) fn new(
        control: Arc<Control>,
        wakers: Vec<Waker>,
        clock: Clock,
        start_unix_s: f64,
        model: &Model,
    ) -> Self {
        let maximum = match model {
            Model::Closed { .. } => MAXIMUM_USERS,
            Model::Open { .. } => MAXIMUM_RATE_PER_S,
        };
        Self { control, wakers, clock, start_unix_s, maximum }
    }

    /// Sets the level (users in the closed model, requests per second in the open one) from now on until the planned
    /// end of the load, which stays where it is. It holds a hundredth of a second later, for all threads at the same
    /// moment; before the start it holds from the start on. A later call replaces it; after the end it changes nothing.
    ///
    /// Users come and go as they do when a shape changes: a spawn rate limits how fast, and who leaves finishes its
    /// request first. Arrivals go on with the gap under way, stretched or shortened to the new rate: none is lost and
    /// none is made up for. More than 2^20 users, or 10 million requests per second, become as many.
    ///
    /// # Errors
    /// A level that is negative or not a finite number; nothing changes then.
    pub fn set_level(&self, level: f64) -> Result<LevelChange, LoadError> {
        if !(level.is_finite() && level >= 0.0) {
            return Err(LoadError::Parameter {
                parameter: "level",
                expected: "a finite number >= 0",
                value: level.to_string(),
            });
        }
        let level = level.min(self.maximum);
        let at_ns = self.control.levels.change(&self.clock, level);
        self.wake();
        Ok(LevelChange { level, from_unix_s: self.start_unix_s + at_ns as f64 / 1e9 })
    }

    /// No new requests but those of `on_stop`; those sent may finish within
    /// [`LoadSpec::drain_s`](crate::LoadSpec::drain_s). What still waits for a connection is counted as
    /// [`ErrorKind::Abandoned`](swarmlab_intervals::ErrorKind::Abandoned).
    pub fn stop(&self) {
        self.control.stop.store(true, Ordering::Relaxed);
        self.wake();
    }

    /// Ends everything at once; requests under way are counted as
    /// [`ErrorKind::Aborted`](swarmlab_intervals::ErrorKind::Aborted).
    pub fn abort(&self) {
        self.control.abort.store(true, Ordering::Relaxed);
        self.wake();
    }

    pub(super) fn is_aborted(&self) -> bool {
        self.control.abort.load(Ordering::Relaxed)
    }

    fn wake(&self) {
        self.wakers.iter().for_each(Waker::wake);
    }
}
