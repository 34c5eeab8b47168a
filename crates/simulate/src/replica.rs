//! One replica of a service.

use std::collections::VecDeque;

use crate::cpu::Cpu;
use crate::second::{Life, ReplicaState, Turn};
use crate::visits::VisitId;

/// A replica.
#[derive(Debug)]
pub(crate) struct Replica {
    /// Tells who has the place: places are used again.
    pub(crate) age: u32,
    pub(crate) service: u32,
    /// Its number among all of its service.
    pub(crate) number: u64,
    pub(crate) state: ReplicaState,
    pub(crate) asked_s: f64,
    pub(crate) ready_s: Option<f64>,
    pub(crate) cpu: Cpu,
    pub(crate) queue: VecDeque<VisitId>,
    /// Requests at work.
    pub(crate) busy: usize,
}

/// What a replica makes of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Admission {
    /// It begins.
    Begins,
    /// It waits.
    Waits,
    /// Nobody more can wait.
    Full,
}

impl Replica {
    /// Something that happens to it now.
    pub(crate) fn life(&self, at_s: f64, turn: Turn) -> Life {
        Life { at_s, service: self.service as usize, number: self.number, turn }
    }

    pub(crate) fn admit(
        &mut self,
        visit: VisitId,
        concurrency: Option<usize>,
        queue: Option<usize>,
    ) -> Admission {
        if concurrency.is_none_or(|most| self.busy < most) {
            self.busy += 1;
            return Admission::Begins;
        }
        if queue.is_some_and(|most| self.queue.len() >= most) {
            return Admission::Full;
        }
        self.queue.push_back(visit);
        Admission::Waits
    }

    /// Requests that it has, at work or waiting.
    pub(crate) fn load(&self) -> usize {
        self.busy + self.queue.len()
    }
}
