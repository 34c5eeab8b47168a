//! Checking a scenario: names, methods, paths, headers, weights, and that each variable is set before its use.

mod problem;
mod socket;
mod step;

use std::collections::BTreeSet;

pub use problem::{ScenarioError, StepProblem};

use super::template::is_name;
use super::{Scenario, Step, UserClass};

/// Names that every template may use.
pub(super) const BUILT_IN: [&str; 3] = ["user", "iteration", "random"];

impl Scenario {
    /// Checks everything.
    ///
    /// # Errors
    /// All problems found, in order.
    pub fn validate(&self) -> Result<(), Vec<ScenarioError>> {
        let mut errors = Vec::new();
        let empty = |what: String, lacking| ScenarioError::Empty { what, lacking };
        if self.classes.is_empty() {
            errors.push(empty(format!("scenario {:?}", self.name), "classes"));
        }
        self.check_names(&mut errors);
        for class in &self.classes {
            check_weight(format!("class {:?}", class.name), class.weight, &mut errors);
            if class.tasks.is_empty() {
                errors.push(empty(format!("class {:?}", class.name), "tasks"));
            }
            if !class.wait.is_valid() {
                errors.push(ScenarioError::Wait { class: class.name.clone() });
            }
            for task in &class.tasks {
                check_weight(format!("task {:?}", task.name), task.weight, &mut errors);
                if task.steps.is_empty() {
                    errors.push(empty(format!("task {:?}", task.name), "steps"));
                }
            }
            self.check_steps(class, &mut errors);
            socket::check_connections(class, |step, problem| {
                errors.push(ScenarioError::Step { step: step.name.clone(), problem });
            });
        }
        if errors.is_empty() { Ok(()) } else { Err(errors) }
    }

    fn check_names(&self, errors: &mut Vec<ScenarioError>) {
        let mut names = BTreeSet::new();
        for class in &self.classes {
            if class.name.is_empty() || !names.insert(&class.name) {
                let what = format!("class {:?}", class.name);
                errors.push(ScenarioError::Name { what, strict: false });
            }
        }
        let mut taken: BTreeSet<&str> = BUILT_IN.into();
        let mut check = |what: &str, name, errors: &mut Vec<ScenarioError>| {
            if !is_name(name) || name.contains('.') || !taken.insert(name) {
                errors.push(ScenarioError::Name { what: format!("{what} {name:?}"), strict: true });
            }
        };
        for feeder in &self.feeders {
            check("feeder", &feeder.name, errors);
        }
        if let Some(variants) = &self.variants {
            check("the variants' variable", &variants.variable, errors);
            let mut names = BTreeSet::new();
            for (name, weight) in &variants.choices {
                check_weight(format!("variant {name:?}"), *weight, errors);
                // They stand in names of endpoints and in requests.
                if !is_name(name) || !names.insert(name) {
                    errors.push(ScenarioError::Name { what: format!("variant {name:?}"), strict: true });
                }
            }
            if variants.choices.is_empty() {
                let what = format!("the variants' variable {:?}", variants.variable);
                errors.push(ScenarioError::Empty { what, lacking: "variants" });
            }
        }
    }

    /// What `on_start` extracts is known in all tasks and at the stop; what a task extracts, within it. What a
    /// step extracts that may be skipped is not surely known to others.
    fn check_steps(&self, class: &UserClass, errors: &mut Vec<ScenarioError>) {
        let mut from_start = BTreeSet::new();
        self.check_journey(&class.on_start, &mut from_start, errors);
        for task in &class.tasks {
            self.check_journey(&task.steps, &mut from_start.clone(), errors);
        }
        self.check_journey(&class.on_stop, &mut from_start, errors);
    }

    fn check_journey<'a>(
        &self,
        steps: &'a [Step],
        known: &mut BTreeSet<&'a str>,
        errors: &mut Vec<ScenarioError>,
    ) {
        for step in steps {
            let mut problems = Vec::new();
            step::check(step, &mut problems);
            step::check_variables(step, self, known, &mut problems);
            for extract in &step.extract {
                let name = extract.variable.as_str();
                if !is_name(name) || self.is_given(name) {
                    problems.push(StepProblem::VariableName(name.to_owned()));
                }
                if step.probability >= 1.0 {
                    known.insert(name);
                }
            }
            errors.extend(
                problems.into_iter().map(|problem| ScenarioError::Step { step: step.name.clone(), problem }),
            );
        }
    }

    /// Whether a name stands for something that is not extracted: built in, a column, the variant.
    fn is_given(&self, name: &str) -> bool {
        BUILT_IN.contains(&name)
            || self.column(name).is_some()
            || self.variants.as_ref().is_some_and(|variants| variants.variable == name)
    }

    /// Feeder and column of a name such as `feeder.column`.
    pub(super) fn column(&self, name: &str) -> Option<(usize, usize)> {
        let (feeder, column) = name.split_once('.')?;
        let index = self.feeders.iter().position(|candidate| candidate.name == feeder)?;
        let columns = self.feeders[index].table.columns();
        Some((index, columns.iter().position(|candidate| candidate == column)?))
    }
}

fn check_weight(what: String, weight: f64, errors: &mut Vec<ScenarioError>) {
    if !(weight.is_finite() && weight > 0.0) {
        errors.push(ScenarioError::Weight { what, weight });
    }
}

#[cfg(test)]
mod tests;
