//! The experiment file itself.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use swarmlab_checks::Known;
use swarmlab_codes as codes;
use swarmlab_yaml::{Cx, Diagnostics, Value};

use super::actions::{Actions, Against};
use super::autoscale::{self, Have};
use super::{
    Experiment, FileKind, Load, Measure, Observe, Overrides, Simulated, Slo, TargetRef, checks, evidence,
    read_named_file, stack_file, unreadable, variables, with,
};

/// Which testbed the experiment asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TestbedChoice {
    /// A Docker Swarm.
    Swarm,
    /// Child processes.
    Embedded,
    /// Virtual time.
    Simulated,
    /// Swarm if an engine answers, else embedded.
    Auto,
}

/// A resolved experiment and what is odd about its files.
#[derive(Debug, Clone)]
pub struct Loaded {
    /// What the files say together.
    pub experiment: Experiment,
    /// Warnings of all files.
    pub warnings: Diagnostics,
}

/// Reads an experiment and every file it names; `environment` answers the stack's variables that the experiment
/// does not set.
///
/// # Errors
/// All findings of all files.
pub fn read(path: &Path, environment: &stack_file::Variables<'_>) -> Result<Loaded, Diagnostics> {
    read_with(path, environment, &Overrides::default())
}

/// Like [`read`], changed by the command line.
///
/// # Errors
/// As [`read`]; also for changes that do not fit the experiment.
pub fn read_with(
    path: &Path,
    environment: &stack_file::Variables<'_>,
    overrides: &Overrides,
) -> Result<Loaded, Diagnostics> {
    let text = std::fs::read_to_string(path).map_err(|e| unreadable(path, &e))?;
    FileKind::Experiment.expect(path, &text)?;
    let mut document = swarmlab_yaml::load(&text, &path.display().to_string())?;
    let misplaced = with::put(&mut document, &overrides.with);
    if !misplaced.is_empty() {
        return Err(Diagnostics::new(misplaced));
    }
    let cx = Cx::new(&document);
    let mut foreign = Vec::new();
    let mut is_other = false;
    let found = element(&cx.root(), path, environment, overrides, &mut foreign, &mut is_other);
    if is_other {
        return Err(FileKind::Experiment.nothing_of(path, &text).into());
    }
    // Errors of a file that this one names are no error of this one.
    if found.is_none() && !cx.has_errors() && !foreign.is_empty() {
        return Err(Diagnostics::new(foreign));
    }
    let (experiment, mut warnings) = match cx.finish(found) {
        Ok((e, w)) => (Some(e), w.into_vec()),
        Err(all) => (None, all.into_vec()),
    };
    warnings = with::tell(warnings, &document.file, &overrides.with);
    warnings.extend(foreign);
    let findings = Diagnostics::new(warnings);
    match experiment {
        Some(experiment) if !findings.has_errors() => Ok(Loaded { experiment, warnings: findings }),
        _ => Err(findings),
    }
}

/// The testbed that a file asks for with these changes, if the file can be read that far; nothing else of it is judged.
pub fn peek_testbed(path: &Path, overrides: &Overrides) -> Option<TestbedChoice> {
    let text = std::fs::read_to_string(path).ok()?;
    let mut document = swarmlab_yaml::load(&text, &path.display().to_string()).ok()?;
    with::put(&mut document, &overrides.with);
    match document.root.get("testbed").and_then(|n| n.text()) {
        Some("swarm") => Some(TestbedChoice::Swarm),
        Some("embedded") => Some(TestbedChoice::Embedded),
        Some("simulated") => Some(TestbedChoice::Simulated),
        _ => Some(TestbedChoice::Auto),
    }
}

/// Whether a name can be part of a folder's name on any file system: letters, digits, `-`, `_` and `.`, at most 100.
pub fn is_folder_name(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    !name.is_empty() && name.len() <= 100 && !name.starts_with('.') && name.chars().all(plain)
}

/// The name becomes part of a folder's name, so it must be one word that every file system takes.
pub fn folder_name(value: &Value<'_>) -> Option<String> {
    let name = value.string()?;
    if is_folder_name(&name) {
        return Some(name);
    }
    value.fail(
        codes::NOT_A_NAME,
        format!("{} cannot be `{name}`: it becomes part of a folder's name", value.path()),
        "letters, digits, `-`, `_` and `.`",
    );
    None
}

