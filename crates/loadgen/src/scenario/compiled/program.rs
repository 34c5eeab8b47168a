//! The steps of a journey that has more than requests in a row, as instructions.
//!
//! Groups become jumps. A loop is `Enter`, `Round` … `Again`; its state is at its depth of nesting, since of two loops
//! beside each other only one goes on at a time.

use std::ops::Range;

use super::compiler::Compiler;
use super::computed::{CompiledCondition, Text};
use super::step::CompiledStep;
use crate::scenario::{Action, Condition, Group, Repeat, Step};

/// The instructions of a journey; empty for one that is nothing but requests in a row.
#[derive(Debug, Default)]
pub(crate) struct Program {
    pub instructions: Vec<Instruction>,
    /// For each of them the request that is to fail if a value of it cannot be computed: the next one of the journey, or
    /// else the last; the first of the class's tasks, if its start has none.
    pub charged: Vec<usize>,
    /// How many loops are in each other at most.
    pub depth: usize,
}

/// One instruction. Places are indices of instructions.
#[derive(Debug)]
pub(crate) enum Instruction {
    /// A request.
    Request(usize),
    /// Requests in parallel.
    Batch { steps: Range<usize>, connections: u32 },
    /// Values for variables, one after the other.
    Set(Vec<(Variable, Text)>),
    /// Goes on elsewhere, but for this probability.
    Chance { probability: f64, otherwise: usize },
    /// Goes on elsewhere unless a condition holds.
    Unless { condition: CompiledCondition, otherwise: usize },
    /// Goes on elsewhere.
    Jump(usize),
    /// A loop begins.
    Enter { depth: usize, rounds: Rounds },
    /// A round of it begins, if there is to be another.
    Round {
        depth: usize,
        as_long_as: Option<CompiledCondition>,
        index: Option<Variable>,
        item: Option<Variable>,
        end: usize,
    },
    /// A round of it is over.
    Again { depth: usize, until: Option<CompiledCondition>, round: usize },
}

/// A variable that gets a value.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Variable {
    pub slot: usize,
    /// Whether a request puts it into a header, where line ends must not stand.
    pub is_for_header: bool,
}

/// How many rounds a loop has at most.
#[derive(Debug)]
pub(crate) enum Rounds {
    AtMost(u32),
    Computed(Text),
    List { list: Text, max: u32 },
}

/// Whether some steps are more than requests in a row.
pub(super) fn is_needed(steps: &[Step]) -> bool {
    !steps.iter().all(Step::is_request)
}

/// Compiles steps, whose requests go to `requests`, into instructions.
pub(super) fn compile(
    steps: &[Step],
    cookies: bool,
    compiler: &mut Compiler<'_>,
    requests: &mut Vec<CompiledStep>,
) -> Program {
    let mut writer = Writer { program: Program::default(), compiler, requests, cookies };
    let first = writer.requests.len();
    writer.steps(steps, 0);
    let Writer { mut program, requests, .. } = writer;
    // From the end: each is charged to the next request behind it.
    let mut next = requests.len().saturating_sub(1).max(first);
    program.charged = program
        .instructions
        .iter()
        .rev()
        .map(|instruction| {
            match instruction {
                Instruction::Request(step) => next = *step,
                Instruction::Batch { steps, .. } => next = steps.start,
                _ => {}
            }
            next
        })
        .collect();
    program.charged.reverse();
    program
}

struct Writer<'w, 'a> {
    program: Program,
    compiler: &'w mut Compiler<'a>,
    requests: &'w mut Vec<CompiledStep>,
    cookies: bool,
}

impl Writer<'_, '_> {
    fn here(&self) -> usize {
        self.program.instructions.len()
    }

    /// Writes an instruction; its place.
    fn write(&mut self, instruction: Instruction) -> usize {
        self.program.instructions.push(instruction);
        self.here() - 1
    }

    /// The instruction at `place` goes on here, if it goes on elsewhere.
    fn land(&mut self, place: usize) {
        let here = self.here();
        match &mut self.program.instructions[place] {
            Instruction::Jump(to)
            | Instruction::Chance { otherwise: to, .. }
            | Instruction::Unless { otherwise: to, .. }
            | Instruction::Round { end: to, .. } => *to = here,
            _ => {}
        }
    }

    fn steps(&mut self, steps: &[Step], depth: usize) {
        for step in steps {
            // The probability of a request is looked at where it is sent.
            let chance = (step.probability < 1.0 && !step.is_request())
                .then(|| self.write(Instruction::Chance { probability: step.probability, otherwise: 0 }));
            match &step.action {
                Action::Set(values) => {
                    let set = values
                        .iter()
                        .map(|(name, value)| (self.compiler.variable(name), Text::new(value, self.compiler)))
                        .collect();
                    self.write(Instruction::Set(set));
                }
                Action::Group(group) => self.group(group, depth),
                Action::Batch(batch) => {
                    let start = self.requests.len();
                    batch.steps.iter().for_each(|step| self.request(step));
                    let steps = start..self.requests.len();
                    self.write(Instruction::Batch { steps, connections: batch.connections });
                }
                _ => {
                    self.request(step);
                    let last = self.requests.len() - 1;
                    self.write(Instruction::Request(last));
                }
            }
            if let Some(chance) = chance {
                self.land(chance);
            }
        }
    }

    fn request(&mut self, step: &Step) {
        let compiled = self.compiler.step(step, self.cookies);
        self.requests.push(compiled);
    }

    fn condition(&self, condition: &Condition) -> CompiledCondition {
        CompiledCondition::new(condition, self.compiler)
    }

    fn group(&mut self, group: &Group, depth: usize) {
        let unless = group.condition.as_ref().map(|condition| {
            let condition = self.condition(condition);
            self.write(Instruction::Unless { condition, otherwise: 0 })
        });
        self.rounds(group, depth);
        let Some(unless) = unless else { return };
        if group.otherwise.is_empty() {
            return self.land(unless);
        }
        let jump = self.write(Instruction::Jump(0));
        self.land(unless);
        self.steps(&group.otherwise, depth);
        self.land(jump);
    }

    fn rounds(&mut self, group: &Group, depth: usize) {
        let (rounds, as_long_as, until, item) = match &group.repeat {
            Repeat::Once if group.index.is_none() => return self.steps(&group.steps, depth),
            Repeat::Once => (Rounds::AtMost(1), None, None, None),
            Repeat::Times(times) => (Rounds::Computed(Text::new(times, self.compiler)), None, None, None),
            Repeat::While { condition, max } => {
                (Rounds::AtMost(*max), Some(self.condition(condition)), None, None)
            }
            Repeat::Until { condition, max } => {
                (Rounds::AtMost(*max), None, Some(self.condition(condition)), None)
            }
            Repeat::ForEach { variable, list, max } => {
                let rounds = Rounds::List { list: Text::new(list, self.compiler), max: *max };
                (rounds, None, None, Some(self.compiler.variable(variable)))
            }
        };
        self.program.depth = self.program.depth.max(depth + 1);
        self.write(Instruction::Enter { depth, rounds });
        let index = group.index.as_ref().map(|name| self.compiler.variable(name));
        let round = self.write(Instruction::Round { depth, as_long_as, index, item, end: 0 });
        self.steps(&group.steps, depth + 1);
        self.write(Instruction::Again { depth, until, round });
        self.land(round);
    }
}
