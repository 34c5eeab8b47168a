//! The way of an actor through its class: start, task after task, stop; and in each step by step.

use rand::Rng;

use super::actor::{Actor, Phase};
use crate::scenario::compiled::{Compiled, Journey};
use crate::scenario::cookie::Jar;

/// What an actor does next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Next {
    /// Its next request, which is set.
    Request,
    /// It rests; then [`Actor::resume`] leads on. `completed`: an iteration of a task came to its end well.
    Rest { completed: bool },
    /// The request that is set lacks a row of a feeder that is exhausted.
    Exhausted,
    /// A value before the request that is set could not be computed; [`Logic::problem`](super::logic::Logic) says why.
    Failed,
    /// Nothing more: its steps at the stop are over.
    Gone,
}

/// How many rows a thread has taken of each feeder, and which thread it is.
#[derive(Debug)]
pub(crate) struct Turns {
    turns: Vec<u64>,
    thread: usize,
    threads: usize,
}

impl Turns {
    pub fn new(compiled: &Compiled, thread: usize, threads: usize) -> Self {
        Self { turns: vec![0; compiled.feeders.len()], thread, threads }
    }
}

impl Actor {
    /// Begins a new life: nothing is remembered from the one before.
    pub fn enter(&mut self, compiled: &Compiled, turns: &mut Turns) -> Next {
        self.slots.resize(compiled.slots, String::new());
        self.slots.iter_mut().for_each(String::clear);
        self.rows.resize(compiled.feeders.len(), 0);
        let jars = if compiled.classes[self.class].cookies { compiled.targets } else { 0 };
        self.jars.resize_with(jars, Jar::default);
        self.jars.iter_mut().for_each(Jar::clear);
        self.logic.forget();
        self.started = compiled.classes[self.class].on_start.is_empty();
        self.resume(compiled, turns)
    }

    /// Begins the next task, or what is done at the start as long as that has not gone well.
    pub fn resume(&mut self, compiled: &Compiled, turns: &mut Turns) -> Next {
        if !self.started {
            return self.begin(Phase::Start, compiled, turns);
        }
        let class = &compiled.classes[self.class];
        let task = if class.tasks.len() > 1 { class.task(self.random.random()) } else { 0 };
        self.begin(Phase::Task(task), compiled, turns)
    }

    /// Begins what is done at the stop, unless its start never went well.
    pub fn begin_stop(&mut self, compiled: &Compiled, turns: &mut Turns) -> Next {
        if !self.started || compiled.classes[self.class].on_stop.steps.is_empty() {
            return Next::Gone;
        }
        match self.begin(Phase::Stop, compiled, turns) {
            next @ (Next::Request | Next::Failed) => next,
            _ => Next::Gone,
        }
    }

    /// Goes on after a request that went well or not.
    pub fn after(&mut self, went_well: bool, compiled: &Compiled, turns: &mut Turns) -> Next {
        if !went_well {
            return self.end(false, compiled, turns);
        }
        // A journey with logic has its own place.
        self.step += 1;
        self.seek(compiled, turns)
    }

    fn begin(&mut self, phase: Phase, compiled: &Compiled, turns: &mut Turns) -> Next {
        self.phase = phase;
        self.at_boundary = false;
        let journey = self.journey(compiled);
        self.step = journey.steps.start;
        self.logic.begin(&journey.program);
        for &feeder in &journey.feeders {
            let place = (turns.thread, turns.threads);
            let random = &mut self.random;
            let draw = |rows: usize| random.random_range(0..rows);
            match compiled.row(feeder, self.id, &mut turns.turns[feeder], place, draw) {
                Some(row) => self.rows[feeder] = row,
                None => return Next::Exhausted,
            }
        }
        self.seek(compiled, turns)
    }

    fn journey<'a>(&self, compiled: &'a Compiled) -> &'a Journey {
        let class = &compiled.classes[self.class];
        match self.phase {
            Phase::Start => &class.on_start,
            Phase::Task(task) => &class.tasks[task],
            Phase::Stop => &class.on_stop,
        }
    }

    /// Goes on to the next step that is done, from the present one on.
    fn seek(&mut self, compiled: &Compiled, turns: &mut Turns) -> Next {
        let journey = self.journey(compiled);
        if !journey.program.instructions.is_empty() {
            return match self.run(&journey.program, compiled) {
                Some(next) => next,
                None => self.end(true, compiled, turns),
            };
        }
        let end = journey.steps.end;
        while self.step < end {
            let probability = compiled.steps[self.step].probability;
            if probability >= 1.0 || self.random.random::<f64>() < probability {
                return Next::Request;
            }
            self.step += 1;
        }
        self.end(true, compiled, turns)
    }

    /// A journey is over.
    fn end(&mut self, went_well: bool, compiled: &Compiled, turns: &mut Turns) -> Next {
        self.at_boundary = true;
        self.logic.problem = None;
        self.step = self.journey(compiled).steps.start;
        match self.phase {
            Phase::Start if went_well => {
                self.started = true;
                self.resume(compiled, turns)
            }
            Phase::Start => Next::Rest { completed: false },
            Phase::Task(_) => {
                self.iteration += 1;
                Next::Rest { completed: went_well }
            }
            Phase::Stop => Next::Gone,
        }
    }
}

#[cfg(test)]
#[path = "journey_tests.rs"]
mod tests;
