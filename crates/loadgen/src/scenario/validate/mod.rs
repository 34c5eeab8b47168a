//! Checking a scenario: names, methods, paths, headers, weights, and that each variable is set before its use.

mod journey;
mod problem;
mod socket;
mod step;

use std::collections::BTreeSet;

pub use problem::{ScenarioError, StepProblem};

use super::compiled::names_set_by;
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
                } else if !has_request(&task.steps) {
                    errors.push(empty(format!("task {:?}", task.name), "requests"));
                }
            }
            // What is set at the start is of use later; at the stop, of none.
            if !class.on_stop.is_empty() && !has_request(&class.on_stop) {
                errors.push(empty(format!("on_stop of class {:?}", class.name), "requests"));
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

    /// What `on_start` sets is known in all tasks and at the stop; what a task sets, within it. What a step sets that
    /// may be skipped is not surely known to others.
    fn check_steps(&self, class: &UserClass, errors: &mut Vec<ScenarioError>) {
        let ever_set = class.all_steps().into_iter().flat_map(names_set_by).collect();
        let mut checker = journey::Checker { scenario: self, ever_set: &ever_set, errors };
        let mut from_start = BTreeSet::new();
        checker.steps(&class.on_start, &mut from_start);
        for task in &class.tasks {
            checker.steps(&task.steps, &mut from_start.clone());
        }
        checker.steps(&class.on_stop, &mut from_start);
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

fn has_request(steps: &[Step]) -> bool {
    let mut found = false;
    steps.iter().for_each(|step| step.requests(&mut |_| found = true));
    found
}

fn check_weight(what: String, weight: f64, errors: &mut Vec<ScenarioError>) {
    if !(weight.is_finite() && weight > 0.0) {
        errors.push(ScenarioError::Weight { what, weight });
    }
}

#[cfg(test)]
mod tests;