fn element(
    root: &Value<'_>,
    path: &Path,
    environment: &stack_file::Variables<'_>,
    overrides: &Overrides,
    foreign: &mut Vec<swarmlab_yaml::Diagnostic>,
    is_other: &mut bool,
) -> Option<Experiment> {
    let base = path.parent().unwrap_or(Path::new("."));
    let map = root.mapping()?;
    let name = map.required("name", folder_name);
    let testbed = map.or("testbed", TestbedChoice::Auto, |v| {
        v.enum_of(&[
            ("swarm", TestbedChoice::Swarm),
            ("embedded", TestbedChoice::Embedded),
            ("simulated", TestbedChoice::Simulated),
            ("auto", TestbedChoice::Auto),
        ])
    });
    let mut variables = map.or("variables", BTreeMap::new(), variables::read);
    variables.extend(overrides.set.clone());
    let asked = RefCell::new(BTreeSet::new());
    let answered = RefCell::new(BTreeMap::new());
    let answer = |name: &str| {
        asked.borrow_mut().insert(name.to_owned());
        if let Some(value) = variables.get(name) {
            return Some(value.clone());
        }
        let value = environment(name)?;
        if !swarmlab_stackfile::is_secret_name(name) {
            answered.borrow_mut().insert(name.to_owned(), value.clone());
        }
        Some(value)
    };
    let stack = map.required("stack", |v| {
        let (stack_path, _) = read_named_file(v, base)?;
        match stack_file::read(&stack_path, &answer) {
            Ok(stack) => {
                foreign.extend(stack.warnings.iter().cloned());
                Some((stack_path, stack))
            }
            Err(findings) => {
                foreign.extend(findings.into_vec());
                None
            }
        }
    });
    let mut observe = map.optional("observe", |v| Observe::read(v, stack.as_ref().map(|(_, s)| s))).flatten();
    let stack = match (stack, &mut observe) {
        // What is wrong with names was said at their place.
        (Some((path, stack)), Some(observe)) if !root.cx().has_errors() => {
            match observe.weave(&stack, &answer) {
                Ok((woven, remarks)) => {
                    foreign.extend(remarks);
                    Some((path, woven))
                }
                Err(findings) => {
                    foreign.extend(findings.into_vec());
                    None
                }
            }
        }
        (stack, _) => stack,
    };
    if let Some((path, _)) = &stack {
        let mut set: Vec<(String, Value<'_>)> =
            overrides.set.keys().map(|name| (format!("--set {name}"), root.clone())).collect();
        if let Some(value) = map.get("variables") {
            let entries = value.map(|v| Some(v.clone())).unwrap_or_default();
            set.extend(entries.into_iter().map(|(key, at)| (key.name, at)));
        }
        variables::unused(&set, path, &asked.borrow());
    }
    let services: Option<Vec<String>> =
        stack.as_ref().map(|(_, s)| stack_file::service_names(s).into_iter().map(str::to_owned).collect());
    let mut target = map.required("target", |v| TargetRef::read(v, services.as_deref()));
    if let (Some(observe), Some(target)) = (&observe, &mut target) {
        observe.redirect(target);
    }
    let mut load = map.required("load", |v| Load::read(v, base, foreign));
    if let (Some(load), Some(value)) = (&mut load, map.get("load")) {
        overrides.apply(load, &value);
    }
    let of_stack = stack.as_ref().map(|(_, s)| s);
    let decided = overrides.testbed.unwrap_or(testbed);
    // In virtual time there is no engine.
    if let (Some(load), Some(target), Some(value)) = (&load, &target, map.get("load"))
        && decided != TestbedChoice::Simulated
    {
        load.refuse_unstartable(target, &value);
    }
    let against = Against { stack: of_stack, load: load.as_ref(), testbed: decided };
    let actions = Actions::read(&map, &against);
    let have = Have { stack: of_stack, target: target.as_ref(), load: load.as_ref(), testbed: decided };
    let autoscale = autoscale::of_experiment(&map, of_stack, &have, base, foreign);
    let measure = match map.get("measure").filter(|v| !v.is_null()) {
        Some(v) => Measure::read(&v, services.as_deref(), base, foreign),
        None => Some(Measure::default()),
    };
    if let (Some(value), Some(load), Some(measure)) = (map.get("load"), &load, &measure) {
        evidence::warn(&value, load, measure.bin);
    }
    let simulation = map.optional("simulation", |v| Simulated::read(v, base, foreign));
    let slo = map.optional("slo", Slo::read);
    let endpoints = load.as_ref().map(|load| load.scenario.endpoints());
    let known = Known { services: services.as_deref(), endpoints: endpoints.as_deref() };
    let checks = map.or("checks", Vec::new(), |v| v.list(|v| checks::read(v, &known)));
    let seed = map.or("seed", 42, |v| v.int(0..=i64::MAX)).unsigned_abs();
    let seed = overrides.seed.unwrap_or(seed);
    map.known_prefix("x-");
    map.finish();
    *is_other = map.is_foreign();
    // From here on they are for the record.
    variables.retain(|name, _| !swarmlab_stackfile::is_secret_name(name));
    let (stack_path, stack) = stack?;
    let mut measure = measure?;
    if measure.services.is_empty() {
        measure.services = stack_file::applications(&stack);
    }
    Some(Experiment {
        path: path.to_owned(),
        text: root.cx().document().text.clone(),
        name: name?,
        testbed,
        stack_path,
        stack,
        observe,
        variables,
        environment: answered.into_inner(),
        overrides: overrides.words(),
        with: overrides.with.clone(),
        target: target?,
        load: load?,
        actions,
        autoscale,
        measure,
        simulation,
        slo,
        checks,
        seed,
    })
}
