//! What steers the steps of a journey, as data: conditions, loops, variables that are set, requests in parallel.

use serde::Serialize;

use super::{Step, Template};

/// Most rounds of any loop. Every loop has a bound, so every iteration ends.
pub const MAXIMUM_ROUNDS: u32 = 1_000_000;

/// Most connections that a batch may use at once.
pub const MAXIMUM_PARALLEL: u32 = 256;

/// Some steps that are done under a condition, or again and again.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Group {
    /// Looked at once, before the first round; without one the steps are done.
    pub condition: Option<Condition>,
    /// How often they are done.
    pub repeat: Repeat,
    /// A variable that holds the number of the round, from 0.
    pub index: Option<String>,
    /// What is done, in order; at least one step.
    pub steps: Vec<Step>,
    /// What is done instead if the condition does not hold.
    pub otherwise: Vec<Step>,
}

impl Group {
    /// These steps, once.
    pub fn new(steps: Vec<Step>) -> Self {
        Self { condition: None, repeat: Repeat::Once, index: None, steps, otherwise: Vec::new() }
    }

    /// Only if this holds.
    #[must_use]
    pub fn when(mut self, condition: Condition) -> Self {
        self.condition = Some(condition);
        self
    }

    /// What is looked at before, between and after its rounds.
    pub(super) fn conditions(&self) -> impl Iterator<Item = &Condition> {
        let of_loop = match &self.repeat {
            Repeat::While { condition, .. } | Repeat::Until { condition, .. } => Some(condition),
            Repeat::Once | Repeat::Times(_) | Repeat::ForEach { .. } => None,
        };
        self.condition.iter().chain(of_loop)
    }

    /// So often.
    #[must_use]
    pub fn repeat(mut self, repeat: Repeat) -> Self {
        self.repeat = repeat;
        self
    }
}

/// How often the steps of a group are done. At its bound a loop ends, and the journey goes on behind it.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Repeat {
    /// Once.
    Once,
    /// This number of times: a whole number up to [`MAXIMUM_ROUNDS`], computed before the first round.
    Times(Template),
    /// As long as a condition holds, looked at before each round.
    While {
        /// The condition.
        condition: Condition,
        /// Most rounds.
        max: u32,
    },
    /// Until a condition holds, looked at after each round.
    Until {
        /// The condition.
        condition: Condition,
        /// Most rounds.
        max: u32,
    },
    /// Once for each value of a JSON list.
    ForEach {
        /// The variable that holds the value: of a string its text, of null nothing, else as it is written.
        variable: String,
        /// The list, such as one that was extracted.
        list: Template,
        /// Most rounds.
        max: u32,
    },
}

/// What holds or not, by the values of variables.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Condition {
    /// The variable is set, and its text is not empty.
    Defined(String),
    /// A value fulfils a test.
    Compare {
        /// The value, with variables.
        value: Template,
        /// The test.
        test: Test,
    },
    /// The other does not hold.
    Not(Box<Condition>),
    /// All of them hold.
    All(Vec<Condition>),
    /// At least one of them holds.
    Any(Vec<Condition>),
}

/// What a value is compared with.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Test {
    /// It is equal: by value if both are numbers, else as a text.
    Equals(Template),
    /// It is another one.
    NotEquals(Template),
    /// It is a smaller number. What is no number makes the step fail, here and in the three below.
    Less(Template),
    /// It is a number that is not larger.
    AtMost(Template),
    /// It is a larger number.
    Greater(Template),
    /// It is a number that is not smaller.
    AtLeast(Template),
    /// It contains this text.
    Contains(Template),
    /// This regular expression matches somewhere in it.
    Matches(String),
    /// It equals one of these.
    OneOf(Vec<Template>),
}

impl Test {
    /// The texts with variables in it.
    pub(super) fn templates(&self) -> &[Template] {
        match self {
            Test::Matches(_) => &[],
            Test::OneOf(all) => all,
            Test::Equals(one)
            | Test::NotEquals(one)
            | Test::Less(one)
            | Test::AtMost(one)
            | Test::Greater(one)
            | Test::AtLeast(one)
            | Test::Contains(one) => std::slice::from_ref(one),
        }
    }
}

impl Condition {
    /// Calls `visit` with each condition that has no others in it.
    pub(super) fn leaves<'a>(&'a self, visit: &mut impl FnMut(&'a Condition)) {
        match self {
            Condition::Defined(_) | Condition::Compare { .. } => visit(self),
            Condition::Not(inner) => inner.leaves(visit),
            Condition::All(all) | Condition::Any(all) => all.iter().for_each(|one| one.leaves(visit)),
        }
    }

    /// Every text with variables in it.
    pub(super) fn templates(&self) -> Vec<&Template> {
        let mut all = Vec::new();
        self.leaves(&mut |leaf| {
            if let Condition::Compare { value, test } = leaf {
                all.push(value);
                all.extend(test.templates());
            }
        });
        all
    }
}

/// Requests that are sent in parallel, as a browser fetches what a page consists of. Each is counted under its own
/// endpoint; the batch ends when all have ended, and has failed if one has.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Batch {
    /// Most requests under way at once.
    pub connections: u32,
    /// The requests.
    pub steps: Vec<Step>,
}
