//! Checking the steps of a journey in order: each variable is set before its use, and what steers others is sound.

use std::collections::BTreeSet;

use super::step;
use super::{ScenarioError, StepProblem};
use crate::scenario::compiled::names_set_by;
use crate::scenario::template::is_name;
use crate::scenario::{
    Action, Batch, Condition, Group, MAXIMUM_PARALLEL, MAXIMUM_ROUNDS, Repeat, Scenario, Step, Test,
};

/// How deep groups may be nested.
const MAXIMUM_DEPTH: usize = 16;

/// Names that are surely set at some place.
type Known<'a> = BTreeSet<&'a str>;

/// Checks the journeys of one class.
pub(super) struct Checker<'s, 'a> {
    pub scenario: &'s Scenario,
    /// What any step of the class sets.
    pub ever_set: &'s Known<'a>,
    pub errors: &'s mut Vec<ScenarioError>,
}

impl<'a> Checker<'_, 'a> {
    /// Checks steps in order; what they surely set becomes known.
    pub fn steps(&mut self, steps: &'a [Step], known: &mut Known<'a>) {
        self.nested(steps, known, 0);
    }

    fn nested(&mut self, steps: &'a [Step], known: &mut Known<'a>, depth: usize) {
        for step in steps {
            let mut problems = Vec::new();
            step::check(step, &mut problems);
            // What a step sets that may be skipped is not surely known behind it.
            let mut inner = known.clone();
            self.step(step, &mut inner, depth, &mut problems);
            for name in names_set_by(step) {
                if !is_name(name) || self.scenario.is_given(name) {
                    problems.push(StepProblem::VariableName(name.to_owned()));
                }
            }
            if step.probability >= 1.0 {
                *known = inner;
            }
            let (step, errors) = (&step.name, &mut *self.errors);
            errors.extend(
                problems.into_iter().map(|problem| ScenarioError::Step { step: step.clone(), problem }),
            );
        }
    }

    fn step(&mut self, step: &'a Step, known: &mut Known<'a>, depth: usize, problems: &mut Vec<StepProblem>) {
        match &step.action {
            Action::Set(values) => {
                for (name, value) in values {
                    step::check_uses(value.uses(), self.scenario, known, self.ever_set, problems);
                    known.insert(name);
                }
            }
            Action::Group(_) if depth >= MAXIMUM_DEPTH => problems.push(StepProblem::TooDeep(MAXIMUM_DEPTH)),
            Action::Group(group) => self.group(group, known, depth, problems),
            Action::Batch(batch) => self.batch(batch, known, problems),
            _ => {
                step::check_variables(step, self.scenario, known, self.ever_set, problems);
                known.extend(step.extract.iter().map(|extract| extract.variable.as_str()));
            }
        }
    }

    fn group(
        &mut self,
        group: &'a Group,
        known: &mut Known<'a>,
        depth: usize,
        problems: &mut Vec<StepProblem>,
    ) {
        if group.steps.is_empty() {
            problems.push(StepProblem::NoSteps);
        }
        if let Some(condition) = &group.condition {
            self.condition(condition, problems);
        }
        let mut inner = known.clone();
        inner.extend(group.index.as_deref());
        // Whether its steps are surely done once.
        let is_done = match &group.repeat {
            Repeat::Once => true,
            Repeat::Times(times) => {
                step::check_uses(times.uses(), self.scenario, known, self.ever_set, problems);
                let fixed = times.variables().next().is_none() && !times.source().contains("{{");
                let rounds = times.source().trim().parse::<u32>();
                if fixed && !rounds.as_ref().is_ok_and(|rounds| *rounds <= MAXIMUM_ROUNDS) {
                    problems.push(StepProblem::Rounds(times.source().to_owned()));
                }
                rounds.is_ok_and(|rounds| rounds > 0)
            }
            Repeat::While { condition, max } => {
                self.condition(condition, problems);
                check_bound(*max, problems);
                false
            }
            Repeat::Until { max, .. } => {
                check_bound(*max, problems);
                true
            }
            Repeat::ForEach { variable, list, max } => {
                step::check_uses(list.uses(), self.scenario, known, self.ever_set, problems);
                check_bound(*max, problems);
                inner.insert(variable);
                false
            }
        };
        self.nested(&group.steps, &mut inner, depth + 1);
        if let Repeat::Until { condition, .. } = &group.repeat {
            self.condition(condition, problems);
        }
        if !is_done {
            inner = known.clone();
        }
        if group.condition.is_some() {
            let mut other = known.clone();
            self.nested(&group.otherwise, &mut other, depth + 1);
            inner.retain(|name| other.contains(name));
        } else if !group.otherwise.is_empty() {
            problems.push(StepProblem::ElseWithoutIf);
        }
        *known = inner;
    }

    fn batch(&mut self, batch: &'a Batch, known: &mut Known<'a>, problems: &mut Vec<StepProblem>) {
        if batch.steps.is_empty() {
            problems.push(StepProblem::NoSteps);
        }
        if !(1..=MAXIMUM_PARALLEL).contains(&batch.connections) {
            problems.push(StepProblem::Parallel(batch.connections));
        }
        if !batch.steps.iter().all(Step::is_request) {
            problems.push(StepProblem::SteeringInBatch);
        }
        for step in &batch.steps {
            match &step.action {
                Action::Websocket(_) => problems.push(StepProblem::WebsocketInBatch),
                Action::Http(request) if request.max_redirects.unwrap_or(0) > 0 => {
                    problems.push(StepProblem::RedirectsInBatch);
                }
                _ => {}
            }
        }
        // No request of it knows what the others extract.
        let mut after = known.clone();
        for step in &batch.steps {
            let mut of_one = known.clone();
            self.nested(std::slice::from_ref(step), &mut of_one, 0);
            after.extend(of_one);
        }
        *known = after;
    }

    /// What a condition looks at may be unset, but some step must be able to set it.
    fn condition(&mut self, condition: &'a Condition, problems: &mut Vec<StepProblem>) {
        let (scenario, ever_set) = (self.scenario, self.ever_set);
        condition.leaves(&mut |leaf| match leaf {
            Condition::Defined(name) => {
                step::check_uses([(name.as_str(), true)], scenario, &Known::new(), ever_set, problems);
            }
            Condition::Compare { value, test } => {
                let templates = std::iter::once(value).chain(test.templates());
                let uses = templates.flat_map(|template| template.uses()).map(|(name, _)| (name, true));
                step::check_uses(uses, scenario, &Known::new(), ever_set, problems);
                if let Test::Matches(pattern) = test {
                    step::check_pattern(pattern, problems);
                }
            }
            _ => {}
        });
    }
}

fn check_bound(max: u32, problems: &mut Vec<StepProblem>) {
    if !(1..=MAXIMUM_ROUNDS).contains(&max) {
        problems.push(StepProblem::Rounds(max.to_string()));
    }
}
