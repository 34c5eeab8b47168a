//! What an actor does between two requests of a journey that is more than requests in a row: conditions, loops, values
//! that are set, and requests in parallel.
//!
//! It ends in any case: each loop has a bound, and of instructions between two requests there may be only so many.

use std::borrow::Cow;
use std::ops::Range;

use rand::Rng;
use rand::rngs::SmallRng;

use super::actor::Actor;
use super::clock::unix_now_s;
use super::journey::Next;
use crate::scenario::MAXIMUM_ROUNDS;
use crate::scenario::compiled::{Compiled, Instruction, Operand, Program, Rounds, Variable};
use crate::scenario::expression::{EvaluationError, Scope, text_of};
use crate::scenario::json;
use swarmlab_intervals::ErrorKind;

/// Most instructions between two requests. They hold up all users of the thread.
const MAXIMUM_IDLE: u32 = 10_000;

/// Where an actor is in its program.
#[derive(Debug, Default)]
pub(crate) struct Logic {
    /// The next instruction.
    at: usize,
    /// Loops by their depth.
    loops: Vec<Loop>,
    counters: Vec<(String, u64)>,
    batch: Option<Batch>,
    /// Why its next request cannot be sent.
    pub problem: Option<EvaluationError>,
}

/// A loop that goes on.
#[derive(Debug, Default)]
struct Loop {
    /// Rounds that are over.
    done: u32,
    most: u32,
    /// The values of a list.
    items: Vec<String>,
}

/// A batch that goes on.
#[derive(Debug)]
struct Batch {
    /// Steps whose turn is still to come.
    steps: Range<usize>,
    most: u32,
    under_way: u32,
    /// How the first request that failed ended.
    error: Option<ErrorKind>,
}

/// What the end of a request means for the batch that it may belong to.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum InBatch {
    /// Its journey goes on: it stood alone, or was the last of its batch. The error is that of the batch.
    Over(Option<ErrorKind>),
    /// The batch goes on, with this step at once if there is one.
    GoesOn(Option<usize>),
}

impl Logic {
    /// A new life begins.
    pub fn forget(&mut self) {
        self.counters.clear();
    }

    /// Whether several requests may be under way.
    #[inline]
    pub fn is_in_batch(&self) -> bool {
        self.batch.is_some()
    }

    /// A journey begins.
    pub fn begin(&mut self, program: &Program) {
        self.at = 0;
        self.batch = None;
        self.problem = None;
        if self.loops.len() < program.depth {
            self.loops.resize_with(program.depth, Loop::default);
        }
    }
}

impl Actor {
    /// Follows instructions up to the next request, which is set; `None`: to the end of the journey.
    pub(super) fn run(&mut self, program: &Program, compiled: &Compiled) -> Option<Next> {
        let mut left = MAXIMUM_IDLE;
        while let Some(instruction) = program.instructions.get(self.logic.at) {
            let charged = program.charged[self.logic.at];
            left -= 1;
            let result =
                if left == 0 { Err(EvaluationError::Idle) } else { self.follow(instruction, compiled) };
            match result {
                Ok(false) => {}
                Ok(true) => return Some(Next::Request),
                Err(problem) => {
                    self.logic.problem = Some(problem);
                    self.step = charged;
                    return Some(Next::Failed);
                }
            }
        }
        None
    }

    /// Follows one instruction; whether it has set a request.
    fn follow(&mut self, instruction: &Instruction, compiled: &Compiled) -> Result<bool, EvaluationError> {
        let mut next = self.logic.at + 1;
        let mut is_request = false;
        match instruction {
            Instruction::Request(step) => {
                is_request = self.is_drawn(compiled.steps[*step].probability);
                if is_request {
                    self.step = *step;
                }
            }
            Instruction::Batch { steps, connections } => {
                let (steps, most) = (steps.clone(), *connections);
                self.logic.batch = Some(Batch { steps, most, under_way: 0, error: None });
                match self.next_of_batch(compiled) {
                    Some(step) => {
                        self.step = step;
                        is_request = true;
                    }
                    None => self.logic.batch = None,
                }
            }
            Instruction::Set(values) => {
                for (variable, text) in values {
                    let value = text.evaluate(&mut Mind { actor: self, compiled })?;
                    self.set(*variable, value)?;
                }
            }
            Instruction::Chance { probability, otherwise } => {
                if !self.is_drawn(*probability) {
                    next = *otherwise;
                }
            }
            Instruction::Unless { condition, otherwise } => {
                if !condition.holds(&mut Mind { actor: self, compiled })? {
                    next = *otherwise;
                }
            }
            Instruction::Jump(to) => next = *to,
            Instruction::Enter { depth, rounds } => {
                let (most, items) = self.rounds(rounds, compiled)?;
                self.logic.loops[*depth] = Loop { done: 0, most, items };
            }
            Instruction::Round { depth, as_long_as, index, item, end } => {
                let Loop { done, most, .. } = self.logic.loops[*depth];
                let goes_on = done < most
                    && match as_long_as {
                        Some(condition) => condition.holds(&mut Mind { actor: self, compiled })?,
                        None => true,
                    };
                if !goes_on {
                    next = *end;
                } else {
                    if let Some(index) = index {
                        self.set(*index, done.to_string())?;
                    }
                    if let Some(item) = item {
                        let items = &mut self.logic.loops[*depth].items;
                        let value = items.get_mut(done as usize).map(std::mem::take).unwrap_or_default();
                        self.set(*item, value)?;
                    }
                }
            }
            Instruction::Again { depth, until, round } => {
                self.logic.loops[*depth].done += 1;
                let is_over = match until {
                    Some(condition) => condition.holds(&mut Mind { actor: self, compiled })?,
                    None => false,
                };
                if !is_over {
                    next = *round;
                }
            }
        }
        self.logic.at = next;
        Ok(is_request)
    }

