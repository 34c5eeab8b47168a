//! `loadshapes/scenarios/*.yml`: what users do. Classes of users, their tasks, and the steps of those; a file
//! with nothing but steps is one class with one task.

mod answer;
mod body;
mod class;
mod feeder;
mod files;
mod grpc;
mod logic;
pub(crate) mod redirects;
mod request;
mod step;
mod wait;
mod websocket;

use std::path::Path;

use swarmlab_codes as codes;
use swarmlab_loadgen::{Feeder, Scenario, ScenarioError, StepProblem, UserClass, Variants};
use swarmlab_yaml::{Diagnostics, Kind, MapReader, Value};

use self::class::Defaults;
use super::{FileKind, unreadable};

/// Reads a scenario file, and the files it names.
///
/// # Errors
/// All findings in the file and in those it names, or why it cannot be read.
pub fn read(path: &Path) -> Result<Scenario, Diagnostics> {
    let text = std::fs::read_to_string(path).map_err(|e| unreadable(path, &e))?;
    FileKind::Scenario.parse(path, &text, element).map(|(scenario, _)| scenario)
}

pub(super) fn element(root: &Value<'_>) -> Option<Scenario> {
    let map = root.mapping()?;
    map.known_prefix("x-");
    let name = map.required("name", Value::name);
    let feeders = map.or("feeders", Vec::new(), feeders);
    let variants = map.optional("variants", variants);
    let classes = classes(&map, name.as_deref().unwrap_or_default());
    map.finish();
    if root.cx().has_errors() {
        return None;
    }
    let scenario = Scenario { name: name?, classes: classes?, feeders, variants };
    if let Err(errors) = scenario.validate() {
        for e in errors {
            // The step's own place says more than the file's.
            let place = place_of(root, &e).unwrap_or_else(|| root.clone());
            let (code, expected) = match &e {
                ScenarioError::Step { problem: StepProblem::NeverSet { .. }, .. } => {
                    (codes::NEVER_SET, "a variable that a step extracts or sets")
                }
                _ => (codes::IMPOSSIBLE_SCENARIO, "a scenario that can be run"),
            };
            place.fail(code, e.to_string(), expected);
        }
        return None;
    }
    Some(scenario)
}

/// The classes of `classes`, or the one that the file itself is. What the file says beside `classes` holds for
/// each class that does not say otherwise.
fn classes(map: &MapReader<'_>, name: &str) -> Option<Vec<UserClass>> {
    let defaults = Defaults::read(map, &Defaults::default());
    match map.get("classes").filter(|classes| !classes.is_null()) {
        None => class::body(map, name.to_owned(), 1.0, defaults).map(|class| vec![class]),
        Some(classes) => {
            for key in ["on_start", "steps", "tasks", "on_stop"] {
                if let Some(given) = map.get(key).filter(|given| !given.is_null()) {
                    given.fail(
                        codes::BAD_VALUE,
                        format!("{} stands beside `classes`", given.path()),
                        "either the one or the other; inside a class it belongs to that",
                    );
                }
            }
            classes.list(|class| class::read(class, &defaults))
        }
    }
}

/// `{ NAME: { file: …, order: …, exhausted: … } }`.
fn feeders(value: &Value<'_>) -> Option<Vec<Feeder>> {
    let entries = value.entries()?;
    let read: Vec<_> = entries.iter().map(|(key, value)| feeder::read(&key.name, value)).collect();
    read.into_iter().collect()
}

/// `{ model: { a: 50, b: 50 } }`.
fn variants(value: &Value<'_>) -> Option<Variants> {
    let choices = |v: &Value<'_>| Some(v.map(class::weight)?.into_iter().map(|(k, w)| (k.name, w)).collect());
    let mut read = value.map(choices)?;
    match (read.pop(), read.is_empty()) {
        (Some((key, choices)), true) => Some(Variants { variable: key.name, choices }),
        _ => {
            let expected = "one variable and its variants, such as { model: { a: 50, b: 50 } }";
            value.fail(codes::BAD_VALUE, format!("{} must name one variable", value.path()), expected);
            None
        }
    }
}

/// Keys of which each step has one.
const STEP_KEYS: [&str; 8] = ["request", "graphql", "publish", "websocket", "grpc", "steps", "set", "batch"];

/// Where a problem stands: the step or class of its name.
fn place_of<'c>(root: &Value<'c>, error: &ScenarioError) -> Option<Value<'c>> {
    match error {
        ScenarioError::Step { step, problem } => {
            let is_step = |value: &Value<'c>| {
                STEP_KEYS.iter().any(|key| value.node().get(key).is_some())
                    && step::name_of(value).as_deref() == Some(step.as_str())
            };
            let found = find(root, &is_step)?;
            // The condition says more than the step.
            let at = |key: &&str| found.entries()?.into_iter().find(|(k, _)| k.name == **key).map(|(_, v)| v);
            match problem {
                StepProblem::NeverSet { .. } => ["if", "while", "until"].iter().find_map(at).or(Some(found)),
                _ => Some(found),
            }
        }
        ScenarioError::Wait { class } => {
            find(root, &|value| value.node().get("name").and_then(|name| name.text()) == Some(class.as_str()))
        }
        _ => None,
    }
}

/// The first value that fits, from the top down.
fn find<'c>(value: &Value<'c>, fits: &dyn Fn(&Value<'c>) -> bool) -> Option<Value<'c>> {
    match &value.node().kind {
        Kind::Mapping(_) if fits(value) => Some(value.clone()),
        Kind::Mapping(_) => value.entries()?.iter().find_map(|(_, child)| find(child, fits)),
        Kind::Sequence(_) => value.items()?.iter().find_map(|child| find(child, fits)),
        _ => None,
    }
}

#[cfg(test)]
mod logic_tests;
#[cfg(test)]
mod tests;
