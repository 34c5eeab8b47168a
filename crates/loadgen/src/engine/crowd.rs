//! Everybody who sends requests on one thread: users or sessions, by number.

use super::actor::Actor;
use super::journey::{Next, Turns};
use super::logic::InBatch;
use crate::scenario::compiled::Compiled;
use swarmlab_intervals::ErrorKind;

/// The actors of one thread and what they take turns in.
#[derive(Debug)]
pub(crate) struct Crowd<'a> {
    compiled: &'a Compiled,
    actors: Vec<Actor>,
    /// Rows taken from feeders.
    turns: Turns,
    seed: u64,
    thread: usize,
    threads: usize,
}

impl<'a> Crowd<'a> {
    /// Nobody, on `thread` of `threads`.
    pub fn new(compiled: &'a Compiled, seed: u64, (thread, threads): (usize, usize)) -> Self {
        let turns = Turns::new(compiled, thread, threads);
        Self { compiled, actors: Vec::new(), turns, seed, thread, threads }
    }

    pub fn compiled(&self) -> &'a Compiled {
        self.compiled
    }

    pub fn len(&self) -> usize {
        self.actors.len()
    }

    #[inline]
    pub fn get(&self, actor: u32) -> &Actor {
        &self.actors[actor as usize]
    }

    #[inline]
    pub fn get_mut(&mut self, actor: u32) -> &mut Actor {
        &mut self.actors[actor as usize]
    }

    /// Of things that are dealt out among the threads in turn, the number over all threads of this one's `nth`.
    pub fn number(&self, nth: u64) -> u64 {
        nth * self.threads as u64 + self.thread as u64
    }

    /// The number, over all threads, that the next newcomer gets.
    pub fn next_id(&self) -> u64 {
        self.number(self.actors.len() as u64)
    }

    /// This thread's part of `all`, so that the parts of all threads add up to it.
    pub fn share(&self, all: usize) -> usize {
        (all + self.threads - 1 - self.thread) / self.threads
    }

    /// Takes in a newcomer of a class and variant, who does nothing yet.
    pub fn add(&mut self, class: usize, variant: usize) -> u32 {
        self.actors.push(Actor::new(self.next_id(), class, variant, self.seed));
        self.actors.len() as u32 - 1
    }

    /// An actor begins a new life; what it does first.
    pub fn enter(&mut self, actor: u32) -> Next {
        self.actors[actor as usize].enter(self.compiled, &mut self.turns)
    }

    /// An actor has rested; what it does now.
    pub fn resume(&mut self, actor: u32) -> Next {
        self.actors[actor as usize].resume(self.compiled, &mut self.turns)
    }

    /// An actor is to go; what it does before.
    pub fn begin_stop(&mut self, actor: u32) -> Next {
        self.actors[actor as usize].begin_stop(self.compiled, &mut self.turns)
    }

    /// An actor's request went well or not; what it does next.
    pub fn after(&mut self, actor: u32, went_well: bool) -> Next {
        self.actors[actor as usize].after(went_well, self.compiled, &mut self.turns)
    }

    /// The next request that an actor sends beside others, if it is in a batch that takes another.
    pub fn next_of_batch(&mut self, actor: u32) -> Option<usize> {
        self.actors[actor as usize].next_of_batch(self.compiled)
    }

    /// An actor's request has ended; what that means for its batch, if it is in one that `goes_on`.
    pub fn leave_batch(&mut self, actor: u32, error: Option<ErrorKind>, goes_on: bool) -> InBatch {
        self.actors[actor as usize].leave_batch(error, goes_on, self.compiled)
    }

    /// Computes the values of an actor's request; if that fails, the problem is kept.
    pub fn compute(&mut self, actor: u32, step: usize) -> bool {
        let actor = &mut self.actors[actor as usize];
        actor.logic.problem = actor.compute(step, self.compiled).err();
        actor.logic.problem.is_none()
    }

    /// The endpoint of an actor's next request.
    pub fn endpoint_of(&self, actor: u32) -> usize {
        self.endpoint(actor, self.get(actor).step)
    }

    /// The endpoint of a step that an actor does.
    pub fn endpoint(&self, actor: u32, step: usize) -> usize {
        self.compiled.endpoint(step, self.get(actor).variant)
    }
}