    fn is_drawn(&mut self, probability: f64) -> bool {
        probability >= 1.0 || self.random.random::<f64>() < probability
    }

    fn set(&mut self, variable: Variable, value: String) -> Result<(), EvaluationError> {
        if variable.is_for_header && breaks_header(&value) {
            return Err(EvaluationError::BreaksHeader);
        }
        self.slots[variable.slot] = value;
        Ok(())
    }

    /// How many rounds a loop has, and the values of its list.
    fn rounds(
        &mut self,
        rounds: &Rounds,
        compiled: &Compiled,
    ) -> Result<(u32, Vec<String>), EvaluationError> {
        let mut mind = Mind { actor: self, compiled };
        match rounds {
            Rounds::AtMost(most) => Ok((*most, Vec::new())),
            Rounds::Computed(text) => {
                let text = text.evaluate(&mut mind)?;
                match text.trim().parse::<u32>() {
                    Ok(most) if most <= MAXIMUM_ROUNDS => Ok((most, Vec::new())),
                    _ => Err(EvaluationError::Rounds(text, MAXIMUM_ROUNDS)),
                }
            }
            Rounds::List { list, max } => {
                let text = list.evaluate(&mut mind)?;
                let Some(found) = json::items(text.as_bytes()) else {
                    return Err(EvaluationError::NotAList(text));
                };
                let mut items = vec![String::new(); found.len().min(*max as usize)];
                for (item, value) in items.iter_mut().zip(found) {
                    // Of null nothing is written.
                    if !json::push_text(value, item) {
                        item.clear();
                    }
                }
                Ok((items.len() as u32, items))
            }
        }
    }

    /// Computes the values of a request.
    pub(super) fn compute(&mut self, step: usize, compiled: &Compiled) -> Result<(), EvaluationError> {
        for computed in &compiled.steps[step].computed {
            let value = text_of(&computed.expression, &mut Mind { actor: self, compiled })?;
            if computed.is_for_header && breaks_header(&value) {
                return Err(EvaluationError::BreaksHeader);
            }
            self.slots[computed.slot] = value;
        }
        Ok(())
    }

    /// The next request of the batch, if it goes on and another may be under way.
    pub(super) fn next_of_batch(&mut self, compiled: &Compiled) -> Option<usize> {
        loop {
            let batch = self.logic.batch.as_mut().filter(|batch| batch.under_way < batch.most)?;
            let step = batch.steps.next()?;
            if self.is_drawn(compiled.steps[step].probability) {
                if let Some(batch) = &mut self.logic.batch {
                    batch.under_way += 1;
                }
                return Some(step);
            }
        }
    }

    /// A request has ended. `goes_on`: others of its batch may still begin.
    pub(super) fn leave_batch(
        &mut self,
        error: Option<ErrorKind>,
        goes_on: bool,
        compiled: &Compiled,
    ) -> InBatch {
        let Some(batch) = &mut self.logic.batch else { return InBatch::Over(error) };
        batch.under_way -= 1;
        batch.error = batch.error.or(error);
        if goes_on && let Some(step) = self.next_of_batch(compiled) {
            return InBatch::GoesOn(Some(step));
        }
        match &self.logic.batch {
            Some(batch) if batch.under_way > 0 => InBatch::GoesOn(None),
            _ => InBatch::Over(self.logic.batch.take().and_then(|batch| batch.error)),
        }
    }
}

fn breaks_header(value: &str) -> bool {
    value.bytes().any(|byte| matches!(byte, b'\r' | b'\n' | 0))
}

/// What an actor knows.
struct Mind<'a> {
    actor: &'a mut Actor,
    compiled: &'a Compiled,
}

impl Scope<Operand> for Mind<'_> {
    fn text(&mut self, operand: &Operand) -> Cow<'_, str> {
        let actor = &mut *self.actor;
        match *operand {
            Operand::User => actor.id.to_string().into(),
            Operand::Iteration => actor.iteration.to_string().into(),
            Operand::Random => actor.random.random::<u32>().to_string().into(),
            Operand::Variant => self.compiled.variant_names[actor.variant].as_str().into(),
            Operand::Cell { feeder, column } => {
                self.compiled.feeders[feeder].table.cell(actor.rows[feeder] as usize, column).into()
            }
            Operand::Slot(slot) => actor.slots[slot].as_str().into(),
        }
    }

    fn random(&mut self) -> &mut SmallRng {
        &mut self.actor.random
    }

    fn unix_ms(&self) -> i64 {
        (unix_now_s() * 1000.0) as i64
    }

    fn count(&mut self, counter: &str) -> u64 {
        let counters = &mut self.actor.logic.counters;
        match counters.iter_mut().find(|(name, _)| name == counter) {
            Some((_, count)) => {
                *count += 1;
                *count
            }
            None => {
                counters.push((counter.to_owned(), 0));
                0
            }
        }
    }
}

#[cfg(test)]
#[path = "logic_tests.rs"]
mod tests;
